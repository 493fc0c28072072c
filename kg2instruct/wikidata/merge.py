"""Parsed blocks to the entities of the store, sorted and without repeats, in bounded memory.

Parts are sorted by entity, so a range of entity numbers is a slice of each part: the merge goes from range to
range, never holding more than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kg2instruct.wikidata.columns import Array, read_part
from kg2instruct.wikidata.packing import INSTANCE_OF, ITEM, PROPERTY_BIT, PROPERTY_SHIFT, SUBCLASS_OF
from kg2instruct.wikidata.tables import EVERY, Table, concatenate, cut, kinds, newest, owners, select

RANGE_BYTES = 512 << 20
# A process may map some ten thousand files; of more parts than this, pieces are copied.
MAX_MAPPED = 1000
_SAMPLE = 64
_END = 1 << 32


class Merger:
    """Merges the parts of a build, about `range_bytes` of them at a time."""

    def __init__(self, parts: Sequence[Path], *, range_bytes: int = RANGE_BYTES) -> None:
        self._parts = parts
        self._bounds = self._cut_ranges(range_bytes)
        self.redirects = self._read_redirects()
        # Items have lower numbers than this.
        self.item_limit = 1 + max((self._highest_item(part) for part in parts), default=0)

    def _cut_ranges(self, range_bytes: int) -> list[int]:
        size = sum(part.stat().st_size for part in self._parts)
        if size <= range_bytes:
            return [0, _END]
        sample = np.sort(np.concatenate([read_part(part)["id"][::_SAMPLE] for part in self._parts]))
        count = -(-size // range_bytes)
        inner = sample[np.arange(1, count) * len(sample) // count]
        return [0, *np.unique(inner[inner > 0]).tolist(), _END]

    @staticmethod
    def _highest_item(part: Path) -> int:
        numbers = read_part(part)["id"]
        items = int(np.searchsorted(numbers, np.uint32(PROPERTY_BIT)))
        return int(numbers[items - 1]) if items else 0

    def _read_redirects(self) -> tuple[Array, Array]:
        """Redirected numbers, ascending, and the entities at the end of the way; the last line wins."""
        sources, targets = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
        for part in self._parts:
            columns = read_part(part)
            sources.append(columns["redirect_from"])
            targets.append(columns["redirect_to"])
        source, last = np.unique(np.concatenate(sources)[::-1], return_index=True)
        target = np.concatenate(targets)[::-1][last]
        for _ in range(16):  # chains are short; what goes in circles stays where it is
            further = _follow(source, target, target)
            if np.array_equal(further, target):
                break
            target = further
        return source, target

    def ranges(self, keep: Array | None = None, groups: Sequence[str] = EVERY) -> Iterator[Table]:
        """The entities of all parts, range by range: of each the newest, values with redirects followed.

        `keep` is a mask over item numbers; None keeps all.
        """
        for low, high in zip(self._bounds[:-1], self._bounds[1:], strict=True):
            pieces = [self._cut(part, low, high, groups) for part in self._parts]
            table = concatenate([piece for piece in pieces if len(piece["id"])] or pieces[:1])
            rows = newest(table)
            if keep is not None:
                number = table["id"][rows]
                item = number < PROPERTY_BIT
                rows = rows[~item | keep[np.where(item, number, 0)]]
            table = select(table, rows, groups)
            if "claim" in groups and len(self.redirects[0]):
                items = kinds(table) == ITEM
                table["claim_value"][items] = _follow(*self.redirects, table["claim_value"][items])
            yield table

    def _cut(self, part: Path, low: int, high: int, groups: Sequence[str]) -> Table:
        piece = cut(read_part(part), low, high, groups)
        if len(self._parts) <= MAX_MAPPED:
            return piece
        return {name: column.copy() for name, column in piece.items()}


def referenced(merger: Merger) -> Array | None:
    """The mask of items to keep: named ones, their values and units, and the classes above; None for all."""
    if all(bool(table["named"].all()) for table in merger.ranges(groups=())):
        return None
    size = merger.item_limit
    keep = np.zeros(size, bool)
    upward = [np.empty((2, 0), np.uint32)]
    for table in merger.ranges(groups=("claim",)):
        _mark(keep, table["id"][table["named"]])
        _mark(keep, table["unit"])
        upward.append(_mark_values(keep, table))
    # What named items belong to is marked; what the other marked ones belong to is still missing.
    edges = np.concatenate(upward, axis=1)
    edges = edges[:, (edges[0] < size) & (edges[1] < size)]
    while len(missing := edges[1][keep[edges[0]] & ~keep[edges[1]]]):
        keep[missing] = True
    return keep


def _mark_values(keep: Array, table: Table) -> Array:
    """Mark the values of named items; return the classes of the others as pairs of item and class."""
    of_named = np.repeat(table["named"], np.diff(table["claim_start"]))
    items, values = kinds(table) == ITEM, table["claim_value"]
    _mark(keep, values[items & of_named])
    properties = table["claim_key"] >> np.uint32(PROPERTY_SHIFT)
    further = items & ~of_named & ((properties == SUBCLASS_OF) | (properties == INSTANCE_OF))
    return np.stack([owners(table, "claim")[further], values[further]])


def _mark(keep: Array, numbers: Array) -> None:
    keep[numbers[numbers < len(keep)]] = True


def _follow(source: Array, target: Array, numbers: Array) -> Array:
    if not len(source):
        return numbers
    at = np.minimum(np.searchsorted(source, numbers), len(source) - 1)
    return np.where(source[at] == numbers, target[at], numbers)
