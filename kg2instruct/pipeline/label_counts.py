"""A pass over aligned records that counts which labels occur together, before any of them is rendered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kg2instruct.jsonl import atomic_writer, encode, read_jsonl, write_jsonl
from kg2instruct.pipeline.stages import AlignedPart
from kg2instruct.pipeline.units import Tally
from kg2instruct.records import Example
from kg2instruct.render.grounded import grounded
from kg2instruct.render.occurrences import Occurrences

COUNTS = ".counts.json"


@dataclass(slots=True)
class CountLabels:
    """The labels of a part's records, as they will be rendered."""

    def open(self) -> None:
        """Nothing to load."""

    def run(self, unit: AlignedPart, folder: Path) -> Tally:
        """Write the unit's counts to `NAME.counts.json`."""
        found = Occurrences()
        for example in read_jsonl(unit.path, Example):
            found.add(grounded(example))
        write_jsonl(folder / f"{unit.name}{COUNTS}", [found])
        return Tally()


def merge_counts(parts: Iterable[Path], out: Path) -> bool:
    """Add up the counts of all parts in one file; return whether a file of other counts was there before."""
    merged = Occurrences()
    for part in parts:
        merged.merge(msgspec.json.decode(part.read_bytes(), type=Occurrences))
    content = encode(merged)
    changed = out.exists() and out.read_bytes() != content
    with atomic_writer(out) as file:
        file.write(content)
    return changed
