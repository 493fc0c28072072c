"""Whether a document repeats itself, by Gopher's table (Rae et al. 2021, A1).

It counts n-grams of words. Tokens here are words of Latin script and single Chinese characters; a Chinese word
has about two of them, so n-grams of Chinese are twice as long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kg2instruct.mix.ngrams import mix

Hashes = NDArray[np.uint64]

_LINES, _LINE_CHARS = 0.30, 0.20
_TOP = ((2, 0.20), (3, 0.18), (4, 0.16))
_TWICE = ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
_LEAST_TOKENS = 40  # of fewer no share says anything
_BASE = np.uint64(0x9E3779B97F4A7C15)


def repeats(text: str, tokens: Hashes, lang: str) -> str:
    """The first bound that a document breaks, in words; empty where it breaks none.

    `tokens` are the hashes of its tokens. Larger n-grams cannot break their bounds where the smallest are far
    below all bounds, so most documents cost two sorts.
    """
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    distinct = set(lines)
    if len(distinct) < len(lines):
        if (len(lines) - len(distinct)) / len(lines) > _LINES:
            return "repeated lines"
        if 1 - sum(map(len, distinct)) / sum(map(len, lines)) > _LINE_CHARS:
            return "repeated lines"
    if len(tokens) < _LEAST_TOKENS:
        return ""
    scale = 2 if lang == "zh" else 1
    if _top_share(tokens, _TOP[0][0] * scale) * _TOP[-1][0] / _TOP[0][0] > _TOP[-1][1]:
        for size, most in _TOP:
            if _top_share(tokens, size * scale) > most:
                return "one phrase over and over"
    least = _TWICE[0][0] * scale
    if _again(_grams(tokens, least)) * least > _TWICE[-1][1] * len(tokens):
        for size, most in _TWICE:
            if _covered(tokens, size * scale) > most:
                return "repeated passages"
    return ""


def _grams(tokens: Hashes, size: int) -> Hashes:
    """A hash of each n-gram."""
    count = len(tokens) - size + 1
    if count <= 0:
        return tokens[:0]
    found = np.zeros(count, np.uint64)
    for step in range(size):  # a polynomial: equal n-grams have equal sums
        found = found * _BASE + tokens[step : step + count]
    return mix(found)


def _top_share(tokens: Hashes, size: int) -> float:
    """The share of tokens in the most frequent n-gram, if it comes more than once."""
    found = np.sort(_grams(tokens, size))
    if not len(found):
        return 0.0
    starts = np.flatnonzero(np.concatenate(([True], found[1:] != found[:-1])))
    most = int(np.diff(starts, append=len(found)).max())
    return most * size / len(tokens) if most > 1 else 0.0


def _again(grams: Hashes) -> int:
    """How many n-grams came before."""
    found = np.sort(grams)
    return int((found[1:] == found[:-1]).sum())


def _covered(tokens: Hashes, size: int) -> float:
    """The share of tokens in n-grams that came before, each token counted once."""
    grams = _grams(tokens, size)
    first = np.zeros(len(grams), np.bool_)
    first[np.unique(grams, return_index=True)[1]] = True
    change = np.zeros(len(tokens) + 1, np.int64)
    places = np.flatnonzero(~first)
    np.add.at(change, places, 1)
    np.add.at(change, places + size, -1)
    return float((np.cumsum(change)[:-1] > 0).mean())
