"""Wikitext without templates and tables → paragraphs and list items, each with the headings above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from kg2instruct.wiki.marks import HOLE

_HEADING = re.compile(r"(={1,6})(.+?)(={1,6})[\s\ue002]*$")
_BLOCK_TAG = re.compile(
    r"<br\s*/?>(?:\s*<br\s*/?>)+"
    r"|</?(?:p|div|blockquote|center|poem|ul|ol|dl|h[1-6]|hr|li|dt|dd|section|article|noinclude|onlyinclude)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)


class Block(NamedTuple):
    """Lines of one paragraph, or one list item without its mark; `headings` from the outermost inwards."""

    kind: Literal["paragraph", "list"]
    lines: list[str]
    headings: tuple[str, ...]


def split_blocks(text: str) -> Iterator[Block]:
    """Paragraphs, as runs of lines, and list items in the order of the page."""
    if "<" in text:
        text = _BLOCK_TAG.sub(_line_break, text)
    headings: list[tuple[int, str]] = []
    path: tuple[str, ...] = ()
    paragraph: list[str] = []
    in_rows = False
    for line in text.split("\n"):
        first = line[:1]
        if first and first not in "=*#:; \t|!-\u3000" and not (first == HOLE and not line.strip(HOLE + " ")):
            paragraph.append(line)
            continue
        if paragraph:
            yield Block("paragraph", paragraph, path)
            paragraph = []
        # Rows of a table that a template without a rule opens.
        in_rows = first == "|" or (first == "!" and in_rows)
        if in_rows or not first:
            continue
        if first == "=":
            heading = _HEADING.match(line)
            if heading is not None:
                level = min(len(heading[1]), len(heading[3]))
                while headings and headings[-1][0] >= level:
                    headings.pop()
                headings.append((level, heading[2].strip("= ")))
                path = tuple(title for _, title in headings)
            elif rest := line.strip("= "):
                yield Block("paragraph", [rest], path)
        elif first in "*#:;":
            yield Block("list", [line.lstrip("*#:; \t\u3000")], path)
        elif first == "!":
            paragraph.append(line)
        elif first == "-":
            rest = line.lstrip("-") if line.startswith("----") else line
            if rest:
                paragraph.append(rest)
        elif (rest := line.strip()) and rest.strip(HOLE):
            # Indented text is preformatted: a block of its own.
            yield Block("paragraph", [rest], path)
    if paragraph:
        yield Block("paragraph", paragraph, path)


def _line_break(tag: re.Match[str]) -> str:
    return "\n* " if tag[0][1:3].lower() in ("li", "dt", "dd") and tag[0][1] != "/" else "\n\n"
