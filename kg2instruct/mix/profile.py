"""What the rows of a dataset look like: lengths, labels, topics, empty answers, repetitions.

Read as a stream; memory holds 24 bytes a row for lengths and 16 for repetitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from kg2instruct.mix.content import content_of
from kg2instruct.mix.ngrams import tokenize
from kg2instruct.pipeline.export import split_files
from kg2instruct.pipeline.parquet import SPLITS
from kg2instruct.records import InstructionRow
from kg2instruct.render.answered import answered_labels
from kg2instruct.render.parquet_rows import row_batches

FIELDS = ("instruction", "input", "output")
UNITS = ("characters", "tokens")
_QUANTILES = (0, 5, 25, 50, 75, 95, 100)


@dataclass(slots=True)
class Profile:
    """Counts of all rows of a dataset.

    `lengths` are by field and unit, one number a row; a token is a Chinese character or a word. `empty` counts
    rows without input, and rows whose answer names nothing; `repeated` rows said before, and texts read by
    rows of more than one split.
    """

    rows: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    lengths: dict[tuple[str, str], NDArray[np.int32]] = field(default_factory=dict)

    def quantiles(self, name: str, unit: str) -> dict[str, int]:
        """Shortest, longest and percentiles between of one field's lengths."""
        lengths = self.lengths[name, unit]
        if not len(lengths):
            return {}
        values = np.percentile(lengths, _QUANTILES).round().astype(int).tolist()
        names = ["min", *(f"p{q}" for q in _QUANTILES[1:-1]), "max"]
        return dict(zip(names, values, strict=True)) | {"mean": round(float(lengths.mean()))}

    def to_json(self) -> dict[str, Any]:
        """Plain data, counts with the largest first."""
        names = ("rows", "tasks", "topics", "languages", "sources", "formats", "labels", "empty", "repeated")
        counts = {name: ordered(getattr(self, name)) for name in names}
        lengths = {f: {u: self.quantiles(f, u) for u in UNITS} for f in FIELDS}
        return counts | {"lengths": lengths}


def ordered(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts with the largest first."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def profile(folder: Path) -> Profile:
    """Look through all rows of a dataset folder. Raises InputError when there are none."""
    files = [(split, path) for split, paths in split_files(folder).items() for path in paths]
    found = Profile(rows=Counter(dict.fromkeys(SPLITS, 0)))
    lengths: dict[tuple[str, str], list[NDArray[np.int32]]] = {(f, u): [] for f in FIELDS for u in UNITS}
    said: set[int] = set()
    sides: dict[int, int] = {}
    for split, path in files:
        for rows in row_batches(path):
            _count(found, split, rows)
            for name in FIELDS:
                texts = [getattr(row, name) for row in rows]
                lengths[name, "characters"].append(np.fromiter(map(len, texts), np.int32, len(texts)))
                lengths[name, "tokens"].append(np.diff(tokenize(texts).starts).astype(np.int32))
            _repetitions(found, SPLITS.index(split), rows, said, sides)
    found.repeated["texts in more than one split"] = sum(side & (side - 1) != 0 for side in sides.values())
    found.lengths = {key: np.concatenate(parts or [np.zeros(0, np.int32)]) for key, parts in lengths.items()}
    return found


def _count(found: Profile, split: str, rows: Sequence[InstructionRow]) -> None:
    found.rows[split] += len(rows)
    for row in rows:
        found.tasks[row.task] += 1
        found.topics[row.cate or "none"] += 1
        found.languages[row.lang] += 1
        found.sources[row.source] += 1
        found.formats[row.format or "none"] += 1
        labels = answered_labels(row)
        found.labels.update(labels or ())
        found.empty["answers that name nothing"] += labels == []
        found.empty["rows without input"] += not row.input


def _repetitions(
    found: Profile, side: int, rows: Sequence[InstructionRow], said: set[int], sides: dict[int, int]
) -> None:
    texts = [content_of(row).text for row in rows]
    for key in tokenize(texts).keys(texts).tolist():
        sides[key] = sides.get(key, 0) | 1 << side
    for row in rows:
        key = xxhash.xxh3_64_intdigest(f"{row.instruction}\0{row.input}\0{row.output}".encode())
        found.repeated["rows said before"] += key in said
        said.add(key)
