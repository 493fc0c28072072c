"""One `<page>` element of an export to a Page.

Nearly all pages are written by MediaWiki's own exporter, whose layout never varies: their fields are cut out
of the bytes. Whatever looks different in any way (attributes, comments, CDATA, several revisions, content
slots) is left to expat. Both give the same page; nothing here expands entities other than XML's own five and
character references.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from kg2instruct.records import Page

Note = Callable[[str, str], None]
"""Told the kind and the details of a problem."""

_HEAD = re.compile(
    rb"<page>\s*<title>([^<]+)</title>\s*<ns>(-?[0-9]{1,9})</ns>\s*<id>([0-9]{1,18})</id>\s*"
    rb'(?:<redirect title="([^"<\t\r\n]*)"\s*/>\s*)?(?:<restrictions>[^<]*</restrictions>\s*)?'
    rb"<revision>\s*<id>([0-9]{1,18})</id>\s"
)
_TEXT = re.compile(rb'<text((?:\s+[\w:]+="[^"<]*")*)\s*(/?)>')
_TAIL = re.compile(rb"\s*(?:<(sha1|model|format)(?:\s*/>|>[^<]*</\1>)\s*)*</revision>\s*</page>", re.ASCII)
_UNUSUAL = (b"<!", b"<?", b"</revision>", b"<revision", b"<content", b"<text")

_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r")
_REFERENCE = re.compile(rb"#(?:([0-9]{1,9})|x([0-9a-fA-F]{1,8}));")
_NAMED = {b"lt": b"<", b"gt": b">", b"amp": b"&", b"quot": b'"', b"apos": b"'"}
_REPLACEMENT = "\ufffd".encode()


def parse_page(blob: bytes, note: Note) -> Page | None:
    """Return the page of one `<page>` element, or None, telling `note`, when it is broken or lacks a field.

    Invalid UTF-8 becomes U+FFFD, control characters that XML forbids vanish; both are told.
    Of several revisions the last is taken. A deleted text is empty.
    """
    size = len(blob)
    blob = blob.translate(None, _CONTROLS)
    if len(blob) != size:
        note("control_characters", f"{size - len(blob)} of them left out")
    return _parse_usual(blob, note) or _parse_with_expat(blob, note)


def _parse_usual(blob: bytes, note: Note) -> Page | None:
    """The page, if it is laid out as MediaWiki does it; else None."""
    head = _HEAD.match(blob)
    opened = _TEXT.search(blob, head.end()) if head else None
    if not head or not opened:
        return None
    attributes, empty = opened.groups()
    start = end = after = opened.end()
    if not empty:
        end = blob.find(b"<", start)
        after = end + len(b"</text>")
        if blob[end:after] != b"</text>":
            return None
    if not _TAIL.fullmatch(blob, after):
        return None
    if any(blob.find(tag, head.end(), opened.start()) >= 0 for tag in _UNUSUAL):
        return None
    title, ns, page_id, redirect, revision = head.groups()
    name = _string(title, note).strip()
    if not name:
        return None
    if b"deleted" in attributes:
        note("text_deleted", name)
    return Page(
        id=int(page_id),
        title=name,
        ns=int(ns),
        revision=int(revision),
        text=_string(blob[start:end], note),
        redirect=None if redirect is None else _string(redirect, note),
    )


def _string(raw: bytes, note: Note) -> str:
    """Decode line ends, entities and UTF-8, as an XML parser does."""
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"&" in raw:
        raw = _unescape(raw, note)
    return _valid(raw, note)


def _valid(raw: bytes, note: Note) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        note("invalid_utf8", f"byte {error.start} of {len(raw)} bytes of text")
        return raw.decode("utf-8", "replace")


def _unescape(raw: bytes, note: Note) -> bytes:
    # One split and join is twice as fast as a replace for each entity, and a regex slower than both.
    first, *rest = raw.split(b"&")
    parts = [first]
    for part in rest:
        name, semicolon, after = part.partition(b";")
        char = _NAMED.get(name) if semicolon else None
        if char is None:
            char, after = _reference(part, note)
        parts.append(char)
        parts.append(after)
    return b"".join(parts)


def _reference(part: bytes, note: Note) -> tuple[bytes, bytes]:
    """What stands behind an `&` as a character and the rest; as it is, when it is no character reference."""
    found = _REFERENCE.match(part)
    if not found:
        note("bad_entity", f"&{part[:16].decode('utf-8', 'replace')!r}")
        return b"&", part
    code = int(found[1]) if found[1] else int(found[2], 16)
    if code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF:
        return chr(code).encode(), part[found.end() :]
    note("bad_entity", f"&{found[0].decode()}")
    return _REPLACEMENT, part[found.end() :]


@dataclass(slots=True)
class _Collector:
    """Expat's handlers: the text of the elements that a page is made of, by their path."""

    path: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    redirect: str | None = None
    deleted: bool = False
    markup: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.path[1:] == ["revision", "text"]:
            self.markup = tag
        self.path.append(tag)
        self.parts.clear()
        where = "/".join(self.path[1:4])
        if where == "revision" and len(self.path) == 2:
            self.deleted = False
            for key in [key for key in self.fields if key.startswith("revision/")]:
                del self.fields[key]
        elif where == "redirect" and len(self.path) == 2:
            self.redirect = attributes.get("title", "")
        elif where == "revision/text" and "deleted" in attributes:
            self.deleted = True

    def end(self, _tag: str) -> None:
        if len(self.path) in (2, 3):
            self.fields.setdefault("/".join(self.path[1:]), "".join(self.parts))
        self.path.pop()
        self.parts.clear()


def _parse_with_expat(blob: bytes, note: Note) -> Page | None:
    collector = _Collector()
    blob = _valid(blob, note).encode()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.parts.append
    try:
        parser.Parse(blob, True)
    except expat.ExpatError as error:
        note("page_broken", f"{error} of the page")
        return None
    if collector.markup:
        note("page_broken", f"unescaped <{collector.markup}> in the text")
        return None
    return _page_of(collector, note)


def _page_of(collector: _Collector, note: Note) -> Page | None:
    fields = collector.fields
    title = fields.get("title", "").strip()
    numbers = [_number(fields.get(name, "")) for name in ("id", "ns", "revision/id")]
    text = fields.get("revision/text")
    wanted = ("title", "id", "ns", "revision/id", "revision/text")
    missing = [
        name for name, value in zip(wanted, (title or None, *numbers, text), strict=True) if value is None
    ]
    page_id, ns, revision = numbers
    if missing or page_id is None or ns is None or revision is None or text is None:
        note("missing_field", f"page {title or page_id or ''} lacks {', '.join(missing)}")
        return None
    if collector.deleted:
        note("text_deleted", title)
    return Page(page_id, title, ns, revision, text, collector.redirect)


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
