"""Which `{{` belongs to which `}}`, and where the parameters of a template lie: positions, in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# Two searches for a plain beginning are faster than one for either.
_OPENING = re.compile(r"\{\{+")
_CLOSING = re.compile(r"\}\}+")
_SPLIT = re.compile(r"\{\{|\[\[|\]\]|\|")


@dataclass(slots=True)
class Braces:
    """Matched braces of a text: start of each `{{` (or `{{{`) to the end of its match, end exclusive."""

    templates: dict[int, int] = field(default_factory=dict)
    parameters: dict[int, int] = field(default_factory=dict)

    def end_of(self, start: int) -> int | None:
        """End of the template or parameter that starts at `start`."""
        return self.templates.get(start) or self.parameters.get(start)


def match_braces(text: str) -> Braces:
    """Pair braces as MediaWiki's preprocessor does: innermost first, three before two."""
    found = Braces()
    stack: list[list[int]] = []
    runs = [run.span() for run in _OPENING.finditer(text)]
    runs += [run.span() for run in _CLOSING.finditer(text)]
    for start, end in sorted(runs):
        if text[start] == "{":
            stack.append([start, end - start])
            continue
        left = end - start
        while left >= 2 and stack:
            top = stack[-1]
            size = 3 if top[1] >= 3 and left >= 3 else 2
            top[1] -= size
            opened = top[0] + top[1]
            left -= size
            (found.parameters if size == 3 else found.templates)[opened] = end - left
            if top[1] < 2:
                stack.pop()
    return found


def split_arguments(text: str, start: int, end: int, braces: Braces) -> list[tuple[int, int]]:
    """Spans between the `|` of `text[start:end]`; bars inside links and nested templates do not count."""
    if text.find("[[", start, end) < 0 and text.find("{{", start, end) < 0:
        return _split_plain(text, start, end)
    spans, depth = _split(text, start, end, braces, links=True)
    if depth:
        # An unclosed link would swallow the other parameters.
        spans, _ = _split(text, start, end, braces, links=False)
    return spans


def _split_plain(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    while (bar := text.find("|", start, end)) >= 0:
        spans.append((start, bar))
        start = bar + 1
    spans.append((start, end))
    return spans


def _split(
    text: str, start: int, end: int, braces: Braces, *, links: bool
) -> tuple[list[tuple[int, int]], int]:
    spans: list[tuple[int, int]] = []
    begin = position = start
    depth = 0
    search = _SPLIT.search
    while (token := search(text, position, end)) is not None:
        at = token.start()
        mark = text[at]
        position = token.end()
        if mark == "|":
            if not depth:
                spans.append((begin, at))
                begin = position
        elif mark == "{":
            position = nested if (nested := braces.end_of(at)) else at + 1
        elif not links:
            continue
        elif mark == "[":
            depth += 1
        elif depth:
            depth -= 1
    spans.append((begin, end))
    return spans, depth
