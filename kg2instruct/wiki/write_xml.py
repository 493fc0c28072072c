"""Pages as a MediaWiki export, as `pages` reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from kg2instruct.records import Page

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def export_lines(pages: Iterable[Page], lang: str) -> Iterator[bytes]:
    """A whole export of pages, in pieces."""
    yield (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" '
        f"xml:lang={quoteattr(lang)}>\n"
    ).encode()
    for page in pages:
        yield page_element(page)
    yield b"</mediawiki>\n"


def page_element(page: Page) -> bytes:
    """The `<page>` element of a page."""
    redirect = f"\n    <redirect title={_attribute(page.redirect)} />" if page.redirect else ""
    text = _FORBIDDEN.sub("", page.text)
    return (
        f"  <page>\n    <title>{escape(page.title)}</title>\n    <ns>{page.ns}</ns>\n    <id>{page.id}</id>{redirect}\n"
        f"    <revision>\n      <id>{page.revision}</id>\n"
        f'      <text bytes="{len(text.encode())}" xml:space="preserve">{escape(text)}</text>\n'
        "    </revision>\n  </page>\n"
    ).encode()


def _attribute(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'
