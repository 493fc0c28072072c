"""Parsed blocks to the entities of the store, sorted and without repeats, in bounded memory.

Parts are sorted by entity, so a range of entity numbers is a slice of each part: the merge goes from range to
range, never holding more than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kg2instruct.wikidata.columns import Array, read_part, runs, starts, take_texts
from kg2instruct.wikidata.packing import (
    INSTANCE_OF,
    ITEM,
    KIND_SHIFT,
    PROPERTY_BIT,
    PROPERTY_SHIFT,
    QUANTITY,
    SUBCLASS_OF,
    TEXT,
    TIME,
)

RANGE_BYTES = 128 << 20
_SAMPLE = 64
_END = 1 << 32

# Columns of one value for each of an entity's claims, names or titles.
_GROUPS = {
    "claim": ("claim_key", "claim_value"),
    "name": ("name_mark", "name_hash"),
    "title": ("title_language", "title_hash"),
}
_TEXTS = ("name", "title")


@dataclass(slots=True)
class Entities:
    """Columns of the entities of one range, by ascending number.

    `starts` has for claims, names and titles where each entity's begin. Values of claims that are not items
    are indices into the tables of this range.
    """

    columns: dict[str, Array]
    starts: dict[str, Array]

    def kinds(self) -> Array:
        """The kind of each claim's value."""
        kinds: Array = self.columns["claim_key"] >> np.uint32(KIND_SHIFT) & np.uint32(3)
        return kinds

    def subjects(self) -> Array:
        """The entity of each claim."""
        return np.repeat(self.columns["id"], np.diff(self.starts["claim"]))


