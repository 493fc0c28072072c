"""Second stage of a build: which documents stay, and which of them are held out. One process, numbers only.

Memory is about 40 bytes a document; bands and signatures stay in files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from kg2instruct.mix.clusters import Clusters, join_near
from kg2instruct.mix.ngrams import Hashes, mix
from kg2instruct.mix.part import concatenate, load
from kg2instruct.mix.signatures import band_shape
from kg2instruct.mix.table import Table, Texts
from trainer.corpus.recipe import CorpusRecipe

Fates = NDArray[np.uint8]

TRAIN, HELD_OUT, EXACT, NEAR = range(4)
REASONS = {EXACT: "exact duplicate", NEAR: "near-duplicate"}
_ONE_OF = 20  # documents from which on one at least is held out


def starts_of(folder: Path, parts: Sequence[str]) -> NDArray[np.int64]:
    """Where the documents of each part begin among all, and their number."""
    counts = [len(load(folder / f"{part}.texts.npy")) for part in parts]
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def decide(folder: Path, parts: Sequence[str], recipe: CorpusRecipe) -> Fates:
    """The fate of each document of all parts, in their order; of duplicates the first stays."""
    starts = starts_of(folder, parts)
    keys: Hashes = concatenate([load(folder / f"{part}.texts.npy") for part in parts], np.uint64)
    sources = np.repeat(np.array([int(part.split("-")[0]) for part in parts], np.int16), np.diff(starts))
    fates = np.full(len(keys), TRAIN, np.uint8)
    if recipe.dedup.exact or recipe.dedup.near:
        texts = Texts(Table(folder, parts, (), starts))
        numbers = texts.numbers(keys)
        clusters = Clusters.single(len(texts))
        if recipe.dedup.near:
            count, _ = band_shape(recipe.dedup.threshold)
            join_near(clusters, count, texts.band, texts.signatures, recipe.dedup.threshold)
        _keep_first(fates, clusters.labels[numbers], NEAR)
        # Equal ones among what is near are told as equal; they go whether near ones do or not.
        _keep_first(fates, numbers, EXACT)
    seed = np.uint64(xxhash.xxh3_64_intdigest(f"{recipe.seed}:held out".encode()))
    rank = mix(keys ^ seed)
    for number in range(len(recipe.sources)):
        mine = np.flatnonzero((sources == number) & (fates == TRAIN))
        wanted = _held_out(len(mine), recipe.held_out)
        fates[mine[np.argsort(rank[mine], kind="stable")[:wanted]]] = HELD_OUT
    return fates


def _keep_first(fates: Fates, groups: NDArray[np.int64], fate: int) -> None:
    """Of the documents of each group the first stays and the others get `fate`."""
    again = np.ones(len(groups), np.bool_)
    again[np.unique(groups, return_index=True)[1]] = False
    fates[again] = fate


def _held_out(count: int, share: float) -> int:
    return max(round(count * share), int(share > 0 and count >= _ONE_OF))
