"""Texts to hashed n-grams, many texts at once, in numpy.

A token is one Chinese character (or kana, hangul, symbol) or a run of other letters and digits; spaces and
punctuation separate tokens and are none. Spelling is folded first: script, width and case do not matter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from kg2instruct.lang.fold import fold_codes

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]

_NONE, _LETTER, _SINGLE = 0, 1, 2
# Scripts written without spaces between words: each character is a token.
_SINGLES = ((0x2E80, 0x3000), (0x3040, 0x3100), (0x3100, 0xA4D0), (0xF900, 0xFB00), (0x20000, 0x32400))
STEP = np.uint64(0x9E3779B97F4A7C15)  # the increment of splitmix64: 2^64 over the golden ratio
_INVERSE = np.uint64(pow(int(STEP), -1, 1 << 64))


@dataclass(frozen=True, slots=True)
class Ngrams:
    """The n-grams of many texts: `hashes[starts[i]:starts[i + 1]]` are those of text i, in text order."""

    hashes: Hashes
    starts: Counts

    def owners(self) -> Counts:
        """For each n-gram the number of its text."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of many texts, hashed: `hashes[starts[i]:starts[i + 1]]` are those of text i."""

    hashes: Hashes
    starts: Counts

    def keys(self, texts: Sequence[str]) -> Hashes:
        """One number for all spellings of each text; a text without tokens has one of its own."""
        keys = _spans(self.hashes, self.starts[:-1], self.starts[1:])
        for i in np.flatnonzero(np.diff(self.starts) == 0).tolist():
            keys[i] = xxhash.xxh3_64_intdigest(texts[i].encode("utf-8", "surrogatepass"))
        return keys

    def ngrams(self, sizes: Sequence[int]) -> Ngrams:
        """The n-grams of each text, of `sizes[i]` tokens; a text of fewer tokens is one n-gram."""
        counts = np.diff(self.starts)
        size = np.minimum(np.asarray(sizes, np.int64), np.maximum(counts, 1))
        made = np.where(counts > 0, counts - size + 1, 0)
        first = np.concatenate(([0], np.cumsum(made)))
        position = np.arange(first[-1]) + np.repeat(self.starts[:-1] - first[:-1], made)
        length = np.repeat(size, made)
        hashes = np.zeros(len(position), np.uint64)
        wanted = set(size[made > 0].tolist())
        grams = np.zeros(len(self.hashes), np.uint64)
        for step in range(max(wanted, default=0)):  # n-grams of one token at every place, then of two, …
            grams = grams[: len(self.hashes) - step] * STEP
            grams += self.hashes[step:]
            grams = mix(grams)
            if step + 1 in wanted:
                mine = length == step + 1
                hashes[mine] = grams[position[mine]]
        return Ngrams(hashes, first)

    def only(self, numbers: Sequence[int]) -> Tokens:
        """The tokens of some of the texts, in the order of `numbers`."""
        found = [self.hashes[self.starts[i] : self.starts[i + 1]] for i in numbers]
        starts = np.cumsum([0, *map(len, found)], dtype=np.int64)
        return Tokens(np.concatenate([np.zeros(0, np.uint64), *found]), starts)


def tokenize(texts: Sequence[str]) -> Tokens:
    """The tokens of each text."""
    if not texts:
        return Tokens(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    codes = fold_codes("\n".join([text.replace("\n", " ") for text in texts]))
    classes = _classes()[codes]
    letter = classes == _LETTER
    before = np.concatenate(([False], letter[:-1]))
    after = np.concatenate((letter[1:], [False]))
    single = classes == _SINGLE
    starts = np.flatnonzero(single | (letter & ~before))
    ends = np.flatnonzero(single | (letter & ~after)) + 1
    breaks = np.flatnonzero(codes == ord("\n"))
    bounds = np.concatenate(([0], np.searchsorted(starts, breaks), [len(starts)]))
    return Tokens(_spans(codes, starts, ends), bounds.astype(np.int64))


def mix(values: Hashes) -> Hashes:
    """Spread the bits of 64-bit numbers (the last step of splitmix64)."""
    spread = values ^ (values >> np.uint64(30))
    spread *= np.uint64(0xBF58476D1CE4E5B9)
    spread ^= spread >> np.uint64(27)
    spread *= np.uint64(0x94D049BB133111EB)
    spread ^= spread >> np.uint64(31)
    return spread


@cache
def _classes() -> NDArray[np.uint8]:
    """What each code point is: no token, part of a word, or a token of its own."""
    table = np.full(0x110000, _SINGLE, np.uint8)
    for code in range(0x10000):
        kind = unicodedata.category(chr(code))[0]
        table[code] = _NONE if kind in "ZPC" else _LETTER
    for start, end in _SINGLES:
        inside = table[start:end]
        inside[inside == _LETTER] = _SINGLE
    return table


def _spans(codes: NDArray[Any], starts: Counts, ends: Counts) -> Hashes:
    """A polynomial hash of each span, modulo 2^64, from sums over all codes before."""
    powers, inverse = _powers(1 << max(10, len(codes).bit_length()))
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(mix(codes.astype(np.uint64) + np.uint64(1)) * powers[: len(codes)], out=sums[1:])
    return mix((sums[ends] - sums[starts]) * inverse[starts])


@lru_cache(maxsize=1)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of the base and of its inverse."""
    both = []
    for base in (STEP, _INVERSE):
        powers = np.full(count, base)
        powers[0] = 1
        both.append(np.cumprod(powers))
    return both[0], both[1]