class Merger:
    """Merges the parts of a build; `keep` is a mask over item numbers, None keeps all."""

    def __init__(self, parts: Sequence[Path], *, range_bytes: int = RANGE_BYTES) -> None:
        self._parts = parts
        self._bounds = self._cut_ranges(range_bytes)
        self.redirects = self._read_redirects()
        # Items have lower numbers than this.
        self.item_limit = 1 + max((self._highest_item(part) for part in parts), default=0)

    def _cut_ranges(self, range_bytes: int) -> list[int]:
        """Borders of ranges that hold about `range_bytes` of the parts each."""
        size = sum(part.stat().st_size for part in self._parts)
        if size <= range_bytes:
            return [0, _END]
        sample = np.sort(np.concatenate([read_part(part)[1]["id"][::_SAMPLE] for part in self._parts]))
        count = -(-size // range_bytes)
        inner = sample[np.arange(1, count) * len(sample) // count]
        return [0, *np.unique(inner[inner > 0]).tolist(), _END]

    @staticmethod
    def _highest_item(part: Path) -> int:
        numbers = read_part(part)[1]["id"]
        items = int(np.searchsorted(numbers, np.uint32(PROPERTY_BIT)))
        return int(numbers[items - 1]) if items else 0

    def _read_redirects(self) -> tuple[Array, Array]:
        """Redirected numbers, ascending, and the entities at the end of the way."""
        sources, targets = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
        for part in self._parts:
            columns = read_part(part)[1]
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

    def resolve(self, numbers: Array) -> Array:
        """Entity numbers with redirects followed."""
        return _follow(*self.redirects, numbers)

    def ranges(self, keep: Array | None = None) -> Iterator[Entities]:
        """The entities of all parts, range by range: of each the newest, redirected values resolved."""
        for low, high in zip(self._bounds[:-1], self._bounds[1:], strict=True):
            loaded = self._load(low, high)
            rows = _newest(loaded)
            if keep is not None:
                number = loaded.columns["id"][rows]
                item = number < PROPERTY_BIT
                rows = rows[~item | keep[np.where(item, number, 0)]]
            entities = _select(loaded, rows)
            items = entities.kinds() == ITEM
            entities.columns["claim_value"][items] = self.resolve(entities.columns["claim_value"][items])
            yield entities

    def _load(self, low: int, high: int) -> Entities:
        """The rows of all parts between two numbers, part after part."""
        pieces = [
            piece
            for part in self._parts
            if len((piece := _slice(read_part(part)[1], low, high)).columns["id"])
        ]
        if len(pieces) == 1:
            return pieces[0]
        if not pieces:
            return _slice(read_part(self._parts[0])[1], 0, 0)
        return _concatenate(pieces)


def referenced(merger: Merger, size: int) -> Array:
    """The mask of items below `size` to keep: named ones, their values, and the classes above."""
    keep = np.zeros(size, bool)
    nameless: list[Array] = [np.empty((2, 0), np.uint32)]
    for entities in merger.ranges():
        number = entities.columns["id"]
        named = np.diff(entities.starts["name"]) + np.diff(entities.starts["title"]) > 0
        keep[number[named & (number < PROPERTY_BIT)]] = True
        items = entities.kinds() == ITEM
        of_named = np.repeat(named, np.diff(entities.starts["claim"]))
        values = entities.columns["claim_value"]
        _mark(keep, values[items & of_named])
        _mark(keep, entities.columns["unit"])
        subjects, properties = entities.subjects(), entities.columns["claim_key"] >> np.uint32(PROPERTY_SHIFT)
        upward = items & ((properties == SUBCLASS_OF) | (properties == INSTANCE_OF))
        further = upward & ~of_named
        nameless.append(np.stack([subjects[further], values[further]]))
    # Named items' classes are marked already; only what nameless items belong to is still missing.
    edges = np.concatenate(nameless, axis=1)
    edges = edges[:, (edges[0] < size) & (edges[1] < size)]
    while len(missing := edges[1][keep[edges[0]] & ~keep[edges[1]]]):
        keep[missing] = True
    return keep


def _mark(keep: Array, numbers: Array) -> None:
    keep[numbers[numbers < len(keep)]] = True


def _follow(source: Array, target: Array, numbers: Array) -> Array:
    if not len(source):
        return numbers
    at = np.minimum(np.searchsorted(source, numbers), len(source) - 1)
    return np.where(source[at] == numbers, target[at], numbers)


def _newest(loaded: Entities) -> Array:
    """Rows by number, of each the newest; of equally new ones the later in the input."""
    number = loaded.columns["id"]
    order = np.lexsort(
        (np.arange(len(number)), loaded.columns["modified"], loaded.columns["revision"], number)
    )
    ordered = number[order]
    last: Array = np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]
    return order[last]


def _slice(part: dict[str, Array], low: int, high: int) -> Entities:
    """The rows of a part between two numbers, with all that hangs on them."""
    bounds = np.array([low, min(high, _END - 1)], np.uint32)
    a, b = np.searchsorted(part["id"], bounds).tolist()
    columns = {name: part[name][a:b] for name in ("id", "revision", "modified", "popularity")}
    begins: dict[str, Array] = {}
    for group, names in _GROUPS.items():
        begin = part[f"{group}_start"][a : b + 1]
        c, d = int(begin[0]), int(begin[-1])
        begins[group] = begin - c
        columns |= {name: part[name][c:d] for name in names}
        if group in _TEXTS:
            columns |= _slice_texts(part, group, c, d)
    kinds = columns["claim_key"] >> np.uint32(KIND_SHIFT) & np.uint32(3)
    values = columns["claim_value"].copy()
    for kind, tables in ((TIME, ("time",)), (QUANTITY, ("amount", "unit")), (TEXT, ())):
        used = kinds == kind
        # Values stand in their tables in the order of the claims, so those of a slice are a slice.
        e, f = (int(values[used][0]), int(values[used][-1]) + 1) if used.any() else (0, 0)
        values[used] -= np.uint32(e)
        columns |= {name: part[name][e:f] for name in tables}
        if kind == TEXT:
            columns |= _slice_texts(part, "text", e, f)
    columns["claim_value"] = values
    return Entities(columns, begins)


def _slice_texts(part: dict[str, Array], group: str, a: int, b: int) -> dict[str, Array]:
    offsets = part[f"{group}_offset"][a : b + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    return {f"{group}_offset": offsets - first, f"{group}_text": part[f"{group}_text"][first:last]}


def _concatenate(pieces: list[Entities]) -> Entities:
    """Rows of several parts, one after another."""
    bases = {TIME: 0, QUANTITY: 0, TEXT: 0}
    for piece in pieces:
        kinds = piece.kinds()
        for kind, table in ((TIME, "time"), (QUANTITY, "amount"), (TEXT, "text_offset")):
            piece.columns["claim_value"][kinds == kind] += np.uint32(bases[kind])
            bases[kind] += len(piece.columns[table]) - (kind == TEXT)
    columns: dict[str, Array] = {}
    for name in pieces[0].columns:
        every = [piece.columns[name] for piece in pieces]
        columns[name] = starts(np.concatenate(list(map(np.diff, every)))) if name.endswith("_offset") else (
            np.concatenate(every)
        )  # fmt: skip
    begins = {
        group: starts(np.concatenate([np.diff(piece.starts[group]) for piece in pieces])) for group in _GROUPS
    }
    return Entities(columns, begins)


def _select(loaded: Entities, rows: Array) -> Entities:
    """Some rows, in the order given, with all that hangs on them."""
    columns = {name: loaded.columns[name][rows] for name in ("id", "popularity")}
    begins: dict[str, Array] = {}
    for group, names in _GROUPS.items():
        first, counts = loaded.starts[group][:-1][rows], np.diff(loaded.starts[group])[rows]
        chosen = runs(first, counts)
        begins[group] = starts(counts)
        columns |= {name: loaded.columns[name][chosen] for name in names}
        if group in _TEXTS:
            columns |= _take(loaded, group, chosen)
    selected = Entities(columns, begins)
    kinds, values = selected.kinds(), columns["claim_value"]
    for kind, tables in ((TIME, ("time",)), (QUANTITY, ("amount", "unit")), (TEXT, ())):
        used = kinds == kind
        chosen = values[used]
        columns |= {name: loaded.columns[name][chosen] for name in tables}
        if kind == TEXT:
            columns |= _take(loaded, "text", chosen)
        values[used] = np.arange(len(chosen), dtype=np.uint32)
    return selected


def _take(loaded: Entities, group: str, rows: Array) -> dict[str, Array]:
    offsets, text = take_texts(loaded.columns[f"{group}_offset"], loaded.columns[f"{group}_text"], rows)
    return {f"{group}_offset": offsets, f"{group}_text": text}
