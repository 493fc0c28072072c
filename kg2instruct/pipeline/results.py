"""What the stages of a build made."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg2instruct.pipeline.units import StageReport, Tally
from kg2instruct.records import Lang


@dataclass(slots=True)
class Results:
    """Files and counts, by language."""

    knowledge: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    failed: dict[str, str] = field(default_factory=dict)
    aligned: dict[Lang, StageReport] = field(default_factory=dict)
    rows: dict[Lang, StageReport] = field(default_factory=dict)
