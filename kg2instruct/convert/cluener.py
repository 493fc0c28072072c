"""CLUENER 2020: Chinese sentences with entities of ten types; offsets, ends inclusive.

{"text": "…", "label": {"name": {"叶老桂": [[9, 11]]}}}

A type or name of null, as tables of rows have it, is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from kg2instruct.convert.formats.jsonrows import rows
from kg2instruct.convert.place import check
from kg2instruct.convert.report import WRONG_OFFSETS, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention


class Row(msgspec.Struct, gc=False):
    text: str
    label: dict[str, dict[str, list[list[int]] | None] | None]


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of a CLUENER file; entities in the order of the file."""
    for place, row in rows(source, report, Row):
        entities: list[Mention] = []
        for kind, names in row.label.items():
            for name, spans in (names or {}).items():
                for span in spans or ():
                    report.found["entity"] += 1
                    start = check(row.text, name, span[0] if span else None, place, "entity", report)
                    end = None if start is None else start + len(name)
                    if end and span[:1] == [start] and span[1:] != [end - 1]:
                        report.mend(place, "entity", WRONG_OFFSETS, f"{name} at {span}, now until {end - 1}")
                    entities.append(Mention(name, kind, start, end))
        yield Example(place.id("cluener"), "zh", "cluener", None, row.text, tuple(entities))


def export(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """Rows of CLUENER; entities without offsets are left out."""
    for example in examples:
        label: dict[str, dict[str, list[list[int]]]] = {}
        for x in example.entity:
            if x.start is not None and x.end is not None:
                label.setdefault(x.entity_type, {}).setdefault(x.entity, []).append([x.start, x.end - 1])
        yield {"text": example.text, "label": label}


def left_out(example: Example) -> Iterator[Mention]:
    """The entities of a record that rows of CLUENER have no place for."""
    return (x for x in example.entity if x.start is None)
