"""Sorting of more records than fit into memory: spill them, cut them by key, sort piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from kg2instruct.wikidata.columns import Array

PIECE_BYTES = 64 << 20
_BINS = 1 << 20


class Spill:
    """Records of a structured type, collected in any order and given back in pieces of ascending key.

    `key` is an unsigned field of the type, `key_bits` how many bits of it are in use; all records of one key
    come in the same piece, sorted by `order` (a function giving the sorting permutation). Memory is bounded
    by a few pieces of `piece_bytes`, unless a single key has more records than that.
    """

    def __init__(
        self,
        path: Path,
        dtype: np.dtype[np.void],
        order: Callable[[Array], Array],
        *,
        key: str,
        key_bits: int,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        self._path, self._dtype, self._order, self._key = path, dtype, order, key
        self._shift = max(0, key_bits - 20)
        self._piece_bytes = piece_bytes
        self._bins = np.zeros(_BINS + 1, np.int64)
        self._held: list[Array] = []
        self._spilled = False

    def add(self, records: Array) -> None:
        """Take some records."""
        if not len(records):
            return
        self._held.append(records)
        if sum(block.nbytes for block in self._held) > self._piece_bytes:
            self._flush()

    def _flush(self) -> None:
        with self._path.open("ab" if self._spilled else "wb") as out:
            for records in self._held:
                self._bins += np.bincount(self._bin(records), minlength=_BINS + 1)
                out.write(np.ascontiguousarray(records).data.cast("B"))
        self._held.clear()
        self._spilled = True

    def _bin(self, records: Array) -> Array:
        keys = records[self._key]
        bins: Array = np.minimum(keys >> keys.dtype.type(self._shift), _BINS).astype(np.int64)
        return bins

    def pieces(self) -> Iterator[Array]:
        """All records, sorted, piece by piece; the files are removed on the way."""
        if not self._spilled:
            records = np.concatenate(self._held) if self._held else np.empty(0, self._dtype)
            self._held.clear()
            yield records[self._order(records)]
            return
        self._flush()
        for path in self._distribute():
            records = np.fromfile(path, self._dtype)
            path.unlink()
            yield records[self._order(records)]

    def _distribute(self) -> list[Path]:
        """Cut the spilled records by key into files of about a piece."""
        filled = np.cumsum(self._bins) * self._dtype.itemsize
        piece_of_bin = (filled - self._bins * self._dtype.itemsize) // self._piece_bytes
        _, piece_of_bin = np.unique(piece_of_bin, return_inverse=True)
        count = int(piece_of_bin[-1]) + 1
        paths = [self._path.with_name(f"{self._path.name}.{number:05d}") for number in range(count)]
        for path in paths:
            path.write_bytes(b"")
        step = max(1, self._piece_bytes // self._dtype.itemsize)
        with self._path.open("rb") as spilled:
            while len(records := np.fromfile(spilled, self._dtype, step)):
                pieces = piece_of_bin[self._bin(records)]
                order = np.argsort(pieces, kind="stable")
                bounds = np.searchsorted(pieces[order], np.arange(count + 1)).tolist()
                for path, a, b in zip(paths, bounds[:-1], bounds[1:], strict=True):
                    if b > a:
                        with path.open("ab") as out:
                            out.write(records[order[a:b]].data.cast("B"))
        self._path.unlink()
        return paths
