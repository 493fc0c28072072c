"""All parts of a mix as one table of rows and one of distinct texts, in recipe order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg2instruct.mix.clusters import Labels
from kg2instruct.mix.ngrams import Hashes
from kg2instruct.mix.part import ROW, concatenate, load
from kg2instruct.mix.signatures import VALUES, Signatures


@dataclass(slots=True)
class Table:
    """The rows of all parts: part i has the rows `starts[i]` to `starts[i + 1]` and is of `sources[i]`."""

    folder: Path
    parts: Sequence[str]
    sources: Sequence[int]
    starts: Labels

    @classmethod
    def open(cls, folder: Path, parts: Sequence[str]) -> Table:
        """Map the parts that are there."""
        counts = [len(load(folder / f"{name}.rows.npy")) for name in parts]
        starts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        return cls(folder, parts, [int(name.split("-")[0]) for name in parts], starts)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def column(self, name: str) -> NDArray[Any]:
        """One number of all rows."""
        columns = [load(self.folder / f"{part}.rows.npy")[name] for part in self.parts]
        return concatenate(columns, ROW[name])

    def source(self) -> NDArray[np.int16]:
        """The number of each row's source."""
        return np.repeat(np.array(self.sources, np.int16), np.diff(self.starts))

    def place(self, rows: Labels) -> tuple[Labels, Labels]:
        """The number of each row's part, and its number therein."""
        part = np.searchsorted(self.starts, rows, "right") - 1
        return part, rows - self.starts[part]

    def labels(self, source: int) -> tuple[Hashes, Labels]:
        """The capped labels of all rows of a source, and where those of each row start."""
        flat, starts, offset = [], [np.zeros(1, np.int64)], 0
        for part, of in zip(self.parts, self.sources, strict=True):
            if of == source:
                flat.append(load(self.folder / f"{part}.labels.npy"))
                starts.append(load(self.folder / f"{part}.label_starts.npy")[1:] + offset)
                offset += len(flat[-1])
        return concatenate(flat, np.uint64), np.concatenate(starts)


class Texts:
    """The distinct texts of all parts, numbered as they first occur; signatures stay in files."""

    def __init__(self, table: Table) -> None:
        self._table = table
        keys = concatenate([load(self._path(part, "texts")) for part in table.parts], np.uint64)
        self._keys, first = np.unique(keys, return_index=True)
        order = np.argsort(first, kind="stable")
        self._numbers = np.empty(len(order), np.int64)
        self._numbers[order] = np.arange(len(order))
        where = np.sort(first)
        counts = [len(load(self._path(part, "texts"))) for part in table.parts]
        self._starts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        self._where = where
        self._bounds = np.searchsorted(where, self._starts)

    def __len__(self) -> int:
        return len(self._keys)

    def keys(self) -> Hashes:
        """The key of each text."""
        keys = np.empty(len(self._keys), np.uint64)
        keys[self._numbers] = self._keys
        return keys

    def numbers(self, keys: Hashes) -> Labels:
        """The number of each text by its key."""
        return self._numbers[np.searchsorted(self._keys, keys)]

    def band(self, number: int) -> Hashes:
        """One band of all texts."""
        found = []
        for i, part in enumerate(self._table.parts):
            chosen = self._where[self._bounds[i] : self._bounds[i + 1]] - self._starts[i]
            found.append(load(self._path(part, "bands"))[number][chosen])
        return concatenate(found, np.uint64)

    def signatures(self, numbers: Labels) -> Signatures:
        """The signatures of some texts."""
        places = self._where[numbers]
        parts = np.searchsorted(self._starts, places, "right") - 1
        rows = np.empty((len(numbers), VALUES), np.uint32)
        for part in np.unique(parts).tolist():
            mine = parts == part
            stored = load(self._path(self._table.parts[part], "minhash"))
            rows[mine] = stored[places[mine] - self._starts[part]]
        return rows

    def _path(self, part: str, name: str) -> Path:
        return self._table.folder / f"{part}.{name}.npy"
