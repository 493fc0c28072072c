"""Mends what a reader would stumble over where something without visible text stood; offsets are carried along."""

from __future__ import annotations

import re

from kg2instruct.wiki.marks import HOLE, PROTECT_END, PROTECT_START
from kg2instruct.wiki.rich import Rich, substitute, tight, trimmed

_SEPARATOR = r",，、;；:：/／"
_STOP = r".。!！?？"
_OPEN = r"（(\[［「『《〈【〔“"
_CLOSE = r"）)\]］」』》〉】〕”"

_WHITE = re.compile(r"[^\S ][\s]*| [\s]+")
_EMPTY = re.compile(rf"[{_OPEN}][\s{_SEPARATOR}{HOLE}]*[{_CLOSE}]")
_AFTER_OPEN = re.compile(rf"([{_OPEN}])[ {_SEPARATOR}]*{HOLE}[ {_SEPARATOR}{HOLE}]*")
_BEFORE_CLOSE = re.compile(rf"[ {_SEPARATOR}]*{HOLE}[ {_SEPARATOR}{HOLE}]*([{_CLOSE}])")
_BETWEEN = re.compile(rf"([{_SEPARATOR}{_STOP}])(?: *{HOLE})+ *([{_SEPARATOR}{_STOP}])")
_AT_START = re.compile(rf"^[ {HOLE}]*{HOLE}[ {_SEPARATOR}.。{HOLE}]*")
_AT_END = re.compile(rf"[ {_SEPARATOR}{HOLE}]*{HOLE}[ {HOLE}]*$")
_HOLES = re.compile(rf" *{HOLE}[ {HOLE}]*")
_REMNANT = re.compile(r"\[\[|\]\]|\{\{+|\}\}+|'''+|-\{|\}-|</?ref\b(?:[^<>]*>)?|\{\||\|\}|\|thumb\b")
_NO_SPACE_BEFORE = set(",.;:!?)]，。、；：！？）」』》”…%")
_MARKS = re.compile(f"[{HOLE}{PROTECT_START}{PROTECT_END}]")
_EMPTY_ZONE = re.compile(f"{PROTECT_START}\\s*{PROTECT_END}")


def tidy(rich: Rich) -> Rich:
    """Text with single spaces, without empty brackets, dangling separators or remnants of markup."""
    text = rich.text
    if PROTECT_START in text:
        rich = substitute(rich, _EMPTY_ZONE, HOLE)
    if not text.isprintable() or "  " in text or "\u3000" in text:
        rich = substitute(rich, _WHITE, " ")
    rich = _without_empty_brackets(rich)
    if HOLE in rich.text:
        rich = _without_holes(rich)
    if _REMNANT.search(rich.text):
        rich = _without_empty_brackets(substitute(rich, _REMNANT, ""))
        rich = substitute(rich, _REMNANT, " ")
    return tight(trimmed(rich))


def _without_empty_brackets(rich: Rich) -> Rich:
    for _ in range(20):
        if _EMPTY.search(rich.text) is None:
            break
        rich = substitute(rich, _EMPTY, HOLE)
    return rich


def _without_holes(rich: Rich) -> Rich:
    text = rich.text
    rich = substitute(rich, _AFTER_OPEN, lambda match: _kept(match[1], _CLOSE, text[match.end() :]))
    before = rich.text
    rich = substitute(rich, _BEFORE_CLOSE, lambda match: _kept(match[1], _OPEN, before[: match.start()]))
    for pattern in (_AT_START, _AT_END):
        rich = substitute(rich, pattern, "")
    for _ in range(3):
        if _BETWEEN.search(rich.text) is None:
            break
        rich = substitute(rich, _BETWEEN, _one_of_two)
    return substitute(rich, _HOLES, lambda match: _space(rich.text, match))


def _kept(bracket: str, partners: str, rest: str) -> str:
    """The bracket beside a hole, if its partner is still there."""
    side = (_CLOSE if partners is _OPEN else _OPEN).index(bracket)
    return bracket if partners[side] in rest else ""


def _one_of_two(match: re.Match[str]) -> str:
    """Of the marks at either side of a hole, the one that ends more; the later one if both are separators."""
    return match[1] if match[1] in _STOP else match[2]


def _space(text: str, match: re.Match[str]) -> str:
    """One space where the words around a hole were apart; none before punctuation."""
    start, end = match.span()
    if start == 0 or end == len(text) or text[end] in _NO_SPACE_BEFORE or " " not in match[0]:
        return ""
    before, after = text[start - 1], text[end]
    return "" if before in "（([「『《“" or (before >= "\u2e80" and after >= "\u2e80") else " "


def strip_marks(text: str) -> str:
    """Text without the parser's own marks."""
    return _MARKS.sub("", text)
