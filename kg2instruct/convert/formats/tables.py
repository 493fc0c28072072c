"""Tables: a row a line, cells parted by tabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source


def table(source: Source, report: Report, columns: Sequence[str]) -> Iterator[tuple[Place, list[str]]]:
    """Yield the rows of a file that have all `columns`; others are left out and told."""
    for number, line in source.lines():
        if not line or line.isspace():
            continue
        place = Place(source, number, number)
        try:
            cells = line.decode().split("\t")
        except UnicodeDecodeError as error:
            report.lose(place, "record", f"is not as expected: {error.reason}; expected UTF-8")
            continue
        if len(cells) == len(columns):
            yield place, cells
        else:
            reason = f"is not as expected: {len(cells)} cells; expected {', '.join(columns)}"
            report.lose(place, "record", reason, " | ".join(cells))
