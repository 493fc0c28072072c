"""The second stage of mixing: which rows stay, on which side, in which order. One process, over numbers only.

Rows are gone through in recipe order. Left out are, one after the other: what stands in evaluation sets; rows
said before; near-duplicates of what an earlier row asks; labels over their cap; what the counts do not ask
for. Everything random is drawn from the seed and a row's content, so a row's fate does not depend on files,
workers or interruptions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from kg2instruct.mix.clusters import Clusters, Labels, join_near
from kg2instruct.mix.ngrams import STEP, Hashes, mix
from kg2instruct.mix.part import NO_SIDE, SIDES
from kg2instruct.mix.recipe import Recipe
from kg2instruct.mix.signatures import band_shape
from kg2instruct.mix.table import Table, Texts
from kg2instruct.mix.targets import asked_of, targets

ORDER = np.dtype([("part", "<u4"), ("row", "<u4"), ("side", "u1")])

REASONS = (
    "kept",
    "overlaps an evaluation set",
    "exact duplicate",
    "near-duplicate",
    "label over its cap",
    "beyond the number asked for",
)
KEPT, CONTAMINATED, EXACT, NEAR, CAPPED, SAMPLED = range(len(REASONS))


@dataclass(slots=True)
class Decision:
    """The rows that stay, in the order in which they are written, and why the others do not.

    `fates` counts rows by source and reason; `clusters` says how texts hang together.
    """

    order: NDArray[Any]
    fates: dict[int, dict[str, int]] = field(default_factory=dict)
    targets: dict[int, int] = field(default_factory=dict)
    clusters: dict[str, int] = field(default_factory=dict)


def decide(table: Table, recipe: Recipe) -> Decision:
    """Decide about all rows."""
    fate = np.zeros(len(table), np.uint8)
    fate[table.column("contaminated")] = CONTAMINATED
    texts = Texts(table)
    numbers = texts.numbers(table.column("text"))
    clusters = Clusters.single(len(texts))
    if recipe.dedup.near:
        count, _ = band_shape(recipe.dedup.threshold)
        join_near(clusters, count, texts.band, texts.signatures, recipe.dedup.threshold)
    if recipe.dedup.exact or recipe.dedup.near:
        _said_before(fate, table)
        _near_duplicates(fate, table, clusters.labels[numbers])
    decision = Decision(np.zeros(0, ORDER), clusters=_told(clusters, texts))
    sources = table.source()
    priority = mix(table.column("row") + mix(table.column("id") + np.uint64(_seed(recipe, "rows"))))
    for number in sorted(set(table.sources)):
        _cap(fate, np.flatnonzero(sources == number), priority, table, recipe, number)
    available = {
        x: int(((sources == x) & (fate == KEPT)).sum()) for x in sorted({*table.sources, *_asked(recipe)})
    }
    decision.targets = targets(recipe, available)
    for number, count in decision.targets.items():
        _sample(fate, np.flatnonzero((sources == number) & (fate == KEPT)), priority, count)
    for number in available:
        counts = np.bincount(fate[sources == number], minlength=len(REASONS))
        decision.fates[number] = {x: int(n) for x, n in zip(REASONS, counts, strict=True) if n}
    kept = np.flatnonzero(fate == KEPT)
    side = _sides(table, texts, numbers, clusters, recipe, decision)
    kept = kept[np.argsort(mix(priority[kept] + STEP), kind="stable")]
    decision.order = np.zeros(len(kept), ORDER)
    decision.order["part"], decision.order["row"] = table.place(kept)
    decision.order["side"] = side[kept]
    return decision


def _asked(recipe: Recipe) -> list[int]:
    return [i for i, spec in enumerate(recipe.sources) if asked_of(spec, recipe)]


def _seed(recipe: Recipe, what: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{recipe.seed}:{what}".encode())


def _said_before(fate: NDArray[np.uint8], table: Table) -> None:
    """Rows whose instruction, input and output are those of an earlier row."""
    rows = np.flatnonzero(fate == KEPT)
    fate[rows[~_firsts(table.column("row")[rows])]] = EXACT


def _near_duplicates(fate: NDArray[np.uint8], table: Table, cluster: Labels) -> None:
    """Rows that ask of a text what a row of another record asks of it, or of one nearly the same.

    The rows of one record may ask for different labels of one kind; where rows do not tell their record, so
    may rows on the same text, if the labels differ.
    """
    rows = np.flatnonzero(fate == KEPT)
    kind = table.column("kind")[rows]
    record = table.column("record")[rows]
    _, first, group = np.unique(
        mix(cluster[rows].astype(np.uint64) * STEP + kind), return_index=True, return_inverse=True
    )
    other = record != record[first][group]
    again = ~_firsts(mix(mix(record + kind) * STEP + table.column("question")[rows]))
    fate[rows[other | again]] = NEAR


def _firsts(keys: Hashes) -> NDArray[np.bool_]:
    """Which of the keys are the first of their value."""
    found = np.zeros(len(keys), np.bool_)
    found[np.unique(keys, return_index=True)[1]] = True
    return found


def _cap(
    fate: NDArray[np.uint8], rows: Labels, priority: Hashes, table: Table, recipe: Recipe, number: int
) -> None:
    """Leave out rows all of whose labels have had as many rows as they may."""
    spec = recipe.sources[number]
    if not (spec.cap or spec.caps):
        return
    flat, starts = table.labels(number)
    limits = {xxhash.xxh3_64_intdigest(label.encode()): limit for label, limit in spec.caps.items()}
    left: dict[int, float] = {}
    default = float(spec.cap or np.inf)
    for place in np.argsort(priority[rows], kind="stable").tolist():
        if fate[rows[place]] != KEPT:
            continue
        labels = flat[starts[place] : starts[place + 1]].tolist()
        for label in labels:
            left.setdefault(label, float(limits.get(label, default)))
        if labels and not any(left[label] > 0 for label in labels):
            fate[rows[place]] = CAPPED
            continue
        for label in labels:
            left[label] -= 1


def _sample(fate: NDArray[np.uint8], rows: Labels, priority: Hashes, count: int) -> None:
    """Keep `count` rows drawn by their priority."""
    if count < len(rows):
        fate[rows[np.argsort(priority[rows], kind="stable")[count:]]] = SAMPLED


def _sides(
    table: Table, texts: Texts, numbers: Labels, clusters: Clusters, recipe: Recipe, decision: Decision
) -> NDArray[np.uint8]:
    """The split of each row: one for all texts that hang together by likeness or by a document.

    Where rows came with a side, the strictest of their group holds (test, then validation).
    """
    groups = Clusters(clusters.labels.copy())
    documents = table.column("document")
    order = np.argsort(documents, kind="stable")
    same = documents[order][1:] == documents[order][:-1]
    groups.join(numbers[order][:-1][same], numbers[order][1:][same])
    place = mix(texts.keys()[groups.labels] ^ np.uint64(_seed(recipe, "split"))) / 2.0**64
    side = np.full(len(texts), SIDES["train"], np.uint8)
    side[place < recipe.split.test + recipe.split.validation] = SIDES["validation"]
    side[place < recipe.split.test] = SIDES["test"]
    told = table.column("side")
    known = told != NO_SIDE
    strictest = np.full(len(texts), -1, np.int16)
    np.maximum.at(strictest, groups.labels[numbers[known]], told[known].astype(np.int16))
    told_group = strictest[groups.labels]
    side = np.where(told_group >= 0, told_group, side).astype(np.uint8)
    sizes = np.bincount(groups.labels, minlength=1)
    decision.clusters |= {"groups": int((sizes > 0).sum()), "texts in the largest group": int(sizes.max())}
    return side[numbers] if len(numbers) else np.zeros(0, np.uint8)


def _told(clusters: Clusters, texts: Texts) -> dict[str, int]:
    sizes = np.bincount(clusters.labels, minlength=1)
    return {
        "texts": len(texts),
        "clusters of texts": int((sizes > 0).sum()),
        "texts in the largest cluster": int(sizes.max()),
    }
