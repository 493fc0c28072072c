"""How varied the instructions of a data set are, per task and language, in constant memory.

Instructions are compared as they stand, with their labels and, where they hold it, their text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from random import Random
from typing import Any

import xxhash
from rapidfuzz import fuzz

from kg2instruct.records import InstructionRow
from kg2instruct.render.rows import wording_lang

# Of each task and language so many instructions are kept for comparison.
SAMPLE = 200
MOST_DISTINCT = 1_000_000


@dataclass(slots=True)
class _Group:
    rows: int = 0
    templates: set[str] = field(default_factory=set)
    formats: dict[str, int] = field(default_factory=dict)
    distinct: set[int] = field(default_factory=set)
    sample: list[str] = field(default_factory=list)


def diversity(rows: Iterable[InstructionRow], seed: int = 0) -> dict[str, dict[str, Any]]:
    """By `task/language`: rows, distinct instructions, templates, distinct-2, mean similarity, formats.

    distinct-2 is the share of different neighbouring tokens, over a sample of instructions;
    similarity is rapidfuzz's token_set_ratio, from 0 to 1, over the same sample.
    """
    groups: dict[str, _Group] = {}
    draws: dict[str, Random] = {}
    for row in rows:
        key = f"{row.task}/{wording_lang(row)}"
        rng = draws.setdefault(key, Random(f"{seed}:{key}"))
        _add(groups.setdefault(key, _Group()), row, rng)
    return {key: _report(groups[key]) for key in sorted(groups)}


def words(text: str) -> list[str]:
    """Tokens for comparing wordings: words, and each Chinese character for itself."""
    return "".join([f" {x} " if x > "\u2e7f" else x for x in text]).split()


def _add(group: _Group, row: InstructionRow, rng: Random) -> None:
    group.rows += 1
    group.templates.add(row.template)
    group.formats[row.format] = group.formats.get(row.format, 0) + 1
    text = row.instruction
    if len(group.distinct) < MOST_DISTINCT:
        group.distinct.add(xxhash.xxh3_64_intdigest(text.encode()))
    # Reservoir sampling: every row has the same chance, whatever their number.
    if len(group.sample) < SAMPLE:
        group.sample.append(text)
    elif (place := int(rng.random() * group.rows)) < SAMPLE:
        group.sample[place] = text


def _report(group: _Group) -> dict[str, Any]:
    tokens = [words(x) for x in group.sample]
    pairs = [pair for x in tokens for pair in pairwise(x)]
    joined = [" ".join(x) for x in tokens]
    ratios = [fuzz.token_set_ratio(a, b) / 100 for a, b in combinations(joined, 2)]
    return {
        "rows": group.rows,
        "distinct_instructions": len(group.distinct),
        "templates": len(group.templates),
        "distinct_2": round(len(set(pairs)) / len(pairs), 4) if pairs else 0.0,
        "mean_similarity": round(sum(ratios) / len(ratios), 4) if ratios else 0.0,
        "formats": dict(sorted(group.formats.items())),
    }
