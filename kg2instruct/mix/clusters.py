"""Which texts belong together: near-duplicates of each other, and of one document.

Memory is some numbers a text (see `Clusters`); signatures and bands stay in files. Bands are joined one at a
time by sorting, which is the same whatever the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg2instruct.mix.ngrams import Hashes
from kg2instruct.mix.signatures import Signatures

Labels = NDArray[np.int64]

_LEADERS = 50  # with which the texts of one bucket are compared, at most
_PAIRS = 20_000  # compared at once


@dataclass(slots=True)
class Clusters:
    """A label for each text: the smallest number among the texts of its cluster. 8 bytes a text."""

    labels: Labels

    @classmethod
    def single(cls, count: int) -> Clusters:
        """Every text for itself."""
        return cls(np.arange(count, dtype=np.int64))

    def join(self, left: Labels, right: Labels) -> None:
        """Make one cluster of those of `left[i]` and `right[i]`, for every i."""
        while True:
            one, other = self.labels[left], self.labels[right]
            differ = one != other
            if not differ.any():
                return
            high, low = np.maximum(one, other)[differ], np.minimum(one, other)[differ]
            np.minimum.at(self.labels, high, low)
            while (shorter := self.labels[self.labels]).tobytes() != self.labels.tobytes():
                self.labels = shorter


def join_near(
    clusters: Clusters,
    band_count: int,
    band: Callable[[int], Hashes],
    rows: Callable[[Labels], Signatures],
    threshold: float,
) -> int:
    """Join texts that share a band and agree in `threshold` of their signatures; return how many pairs did.

    `band(k)` is the k-th band of all texts, `rows(texts)` are the signatures of some. Every text of a bucket
    is compared with the bucket's first; those unlike it among themselves, and so on.
    """
    joined = 0
    for number in range(band_count):
        members, groups = _buckets(band(number))
        for _ in range(_LEADERS):
            if not len(members):
                break
            leads = np.concatenate(([True], groups[1:] != groups[:-1]))
            leaders = members[leads][np.cumsum(leads) - 1]
            open_pairs = ~leads & (clusters.labels[leaders] != clusters.labels[members])
            alike = ~leads & ~open_pairs
            alike[open_pairs] = _agree(leaders[open_pairs], members[open_pairs], rows, threshold)
            found = alike & open_pairs
            clusters.join(leaders[found], members[found])
            joined += int(found.sum())
            rest = ~leads & ~alike
            members, groups = _repeated(members[rest], groups[rest])
    return joined


def _buckets(column: Hashes) -> tuple[Labels, Labels]:
    """Texts whose number another text has too, bucket after bucket, with the number of the bucket."""
    order = np.argsort(column, kind="stable")
    values = column[order]
    if not len(values):
        return order, order
    groups = np.cumsum(np.concatenate(([0], (values[1:] != values[:-1]).astype(np.int64))))
    return _repeated(order, groups)


def _repeated(members: Labels, groups: Labels) -> tuple[Labels, Labels]:
    if not len(groups):
        return members, groups
    same = groups[1:] == groups[:-1]
    twice = np.concatenate((same, [False])) | np.concatenate(([False], same))
    return members[twice], groups[twice]


def _agree(
    left: Labels, right: Labels, rows: Callable[[Labels], Signatures], threshold: float
) -> NDArray[np.bool_]:
    found = np.zeros(len(left), np.bool_)
    for start in range(0, len(left), _PAIRS):
        part = slice(start, start + _PAIRS)
        found[part] = (rows(left[part]) == rows(right[part])).mean(axis=1) >= threshold
    return found
