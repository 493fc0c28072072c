"""Samples packed into rows of one length, in an order that can be entered at any row.

Positions of the mixing order are taken in windows; the samples of a window are packed into rows (best fit,
longest first) and the rows shuffled. What is in a row follows from seed and row number alone, so a run goes on
exactly where it was, also with another number of processes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WINDOW = 4096  # positions packed together
IGNORED = -100

Row = list[int]  # positions


def pack(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Numbers of samples by row, so that no row is longer than `room`; each sample is in one row.

    The longest comes first into the fullest row that has room for it. Raises ValueError for a sample longer
    than a row.
    """
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # room left and row, in order
    for number in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        length = lengths[number]
        if length > room:
            raise ValueError(f"a sample of {length} tokens does not fit into a row of {room}")
        at = bisect_left(free, (length, -1))
        if at == len(free):
            rows.append([number])
            left, row = room - length, len(rows) - 1
        else:
            left, row = free.pop(at)
            rows[row].append(number)
            left -= length
        if left:
            insort(free, (left, row))
    return rows


def join(samples: Sequence[NDArray[Any]], length: int, pad: int) -> dict[str, NDArray[np.int64]]:
    """One row of samples: ids, labels, and positions that begin anew with every sample.

    The first token of a sample has no label: what stands before it is another text. Padding counts as a text
    of its own.
    """
    ids = np.full(length, pad, np.int64)
    labels = np.full(length, IGNORED, np.int64)
    positions = np.zeros(length, np.int64)
    at = 0
    for sample in samples:
        end = at + len(sample)
        ids[at:end] = sample
        labels[at + 1 : end] = sample[1:]
        positions[at:end] = np.arange(len(sample))
        at = end
    positions[at:] = np.arange(length - at)
    return {"input_ids": ids, "labels": labels, "position_ids": positions}


@dataclass(slots=True)
class Spot:
    """A window and the number of rows before it."""

    window: int = 0
    rows_before: int = 0


class RowStream:
    """Rows of a mixture, without end. `spot` lets a later run find a row without packing all before it."""

    def __init__(
        self, mixture: Any, length: int, *, seed: int, packed: bool, spot: Spot | None = None
    ) -> None:
        self.mixture, self.length, self.seed, self.packed = mixture, length, seed, packed
        self.spot = spot or Spot()
        self._rows: list[Row] | None = None

    def row(self, number: int) -> Row:
        """The positions that make up a row; rows are to be asked for in order, or from the beginning again."""
        if number < self.spot.rows_before:
            self.spot, self._rows = Spot(), None
        while True:
            if self._rows is None:
                self._rows = self.window(self.spot.window)
            inside = number - self.spot.rows_before
            if inside < len(self._rows):
                return self._rows[inside]
            self.spot = Spot(self.spot.window + 1, self.spot.rows_before + len(self._rows))
            self._rows = None

    def window(self, number: int) -> list[Row]:
        """All rows of a window."""
        first = number * WINDOW
        if not self.packed:
            return [[position] for position in range(first, first + WINDOW)]
        sources, samples = self.mixture.order.at(np.arange(first, first + WINDOW))
        found = zip(sources.tolist(), samples.tolist(), strict=True)
        rows = pack([len(self.mixture.samples[source][sample]) for source, sample in found], self.length)
        order = np.random.default_rng((self.seed, number)).permutation(len(rows))
        return [[first + i for i in rows[j]] for j in order.tolist()]

    def rows_of_pass(self) -> float:
        """About how many rows one pass over the mixture has; from its first windows."""
        windows = min(16, -(-len(self.mixture) // WINDOW))
        counted = sum(len(self.window(i)) for i in range(windows))
        return counted / (windows * WINDOW) * len(self.mixture)

    def batches(
        self, first_row: int, micro: int, rank: int, processes: int, pad: int
    ) -> Iterator[dict[str, Any]]:
        """This process's micro-batches from a row on: `micro` rows each, processes take turns."""
        start = first_row + rank * micro
        while True:
            rows = [
                join([self.mixture[position] for position in self.row(number)], self.length, pad)
                for number in range(start, start + micro)
            ]
            yield {key: np.stack([row[key] for row in rows]) for key in rows[0]}
            start += micro * processes


def held_out_rows(samples: Sequence[NDArray[Any]], length: int) -> list[list[int]]:
    """All samples of a held-out set, packed in their order within windows."""
    rows: list[list[int]] = []
    for first in range(0, len(samples), WINDOW):
        lengths = [len(samples[i]) for i in range(first, min(first + WINDOW, len(samples)))]
        rows += [[first + i for i in row] for row in pack(lengths, length)]
    return rows
