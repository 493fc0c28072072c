"""The beginning of an export: is it one, and what does it say of its wiki?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from kg2instruct.errors import InputError
from kg2instruct.streams import open_stream

HEAD_BYTES = 1 << 16
_SITEINFO_BYTES = 1 << 20

_SKIPPED = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)+", re.DOTALL)
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_ENTITY_DUMP = re.compile(
    rb'"(?:entities|claims|labels|sitelinks)"\s*:|"type"\s*:\s*"(?:item|property|lexeme)"'
)
_WANTED = "a MediaWiki export (XML with <mediawiki> or <page>) is needed"


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """What an export says of its wiki. Real files are wrong at times, so nothing may depend on it."""

    dbname: str
    lang: str
    case: str
    namespaces: dict[int, str]


def check_head(head: bytes, where: str) -> None:
    """Raise InputError, saying what it looks like, when `head` is not how a MediaWiki export begins."""
    body = head.removeprefix(b"\xef\xbb\xbf")
    if skipped := _SKIPPED.match(body):
        body = body[skipped.end() :]
    if not body:
        raise InputError(f"{where}: is empty; {_WANTED}")
    root = _ROOT.match(body)
    if root and root[1] in (b"mediawiki", b"page"):
        return
    if b"<!DOCTYPE" in body[:HEAD_BYTES] and b"<!ENTITY" in body:
        raise InputError(
            f"{where}: defines XML entities (<!ENTITY>), which no MediaWiki export does; refused"
        )
    raise InputError(f"{where}: {_looks_like(body, root)}; {_WANTED}")


def _looks_like(body: bytes, root: re.Match[bytes] | None) -> str:
    start = body[:64].lower()
    if start.startswith((b"{", b"[")):
        if _ENTITY_DUMP.search(body):
            return "looks like a Wikidata entity dump: pass it with --wikidata"
        return "looks like JSON"
    if start.startswith((b"<!doctype html", b"<html")):
        return "looks like a web page (HTML)"
    if start.startswith(b"<!doctype"):
        return "starts with a DOCTYPE, which no MediaWiki export has; refused"
    if root:
        return f"is XML of another kind, its first element is <{root[1].decode('ascii', 'replace')[:40]}>"
    if start.startswith((b"-- mysql dump", b"-- mariadb dump", b"/*m!")):
        return "looks like an SQL dump: take the file whose name ends in pages-articles.xml.bz2"
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16; convert it to UTF-8"
    if b"\0" in body:
        return "looks like binary data"
    return "looks like plain text"


def read_siteinfo(path: Path) -> SiteInfo | None:
    """Read the siteinfo of an export; None when there is none. It is information only: it may be wrong."""
    with open_stream(path) as stream:
        try:
            head = stream.read(_SITEINFO_BYTES)
        except InputError:
            return None
    start, end = head.find(b"<siteinfo"), head.find(b"</siteinfo>")
    page = head.find(b"<page")
    if start < 0 or end < start or 0 <= page < start:
        return None
    lang = re.search(rb'<mediawiki[^>]*\sxml:lang="([^"<>]*)"', head[:start])
    fields: dict[str, str] = {}
    namespaces: dict[int, str] = {}
    path_now: list[tuple[str, dict[str, str]]] = []
    parts: list[str] = []

    def opened(tag: str, attributes: dict[str, str]) -> None:
        path_now.append((tag, attributes))
        parts.clear()

    def closed(tag: str) -> None:
        key = path_now.pop()[1].get("key", "")
        if tag == "namespace" and re.fullmatch(r"-?[0-9]{1,6}", key):
            namespaces[int(key)] = "".join(parts).strip()
        fields[tag] = "".join(parts).strip()
        parts.clear()

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler = parts.append
    try:
        parser.Parse(head[start : end + len(b"</siteinfo>")], True)
    except expat.ExpatError:
        return None
    return SiteInfo(
        dbname=fields.get("dbname", ""),
        lang=lang[1].decode("utf-8", "replace") if lang else "",
        case=fields.get("case", ""),
        namespaces=namespaces,
    )
