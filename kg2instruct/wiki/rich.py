"""Visible text with its links and bold stretches, and edits that carry their offsets along."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import NamedTuple

Edit = tuple[int, int, str]
"""Start and end of what is replaced, and the replacement."""


class RichLink(NamedTuple):
    """A link while its text is still being changed; fields as of `records.Link`."""

    start: int
    end: int
    target: str
    lang: str


class Rich(NamedTuple):
    """Text, links and bold spans with offsets into the text."""

    text: str
    links: list[RichLink]
    bold: list[tuple[int, int]]


EMPTY = Rich("", [], [])


def offsets_of(rich: Rich) -> list[int]:
    """All offsets in use, sorted, each once."""
    offsets = [link[0] for link in rich.links]
    offsets += [link[1] for link in rich.links]
    for span in rich.bold:
        offsets += span
    return sorted(set(offsets))


def with_offsets(rich: Rich, text: str, old: list[int], new: Iterable[int]) -> Rich:
    """The same links and bold spans over a changed text; those that became empty are left out."""
    moved = list(new)
    if moved == old:
        return Rich(text, rich.links, rich.bold)
    at = dict(zip(old, moved, strict=True))
    links = [
        RichLink(at[start], at[end], target, lang)
        for start, end, target, lang in rich.links
        if at[start] < at[end]
    ]
    return Rich(text, links, [(at[start], at[end]) for start, end in rich.bold if at[start] < at[end]])


def substitute(rich: Rich, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str] | str) -> Rich:
    """Replace all matches; an offset inside a match stays within what replaces it."""
    if isinstance(replace, str):
        edits = [(match.start(), match.end(), replace) for match in pattern.finditer(rich.text)]
    else:
        edits = [(match.start(), match.end(), replace(match)) for match in pattern.finditer(rich.text)]
    return apply_edits(rich, edits) if edits else rich


def apply_edits(rich: Rich, edits: list[Edit]) -> Rich:
    """Apply edits, sorted and apart from each other."""
    out: list[str] = []
    position = 0
    for start, end, text in edits:
        out.append(rich.text[position:start])
        out.append(text)
        position = end
    out.append(rich.text[position:])
    old = offsets_of(rich)
    return with_offsets(rich, "".join(out), old, _moved(old, edits)) if old else Rich("".join(out), [], [])


def _moved(offsets: list[int], edits: list[Edit]) -> list[int]:
    moved: list[int] = []
    shift = index = 0
    for offset in offsets:
        while index < len(edits) and edits[index][1] <= offset:
            start, end, text = edits[index]
            shift += len(text) - (end - start)
            index += 1
        if index < len(edits) and edits[index][0] < offset:
            start, _, text = edits[index]
            moved.append(start + shift + min(len(text), offset - start))
        else:
            moved.append(offset + shift)
    return moved


def trimmed(rich: Rich) -> Rich:
    """Without white space at either end of the text and of each link."""
    text = rich.text.strip()
    if len(text) != len(rich.text):
        cut = len(rich.text) - len(rich.text.lstrip())
        rich = piece(rich, cut, cut + len(text))
    return rich


def tight(rich: Rich) -> Rich:
    """With white space at the ends of links and bold spans outside of them."""
    text = rich.text
    for link in rich.links:
        if text[link[0]] == " " or text[link[1] - 1] == " ":
            break
    else:
        for start, end in rich.bold:
            if text[start] == " " or text[end - 1] == " ":
                break
        else:
            return rich
    links = [RichLink(*_tight(text, link.start, link.end), link.target, link.lang) for link in rich.links]
    bold = [_tight(text, start, end) for start, end in rich.bold]
    return Rich(
        text, [link for link in links if link.start < link.end], [span for span in bold if span[0] < span[1]]
    )


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    shown = text[start:end]
    return start + len(shown) - len(shown.lstrip()), end - len(shown) + len(shown.rstrip())


def piece(rich: Rich, start: int, end: int) -> Rich:
    """The part from `start` to `end`; links and bold spans that cross its borders are cut to it."""
    links = [
        RichLink(max(link.start, start) - start, min(link.end, end) - start, link.target, link.lang)
        for link in links_within(rich, start, end)
    ]
    spans = rich.bold[max(0, bisect_left(rich.bold, (start,)) - 2) : bisect_left(rich.bold, (end,))]
    bold = [(max(a, start) - start, min(b, end) - start) for a, b in spans if b > start]
    return Rich(rich.text[start:end], links, bold)


def links_within(rich: Rich, start: int, end: int) -> list[RichLink]:
    """The links that lie in or reach into a part of the text; they are in order and apart."""
    first = bisect_left(rich.links, (start,))
    if first and rich.links[first - 1].end > start:
        first -= 1
    return rich.links[first : bisect_left(rich.links, (end,), first)]


def joined(parts: list[Rich], glues: list[str]) -> Rich:
    """Parts one after the other; `glues[i]` stands before part `i + 1`."""
    if len(parts) == 1:
        return parts[0]
    out: list[str] = []
    links: list[RichLink] = []
    bold: list[tuple[int, int]] = []
    base = 0
    for part, glue in zip(parts, [*glues, ""], strict=True):
        links += [RichLink(link.start + base, link.end + base, link.target, link.lang) for link in part.links]
        bold += [(start + base, end + base) for start, end in part.bold]
        out += (part.text, glue)
        base += len(part.text) + len(glue)
    return Rich("".join(out), links, bold)
