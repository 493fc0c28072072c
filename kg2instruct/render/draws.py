"""Random numbers that follow from a text alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from struct import Struct
from typing import TypeVar

from xxhash import xxh3_128_digest

T = TypeVar("T")

_WORDS = Struct("<4I").unpack


class Draws:
    """`Draws("0:zhwiki-12:ner").random()` is from 0 to below 1, and so is each one after it.

    They are hashes of the text with a running number: for the dozen that a row needs, a third of the cost of
    a `random.Random` that is seeded with the text.
    """

    __slots__ = ("random",)

    def __init__(self, seed: str) -> None:
        self.random: Callable[[], float] = _numbers(seed.encode()).__next__

    def one(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.random() * len(items))]

    def shuffled(self, items: list[T]) -> list[T]:
        """The list itself, shuffled."""
        draw = self.random
        for i in range(len(items) - 1, 0, -1):
            j = int(draw() * (i + 1))
            items[i], items[j] = items[j], items[i]
        return items

    def some(self, items: list[T], number: int) -> list[T]:
        """At most `number` of the items in random order; the list is shuffled in part."""
        draw, total = self.random, len(items)
        number = min(number, total)
        for i in range(number):
            j = i + int(draw() * (total - i))
            items[i], items[j] = items[j], items[i]
        return items[:number]


def _numbers(key: bytes) -> Iterator[float]:
    for number in count():
        for drawn in _WORDS(xxh3_128_digest(key, number)):
            yield drawn * 2**-32
