"""Whether a document is running text: Gopher's and C4's measures, with bounds that fit Chinese."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.corpus.languages import load_data
from trainer.corpus.recipe import QualityOptions

_SPACE, _HAN, _KANA, _LETTER, _DIGIT, _OTHER, _BROKEN, _BULLET = range(8)
_CATEGORIES = {
    **dict.fromkeys(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me"), _LETTER),
    **dict.fromkeys(("Zs", "Zl", "Zp"), _SPACE),
    **dict.fromkeys(("Cn", "Co", "Cs", "Cc"), _BROKEN),
    "Nd": _DIGIT,
}
_ASSIGNED = (range(0x40000), range(0xE0000, 0xE0200))  # planes 0 to 3, tags and variants; beyond them is none
_SCRIPTS = {
    _HAN: (
        (0x3005, 0x3008),
        (0x3400, 0x4DC0),
        (0x4E00, 0xA000),
        (0xF900, 0xFB00),
        (0x20000, 0x323B0),
    ),
    _KANA: ((0x3041, 0x30FB), (0x30FC, 0x3100), (0x31F0, 0x3200), (0xFF66, 0xFF9E)),
}
_BULLETS = "•‣▪●○◦·*–—-"
_BULLET_LINE = re.compile(rf"^[ \t]*[{_BULLETS}][^\n]", re.MULTILINE)
_ELLIPSIS_LINE = re.compile(r"(?:…|\.\.\.|。。。)[ \t]*$", re.MULTILINE)
_FEW_LINES = 3  # of fewer no share says anything: a lone paragraph may well end in an ellipsis
_ELLIPSIS = re.compile(r"…+|\.{3,}|。{3,}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@cache
def _kinds() -> NDArray[np.uint8]:
    """What each code point is."""
    table = np.full(0x110000, _BROKEN, np.uint8)
    for codes in _ASSIGNED:
        found = "".join(map(unicodedata.category, map(chr, codes)))
        table[codes.start : codes.stop] = [
            _CATEGORIES.get(found[i : i + 2], _OTHER) for i in range(0, len(found), 2)
        ]
    table[[ord("\n"), ord("\t")]] = _SPACE
    table[list(map(ord, _BULLETS))] = _BULLET
    for kind, ranges in _SCRIPTS.items():
        for start, end in ranges:
            table[start:end] = kind
    table[0xFFFD] = _BROKEN
    return table


@cache
def _bounds(lang: str) -> QualityOptions:
    return QualityOptions(**load_data("quality")[lang])


@cache
def _function_words(lang: str) -> frozenset[str]:
    return frozenset(load_data("quality")["function_words"].get(lang, "").split())


def bounds(lang: str, options: QualityOptions) -> QualityOptions:
    """The bounds of a language, with those that are given in their place."""
    given = {f.name: getattr(options, f.name) for f in dataclasses.fields(options)}
    return dataclasses.replace(
        _bounds(lang), **{name: value for name, value in given.items() if value is not None}
    )


def poor(text: str, lang: str, limits: QualityOptions) -> str:
    """The first bound that a document breaks, in words; empty where it breaks none."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    kinds = np.bincount(_kinds()[codes], minlength=_BULLET + 1)
    space, han, kana, letters, digits, _, broken, bullets = kinds.tolist()
    chars = len(text) - space
    if _below(chars, limits.min_chars) or not chars:
        return "too short"
    if _above(chars, limits.max_chars):
        return "too long"
    if _above(broken / chars, limits.max_broken):
        return "broken characters"
    if _below((letters + han + kana) / chars, limits.min_letters):
        return "few letters"
    if _below(han / chars, limits.min_han):
        return "little Chinese"
    if _above(kana / chars, limits.max_kana):
        return "Japanese"
    if _above(digits / chars, limits.max_digits):
        return "many digits"
    if lang == "code":
        return _poor_code(text, limits)
    words = chars if lang == "zh" else text.count(" ") + text.count("\n") + 1
    if _above(text.count("#") / words, limits.max_hashes):
        return "many hashes"
    ellipses = len(_ELLIPSIS.findall(text)) if "…" in text or "..." in text or "。。。" in text else 0
    if _above(ellipses / words, limits.max_ellipses):
        return "many ellipses"
    lines = text.count("\n") + 1 - text.count("\n\n")
    if lines < _FEW_LINES:
        return _poor_words(text, lang, limits)
    many = bullets >= (limits.max_bullet_lines or 0) * lines  # else no need to look closer
    if many and _above(len(_BULLET_LINE.findall(text)) / lines, limits.max_bullet_lines):
        return "mostly bullets"
    if ellipses and _above(len(_ELLIPSIS_LINE.findall(text)) / lines, limits.max_ellipsis_lines):
        return "many cut lines"
    return _poor_words(text, lang, limits)


def _poor_words(text: str, lang: str, limits: QualityOptions) -> str:
    known, needed = _function_words(lang), limits.min_function_words or 0
    if lang == "zh":
        return "no function words" if _fewer(text, known, needed) else ""
    words = _WORD.findall(text)
    mean = sum(map(len, words)) / max(1, len(words))
    if _below(mean, limits.min_word) or _above(mean, limits.max_word):
        return "odd length of words"
    return "no function words" if needed and len(known.intersection(map(str.lower, words))) < needed else ""


def _fewer(text: str, words: frozenset[str], needed: int) -> bool:
    """Whether a text holds fewer than so many of the words; most texts show at once that they do not."""
    for word in sorted(words) if needed else ():
        needed -= word in text
        if not needed:
            return False
    return needed > 0


def _poor_code(text: str, limits: QualityOptions) -> str:
    lengths = [len(line) for line in text.split("\n")]
    if _above(max(lengths), limits.max_line):
        return "long line"
    return "long lines" if _above(sum(lengths) / len(lengths), limits.max_mean_line) else ""


def _below(value: float, bound: Any) -> bool:
    return bound is not None and value < bound


def _above(value: float, bound: Any) -> bool:
    return bound is not None and value > bound
