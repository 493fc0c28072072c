"""Mends what a reader would stumble over where something invisible stood; offsets are carried along."""

from __future__ import annotations

import re

from kg2instruct.wiki.marks import GAP, HOLE, PROTECT_END, PROTECT_START
from kg2instruct.wiki.rich import Rich, substitute, tight, trimmed

_SEPARATOR = r",，、;；:：/／"
_STOP = r".。!！?？"
_DASH = r"\-–—－~～至"
_OPEN = r"（(\[［「『《〈【〔“"
_CLOSE = r"）)\]］」』》〉】〕”"

_WHITE = re.compile(r"[^\S ][\s]*| [\s]+")
_EMPTY = re.compile(rf"[{_OPEN}][\s{_SEPARATOR}{HOLE}]*[{_CLOSE}]")
# From one thing that is not shown to another: `(–)` where the years have no rule.
_EMPTY_RANGE = re.compile(
    rf"[{_OPEN}][\s{_SEPARATOR}]{{0,8}}(?:{HOLE}[\s{_SEPARATOR}{_DASH}]{{0,8}}){{1,8}}[{_CLOSE}]"
)
# Words that lead to what is not shown: `（约为）` where coordinates stood.
_EMPTY_LEAD = re.compile(
    rf"[{_OPEN}] ?"
    r"(?:大?[约約][为為]?|坐[标標]|[经經][纬緯]度|[在于於位即]+|at|about|approx\.?|approximately|coordinates)"
    rf"[ {_SEPARATOR}]{{0,4}}{HOLE}[ {_SEPARATOR}{HOLE}]{{0,8}}[{_CLOSE}]",
    re.IGNORECASE,
)
# Bounded, so that a page of nothing but separators takes no longer than any other.
_EMPTY_ROUND = re.compile(rf"[（(][\s{_SEPARATOR}]*[{_CLOSE}]")
_EMPTY_SQUARE = re.compile(rf"\[[\s{_SEPARATOR}]*[{_CLOSE}]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_AFTER_OPEN = re.compile(rf"([{_OPEN}])[ {_SEPARATOR}]{{0,8}}{HOLE}[ {_SEPARATOR}{HOLE}]{{0,8}}")
_BEFORE_CLOSE = re.compile(rf"[ {_SEPARATOR}]{{0,8}}{HOLE}[ {_SEPARATOR}{HOLE}]{{0,8}}([{_CLOSE}])")
_MANY = re.compile(rf"{HOLE}(?: ?{HOLE})+")
_BETWEEN = re.compile(rf"[{_SEPARATOR}{_STOP}](?: ?{HOLE} ?[{_SEPARATOR}{_STOP}])+")
_AT_START = re.compile(rf"^[ {HOLE}]*{HOLE}[ {_SEPARATOR}.。{HOLE}]*")
_AT_END = re.compile(rf"[ {_SEPARATOR}]{{0,8}}{HOLE}[ {_SEPARATOR}{HOLE}]{{0,8}}$")
_SHELL = re.compile(rf"[{_OPEN}{_CLOSE}{{}}|'{HOLE}]")
_ROUNDS = 12
_NEAR = 2000  # characters within which the partner of a bracket is looked for
_HOLES = re.compile(rf" *{HOLE}[ {HOLE}]*")
_REMNANT = re.compile(r"\[\[|\]\]|\{\{+|\}\}+|'''+|-\{|\}-|</?ref\b(?:[^<>]*>)?|\{\||\|\}|\|thumb(?:nail)?")
_NO_SPACE_BEFORE = set(",.;:!?)]，。、；：！？）」』》”…%")
_MARKS = re.compile(f"[{HOLE}{GAP}{PROTECT_START}{PROTECT_END}]")
_EMPTY_ZONE = re.compile(f"{PROTECT_START}\\s*{PROTECT_END}")


def tidy(rich: Rich) -> Rich:
    """Text with single spaces, without empty brackets, dangling separators or remnants of markup."""
    text = rich.text
    if PROTECT_START in text:
        rich = substitute(rich, _EMPTY_ZONE, HOLE)
    if "  " in text or not text.isprintable():
        rich = substitute(substitute(rich, _WHITE, " "), _CONTROL, "")
    if _is_suspect(rich.text):
        rich = _mended(rich)
    return tight(trimmed(rich))


def _is_suspect(text: str) -> bool:
    """Whether there may be anything to mend; plain look-ups, because nearly every text passes here."""
    return (
        HOLE in text
        or ("[[" in text or "]]" in text or "{{" in text or "}}" in text or "{|" in text or "|}" in text)
        or (
            "-{" in text
            or "}-" in text
            or "'''" in text
            or "<ref" in text
            or "</ref" in text
            or "|thumb" in text
        )
        or ("（" in text and _EMPTY_ROUND.search(text) is not None)
        or ("(" in text and _EMPTY_ROUND.search(text) is not None)
        or ("[" in text and _EMPTY_SQUARE.search(text) is not None)
        or (
            "「」" in text
            or "『』" in text
            or "《》" in text
            or "〈〉" in text
            or "【】" in text
            or "“”" in text
        )
        or ("[]" in text or "［］" in text or "〔〕" in text)
    )


def _mended(rich: Rich) -> Rich:
    for _ in range(_ROUNDS):
        before = rich.text
        for pattern in (_EMPTY_RANGE, _EMPTY_LEAD, _EMPTY):
            rich = substitute(rich, pattern, HOLE)
        rich = _without_holes(rich) if HOLE in rich.text else rich
        rich = substitute(rich, _REMNANT, "")
        if rich.text == before:
            return rich
    # Shells within shells: no prose.
    return substitute(rich, _SHELL, "")


def _without_holes(rich: Rich) -> Rich:
    rich = substitute(rich, _MANY, lambda match: f"{HOLE} " if " " in match[0] else HOLE)
    rich = substitute(rich, _BETWEEN, _strongest)
    text = rich.text
    rich = substitute(
        rich, _AFTER_OPEN, lambda found: _kept(found[1], _CLOSE, text, found.end(), found.end() + _NEAR)
    )
    before = rich.text
    rich = substitute(
        rich,
        _BEFORE_CLOSE,
        lambda found: _kept(found[1], _OPEN, before, found.start() - _NEAR, found.start()),
    )
    for pattern in (_AT_START, _AT_END):
        rich = substitute(rich, pattern, "")
    return substitute(rich, _HOLES, lambda match: _space(rich.text, match))


def _kept(bracket: str, partners: str, text: str, start: int, end: int) -> str:
    """The bracket beside a hole, if its partner is still there."""
    side = (_CLOSE if partners is _OPEN else _OPEN).index(bracket)
    return bracket if text.find(partners[side], max(start, 0), end) >= 0 else ""


def _strongest(match: re.Match[str]) -> str:
    """Of the marks with holes between them, the one that ends most; the last one if all are separators."""
    return next((mark for mark in match[0] if mark in _STOP), match[0][-1])


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


def has_marks(text: str) -> bool:
    """Whether a part of the text is, or was, kept from conversion."""
    return PROTECT_START in text or PROTECT_END in text
