"""Whether a document repeats itself, by Gopher's table (Rae et al. 2021, A1).

It counts n-grams of words. Tokens here are words of Latin script and single Chinese characters; a Chinese word
has about two of them, so n-grams of Chinese are twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kg2instruct.mix.ngrams import Tokens

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]

_LINES, _LINE_CHARS = 0.30, 0.20
_TOP = ((2, 0.20), (3, 0.18), (4, 0.16))
_TWICE = ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
# A phrase that comes less often is none that comes over and over, whatever its share: in a short text the full name
# of an authority is a tenth of it. Gopher drops no text of its least length, 50 words, for what comes only twice.
_LEAST_TIMES = {1: 3, 2: 4}
_LEAST_TOKENS = 40  # of fewer no share says anything
_BASE = 0x9E3779B97F4A7C15


def repeats(texts: Sequence[str], tokens: Tokens, langs: Sequence[str]) -> Iterator[str]:
    """For each document the first bound that it breaks, in words; empty where it breaks none.

    `tokens` are those of the texts. Larger n-grams cannot break their bounds where the smallest are far below all
    bounds, so for most documents two sorts are enough, and all else is done to many of them at once.
    """
    scales = np.array([_scale(lang) for lang in langs], np.int64)
    top, twice = _suspects(tokens, scales)
    for i, text in enumerate(texts):
        if reason := _repeated_lines(text):
            yield reason
        elif top[i] or twice[i]:
            own = tokens.hashes[tokens.starts[i] : tokens.starts[i + 1]]
            yield _repeated_grams(Grams(own), int(scales[i]), bool(top[i]), bool(twice[i]))
        else:
            yield ""


def _scale(lang: str) -> int:
    return 2 if lang == "zh" else 1


def _repeated_lines(text: str) -> str:
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    distinct = set(lines)
    if len(distinct) < len(lines):
        if (len(lines) - len(distinct)) / len(lines) > _LINES:
            return "repeated lines"
        if 1 - sum(map(len, distinct)) / sum(map(len, lines)) > _LINE_CHARS:
            return "repeated lines"
    return ""


def _repeated_grams(grams: Grams, scale: int, top: bool, twice: bool) -> str:
    """What a closer look at a document finds."""
    if top and any(grams.top_share(size * scale, _LEAST_TIMES[scale]) > most for size, most in _TOP):
        return "one phrase over and over"
    if twice and grams.cover_more([(size * scale, most) for size, most in _TWICE]):
        return "repeated passages"
    return ""


def _suspects(tokens: Tokens, scales: Counts) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Documents in which some phrase may come too often, and those of which too much may stand there twice."""
    counts, grams = np.diff(tokens.starts), Grams(tokens.hashes)
    top, twice = np.zeros((2, len(counts)), np.bool_)
    for scale in np.unique(scales).tolist():
        wanted = (scales == scale) & (counts >= _LEAST_TOKENS)
        size = _TOP[0][0] * scale
        times, owners = grams.again(size, tokens.starts)
        often = times * size / counts[owners] > _TOP[-1][1] * _TOP[0][0] / _TOP[-1][0]
        often &= times >= _LEAST_TIMES[scale]
        top[owners[often & wanted[owners]]] = True
        size = _TWICE[0][0] * scale
        times, owners = grams.again(size, tokens.starts)
        again = np.bincount(owners, times - 1, len(counts))
        twice |= wanted & (again * size > _TWICE[-1][1] * counts)
    return top, twice


class Grams:
    """The n-grams of tokens, of any length: polynomial hashes modulo 2^64, from sums over all tokens before."""

    def __init__(self, tokens: Hashes) -> None:
        self._count = len(tokens)
        powers, self._inverse = _powers(1 << len(tokens).bit_length())
        self._sums = np.zeros(len(tokens) + 1, np.uint64)
        np.cumsum(tokens * powers[: len(tokens)], out=self._sums[1:])

    def again(self, size: int, starts: Counts) -> tuple[Counts, Counts]:
        """The n-grams that come more than once in their document: how often, and in which."""
        found = self._sums[size:] - self._sums[:-size]
        found *= self._inverse[: len(found)]
        ends = np.maximum(
            starts[1:] - size + 1, starts[:-1]
        )  # behind them n-grams run into the next document
        for start, end in zip(starts.tolist(), ends.tolist(), strict=False):
            found[start:end].sort()
        places = np.flatnonzero(found[1:] == found[:-1])
        owners = np.searchsorted(starts, places, "right") - 1
        inside = places + 1 < ends[owners]
        places, owners = places[inside], owners[inside]
        begun = np.flatnonzero(np.diff(places, prepend=-2) > 1)
        return np.diff(begun, append=len(places)) + 1, owners[begun]

    def top_share(self, size: int, least: int) -> float:
        """The share of tokens in the most frequent n-gram, if it comes at least so many times, more than once."""
        times, _ = self.again(size, np.array([0, self._count]))
        most = int(times.max(initial=0))
        return most * size / self._count if most >= least else 0.0

    def cover_more(self, bounds: Sequence[tuple[int, float]]) -> bool:
        """Whether n-grams that came before hold more than a share of the tokens, each token counted once.

        Bounds are sizes, growing, with the share of each, falling.
        """
        places = np.arange(self._count)
        for size, most in bounds:
            places = places[places <= self._count - size]
            grams = (self._sums[places + size] - self._sums[places]) * self._inverse[places]
            order = np.argsort(grams, kind="stable")
            same = grams[order[1:]] == grams[order[:-1]]
            again = np.sort(places[order[1:][same]])
            share = self._covered(again, size)
            if share > most:
                return True
            if share <= bounds[-1][1]:
                return False  # longer n-grams hold no more than these
            places = np.union1d(again, places[order[:-1][same]])  # they come twice only where these do
        return False

    def _covered(self, places: Counts, size: int) -> float:
        """The share of tokens in the n-grams at these places, which are in order."""
        if not len(places):
            return 0.0
        return (int(np.minimum(np.diff(places), size).sum()) + size) / self._count


@lru_cache(maxsize=32)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of the base and of its inverse."""
    both = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        powers = np.full(count, base, np.uint64)
        powers[0] = 1
        both.append(np.cumprod(powers))
    return both[0], both[1]
