"""First pass over a dump: which pages exist, where redirects lead, what link texts mean.

    [[柏林|德國首都]] on any page  ->  ("德國首都", "柏林") once more
    <redirect title="柏林" />     ->  "柏林市" leads to "柏林"

`collect` does one unit and `write_part` keeps its counts; `merge_links` makes one table of all parts, and
`LinkTable` looks up in it.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files

import yaml

from kg2instruct.records import Page
from kg2instruct.wiki.link_counts import LinkCounts
from kg2instruct.wiki.link_merge import merge_links, write_part
from kg2instruct.wiki.link_table import LinkTable, normalize_title
from kg2instruct.wiki.titles import parse_target

__all__ = ["LinkCounts", "LinkTable", "collect", "merge_links", "normalize_title", "write_part"]

# Lengths are bounded so that a page full of brackets takes no longer than any other.
_LINK = re.compile(r"\[\[([^\[\]|{}<>\n]{1,300})(?:\|([^\[\]\n]{1,300}))?\]\]([a-z]{0,40})")
_REDIRECT = re.compile(
    r"\s*#\s*(?:redirect|重定向|重新導向|重新导向)\s*[:：]?\s*\[\[([^\[\]|{}<>\n]{1,300})", re.IGNORECASE
)
_HIDING_TAGS = ("nowiki", "pre", "syntaxhighlight", "source", "math")
_HIDING = re.compile(rf"<!--|<({'|'.join(_HIDING_TAGS)})\b[^<>]{{0,200}}(?<!/)>", re.IGNORECASE)
_CLOSING = {tag: re.compile(f"</{tag}", re.IGNORECASE) for tag in _HIDING_TAGS} | {"!": re.compile("-->")}
_CONVERTED = re.compile(r"-\{([^{}:;|]*)\}-")
_LONGEST_ANCHOR = 100


def collect(pages: Iterable[Page], *, lang: str) -> LinkCounts:
    """Count the links of pages; in English, letters right behind a link belong to its text."""
    counts = LinkCounts()
    raw: Counter[tuple[str, str, str]] = Counter()
    for page in pages:
        if page.ns != 0:
            continue
        title, redirect = normalize_title(page.title), redirect_target(page)
        if redirect is None:
            counts.pages[title] = ""
            raw.update(_LINK.findall(_visible(page.text)))
        elif (target := article_title(redirect)) and target != title and _is_named(redirect, title):
            counts.pages.setdefault(title, target)
    for (target, shown, trail), count in raw.items():
        title = article_title(target) or ""
        anchor = _anchor(shown or target.lstrip(" :"))
        if title and anchor and _is_named(target, anchor):
            counts.links[anchor + trail if lang == "en" else anchor, title] += count
    return counts


def redirect_target(page: Page) -> str | None:
    """What a redirect page leads to, as its text or the export says; None for other pages.

    The text goes first: the export leaves out which section of the page it is.
    """
    found = _REDIRECT.match(page.text)
    return found[1] if found else page.redirect or None


def _is_named(target: str, words: str) -> bool:
    """Whether the words of a link or the title of a redirect are a name of its page."""
    return "#" not in target or parse_target(target).is_named(words)


@lru_cache(maxsize=1 << 16)
def article_title(target: str) -> str | None:
    """The normal title of a link target in the main namespace of the same wiki; None for all others."""
    parsed = parse_target(target)
    if parsed.kind != "page" or parsed.lang:
        return None
    prefix, colon, _ = parsed.title.partition(":")
    if colon and prefix.strip().lower() in _namespaces():
        return None
    return normalize_title(parsed.title) or None


@lru_cache(maxsize=1)
def _namespaces() -> frozenset[str]:
    table = yaml.safe_load(files("kg2instruct.wiki").joinpath("data/namespaces.yaml").read_text("utf-8"))
    names = {str(name) for name in table["names"]}
    talk = {str(name) for name in table["talk"]}
    return frozenset(names | talk | {f"{n}{space}{t}" for n in names for t in talk for space in ("", " ")})


def _anchor(shown: str) -> str:
    """The text that a reader sees of a link; empty when that takes more than this to tell."""
    if "-{" in shown:
        shown = _CONVERTED.sub(r"\1", shown)
    if "''" in shown:
        shown = re.sub("'{2,}", "", shown)
    if "&" in shown:
        shown = html.unescape(shown)
    if "{" in shown or "<" in shown or len(shown) > _LONGEST_ANCHOR:
        return ""
    return " ".join(shown.replace("_", " ").split()) if "_" in shown or " " in shown else shown.strip()


def _visible(text: str) -> str:
    """The text without comments and what is shown as it is written."""
    return "".join(_pieces(text)) if _HIDING.search(text) else text


def _pieces(text: str) -> Iterator[str]:
    start = at = 0
    unclosed: set[str] = set()
    while found := _HIDING.search(text, at):
        tag = (found[1] or "!").lower()
        closed = None if tag in unclosed else _CLOSING[tag].search(text, found.end())
        at = found.end()
        if closed is None:
            unclosed.add(tag)
            continue
        yield text[start : found.start()]
        start = at = closed.end()
    yield text[start:]
