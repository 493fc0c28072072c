"""Whether a document repeats itself, by Gopher's table (Rae et al. 2021, A1).

It counts n-grams of words. Tokens here are words of Latin script and single Chinese characters; a Chinese word
has about two of them, so n-grams of Chinese are twice as long.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_LINES, _LINE_CHARS = 0.30, 0.20
_TOP = ((2, 0.20), (3, 0.18), (4, 0.16))
_TWICE = ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
_LEAST_TOKENS = 40  # of fewer no share says anything
_BASE = 0x9E3779B97F4A7C15


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
    grams = _Grams(tokens)
    if grams.top_share(_TOP[0][0] * scale) * _TOP[-1][0] / _TOP[0][0] > _TOP[-1][1]:
        for size, most in _TOP:
            if grams.top_share(size * scale) > most:
                return "one phrase over and over"
    least = _TWICE[0][0] * scale
    if grams.again(least) * least > _TWICE[-1][1] * len(tokens):
        for size, most in _TWICE:
            if grams.covered(size * scale) > most:
                return "repeated passages"
    return ""


class _Grams:
    """The n-grams of a document, of any length: polynomial hashes modulo 2^64, from sums over all tokens before."""

    def __init__(self, tokens: Hashes) -> None:
        self._count = len(tokens)
        powers, self._inverse = _powers(1 << len(tokens).bit_length())
        self._sums = np.zeros(len(tokens) + 1, np.uint64)
        np.cumsum(tokens * powers[: len(tokens)], out=self._sums[1:])

    def _of(self, size: int) -> Hashes:
        """A hash of each n-gram."""
        count = max(0, self._count - size + 1)
        return (self._sums[size : size + count] - self._sums[:count]) * self._inverse[:count]

    def top_share(self, size: int) -> float:
        """The share of tokens in the most frequent n-gram, if it comes more than once."""
        found = np.sort(self._of(size))
        if not len(found):
            return 0.0
        starts = np.flatnonzero(np.concatenate(([True], found[1:] != found[:-1])))
        most = int(np.diff(starts, append=len(found)).max())
        return most * size / self._count if most > 1 else 0.0

    def again(self, size: int) -> int:
        """How many n-grams came before."""
        found = np.sort(self._of(size))
        return int(np.count_nonzero(found[1:] == found[:-1]))

    def covered(self, size: int) -> float:
        """The share of tokens in n-grams that came before, each token counted once."""
        grams = self._of(size)
        first = np.zeros(len(grams), np.bool_)
        first[np.unique(grams, return_index=True)[1]] = True
        change = np.zeros(self._count + 1, np.int64)
        places = np.flatnonzero(~first)
        np.add.at(change, places, 1)
        np.add.at(change, places + size, -1)
        return float((np.cumsum(change)[:-1] > 0).mean())


@lru_cache(maxsize=32)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of the base and of its inverse."""
    both = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        powers = np.full(count, base, np.uint64)
        powers[0] = 1
        both.append(np.cumprod(powers))
    return both[0], both[1]
