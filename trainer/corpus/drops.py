"""A sample of what was dropped, to be read: drawn evenly from all, the same whatever the number of workers."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from kg2instruct.jsonl import read_jsonl, write_jsonl

DROPS, FOLDER = ".drops.jsonl", "drops"
KEPT = 20  # of each reason and source
_SHOWN = 600  # characters


@dataclass(frozen=True, slots=True, order=True)
class Drop:
    """A dropped document: a rank that draws the sample, the reason, where it was, how it begins, its length."""

    rank: int
    reason: str
    place: str
    text: str
    chars: int


@dataclass(slots=True)
class DropSample:
    """The KEPT drops of each reason whose rank is lowest; ranks are hashes, so that is an even sample."""

    _found: dict[str, list[tuple[int, Drop]]] = field(default_factory=dict)

    def add(self, reason: str, place: str, text: str) -> None:
        """Note a dropped document."""
        rank = xxhash.xxh3_64_intdigest(f"{place}\0{text[:200]}".encode("utf-8", "surrogatepass"))
        kept = self._found.setdefault(reason, [])
        if len(kept) < KEPT or rank < -kept[0][0]:
            shown = text[:_SHOWN].encode("utf-8", "replace").decode()
            self._push(kept, Drop(rank, reason, place, shown, len(text)))

    def _push(self, kept: list[tuple[int, Drop]], drop: Drop) -> None:
        heapq.heappush(kept, (-drop.rank, drop))
        if len(kept) > KEPT:
            heapq.heappop(kept)

    def drops(self) -> list[Drop]:
        """All that were drawn, by reason and rank."""
        return sorted(
            (drop for kept in self._found.values() for _, drop in kept), key=lambda d: (d.reason, d)
        )

    def write(self, path: Path) -> None:
        """Write them as JSON lines."""
        write_jsonl(path, self.drops())

    @classmethod
    def merged(cls, paths: Iterable[Path]) -> DropSample:
        """The sample of several samples."""
        sample = cls()
        for path in paths:
            for drop in read_jsonl(path, Drop):
                sample._push(sample._found.setdefault(drop.reason, []), drop)
        return sample
