"""The pages of a unit of an export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg2instruct.records import Page
from kg2instruct.streams import open_file
from kg2instruct.wiki.multistream import mapped, stream_events
from kg2instruct.wiki.page_xml import parse_page
from kg2instruct.wiki.problems import Problems
from kg2instruct.wiki.splitter import Event, noting_breaks, split_pages
from kg2instruct.wiki.units import DumpUnit

_READ_BYTES = 1 << 20


def read_pages(unit: DumpUnit, problems: Problems) -> Iterator[Page]:
    """Yield the pages of a unit in order; what is wrong is counted in `problems`, and reading goes on."""
    for kind, where, detail in unit.troubles:
        problems.add(kind, where, detail)
    here, found = 0, 0

    def note_at(position: int, kind: str, detail: str) -> None:
        problems.add(kind, _place(unit, position), detail)

    def note(kind: str, detail: str) -> None:
        note_at(here, kind, detail)

    events = noting_breaks(_events(unit), lambda reason: problems.add("damaged_data", reason))
    for position, blob in split_pages(events, note_at):
        here, found = position, found + 1
        page = parse_page(blob, note)
        if page is not None:
            yield page
    if not found and unit.whole:
        problems.add("no_page", unit.file)


def _place(unit: DumpUnit, position: int) -> str:
    """Where in its file a byte of the unit's content is."""
    if unit.kind == "bz2":
        return f"{unit.file}: byte {position} of the content from byte {unit.start}"
    of_content = " of the content" if unit.kind == "data" else ""
    return f"{unit.file}: byte {unit.start + position}{of_content}"


def _events(unit: DumpUnit) -> Iterator[Event]:
    if unit.kind == "data":
        yield unit.data
        return
    path = Path(unit.file)
    if unit.kind == "bz2":
        with mapped(path) as content:
            yield from stream_events(content, unit.start, unit.end, unit.file)
        return
    with open_file(path) as file:
        file.seek(unit.start)
        left = unit.end - unit.start
        while left and (piece := file.read(min(left, _READ_BYTES))):
            left -= len(piece)
            yield piece
