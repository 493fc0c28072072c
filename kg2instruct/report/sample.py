"""A random sample of records that is the same however the work was divided.

Of all records those with the smallest seeded hash of their id are kept. A worker keeps the smallest of its unit, the
report the smallest of those.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Dropped, Example

SIZE = 300


@dataclass(frozen=True, slots=True)
class Sampled:
    """A record of the sample, with the claims that were considered in it and dropped."""

    key: int
    unit: str
    example: Example
    dropped: tuple[Dropped, ...] = ()


def share(number: int) -> int:
    """How many records of unit `number` (from 0) are kept for the sample of an input whose end is not known yet.

    The later a unit, the more units there are to share the sample; three times an even share and some more is never
    exceeded but by an all but impossible chance, and then by a record or two.
    """
    return min(SIZE, 3 * SIZE // (number + 1) + 9)


@dataclass(slots=True)
class Sampler:
    """The records of a unit with the smallest keys, at most `size`."""

    seed: int
    unit: str
    size: int
    _heap: list[tuple[int, str, Sampled]] = field(default_factory=list)

    def key(self, record_id: str) -> int:
        """A record's place in the random order."""
        return xxhash.xxh3_64_intdigest(f"sample {self.seed}:{record_id}".encode()) >> 11  # exact in JSON

    def wants(self, record_id: str) -> bool:
        """Whether a record would be kept if it were offered now."""
        return len(self._heap) < self.size or -self.key(record_id) > self._heap[0][0]

    def offer(self, example: Example, dropped: Iterable[Dropped] = ()) -> None:
        """Keep a record if it is among the smallest so far."""
        if self.size and self.wants(example.id):
            key = self.key(example.id)
            entry = (-key, example.id, Sampled(key, self.unit, example, tuple(dropped)))
            if len(self._heap) < self.size:
                heapq.heappush(self._heap, entry)
            else:
                heapq.heapreplace(self._heap, entry)

    def kept(self) -> list[Sampled]:
        """The records kept, in random order."""
        return [sampled for _, _, sampled in sorted(self._heap, key=lambda entry: (-entry[0], entry[1]))]


@dataclass(slots=True)
class UnitNotes:
    """What is kept of a unit beside its records: its part of the sample, and the span of its pages' ids.

    By the span `explain` finds a page again; it is -1 to -1 where there is no page.
    """

    unit: str
    low: int = -1
    high: int = -1
    sample: list[Sampled] = field(default_factory=list)

    def add_page(self, page_id: int) -> None:
        """Note a page."""
        self.low = page_id if self.low < 0 else min(self.low, page_id)
        self.high = max(self.high, page_id)


def read_notes(path: Path) -> UnitNotes:
    """The notes of one unit."""
    return next(read_jsonl(path, UnitNotes))


def merged(parts: Iterable[Path], size: int = SIZE) -> list[Sampled]:
    """The smallest of all units' records, in random order; memory holds no more than these and one unit's."""
    kept: list[Sampled] = []
    for part in parts:
        found = [*kept, *read_notes(part).sample]
        kept = heapq.nsmallest(size, found, key=lambda s: (s.key, s.example.id))
    return kept
