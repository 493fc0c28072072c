"""CMeIE V1 and V2 (CBLUE): Chinese medical sentences with typed relations, in the form of DuIE 2.0.

    {"text": "…", "spo_list": [{"Combined": false, "subject": "…", "subject_type": "疾病", "predicate": "药物治疗",
      "object": {"@value": "…"}, "object_type": {"@value": "药物"}}]}

`Combined` says that a relation follows from several sentences together: `combined` of a record's relation. Texts
of V1 may begin with their heading and an "@".
"""

from __future__ import annotations

from collections.abc import Iterator

from kg2instruct.convert.duie import read_slots
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example


def read(source: Source, report: Report) -> Iterator[Example]:
    """Records of a CMeIE file."""
    return read_slots(source, report, "cmeie")
