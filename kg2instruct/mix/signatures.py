"""MinHash signatures of texts (by rensa) and their bands, by which near-duplicates find each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kg2instruct.mix.ngrams import STEP, Hashes, Ngrams, mix

Signatures = NDArray[np.uint32]

VALUES = 128  # in a signature
_SEED = 1
_THREADS = "RAYON_NUM_THREADS"  # read when the first signatures are made
_RECALL = 0.98


def signatures(grams: Ngrams) -> Signatures:
    """A row of VALUES numbers a text: as large a share of two rows agrees as the texts have in common."""
    count = len(grams.starts) - 1
    if not count:
        return np.zeros((0, VALUES), np.uint32)
    from rensa import RMinHash  # loaded in the workers alone

    with _one_thread():
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            grams.hashes, grams.starts.astype(np.uint64), VALUES, _SEED
        )
    flat = np.fromiter(chain.from_iterable(matrix.to_rows()), np.uint32, count * VALUES)
    return flat.reshape(count, VALUES)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep rensa to one thread: a process forked after it began with more would wait for them forever."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before


@cache
def band_shape(threshold: float) -> tuple[int, int]:
    """How many bands, and how many values in each.

    The longest bands by which a pair at the threshold is still found with a chance of 98 in 100.
    """
    for rows in range(VALUES, 1, -1):
        bands = VALUES // rows
        if 1 - (1 - threshold**rows) ** bands >= _RECALL:
            return bands, rows
    return VALUES, 1


def bands(found: Signatures, keys: Hashes, empty: NDArray[np.bool_], threshold: float) -> Hashes:
    """For each band one number a text, equal where the band is; of empty texts no two are alike."""
    count, rows = band_shape(threshold)
    values = found[:, : count * rows].reshape(len(found), count, rows).transpose(2, 1, 0)
    numbers = np.arange(count, dtype=np.uint64)[:, None]
    columns = np.repeat(numbers, len(found), axis=1)
    for row in values:
        columns = mix(columns * STEP + row)
    return np.where(empty, mix(keys + (numbers + np.uint64(1)) * STEP), columns)
