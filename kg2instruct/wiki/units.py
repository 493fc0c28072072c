"""Exports cut into units of work that depend on the inputs alone.

A unit of a plain file or of a bz2 file of many streams is a byte range, read by whoever does the unit. What
can only be read from its beginning (one bz2 stream, gz, zst, a pipe) is read ahead by the planner, and units
carry their pages, so that memory holds as many units as are in flight.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kg2instruct.errors import InputError
from kg2instruct.streams import Source, Stream, open_stream
from kg2instruct.wiki.header import HEAD_BYTES, check_head
from kg2instruct.wiki.multistream import mapped, next_stream, stream_events
from kg2instruct.wiki.splitter import PAGE_OPEN, Break, Event, noting_breaks, section_at, split_pages

UNIT_BYTES = 1 << 22
_BZ2_RATIO = 4  # of wikitext, about
_LONGEST_STREAM = 1 << 26  # a bz2 file without a further stream for so long is read in sequence
_READ_BYTES = 1 << 20
_LONGEST_GAP = 1 << 12

Trouble = tuple[str, str, str]
"""Kind, where and details of a problem, as `Problems.add` takes them."""


@dataclass(frozen=True, slots=True)
class DumpUnit:
    """A piece of an export: a byte range of `file`, or the pages themselves in `data`.

    `name` is `FILE-UNIT`, both numbered from 0. `size` weighs the unit in bytes of its file. `start` and
    `end` are bytes of the file for ranges, of the content for data. `troubles` is what the planner met on its
    way; `whole` says that a range is all of its file.
    """

    name: str
    file: str
    kind: Literal["plain", "bz2", "data"]
    start: int
    end: int
    size: int
    data: bytes = b""
    troubles: tuple[Trouble, ...] = ()
    whole: bool = False


def plan_units(
    paths: Sequence[Source], *, unit_bytes: int = UNIT_BYTES, threads: int = 1
) -> Iterator[DumpUnit]:
    """Cut exports into units of about `unit_bytes` of XML, in order and lazily.

    Raises InputError at once when an input is missing, unreadable, or no MediaWiki export. `threads` beyond
    one decode a bz2 file of one stream in parallel; the units are the same.
    """
    for path in paths:
        if path != "-" and not _is_pipe(path):
            _check_file(path)
    return _plan(paths, max(1, unit_bytes), threads)


def _plan(paths: Sequence[Source], unit_bytes: int, threads: int) -> Iterator[DumpUnit]:
    for number, path in enumerate(paths):
        planner = _Planner(number, path, unit_bytes, threads)
        yield from planner.units()


def _is_pipe(path: Path) -> bool:
    try:
        return path.is_fifo() or path.is_char_device()
    except OSError:
        return False


def _check_file(path: Path) -> None:
    with open_stream(path) as stream:
        try:
            head = stream.read(HEAD_BYTES)
        except InputError:
            if stream.compression == "bz2" and _has_more_streams(path):
                return  # the first stream is damaged, others may be whole
            raise
        check_head(head, str(path))


def _has_more_streams(path: Path) -> bool:
    with mapped(path) as file:
        return next_stream(file, 1, len(file), verify=False) >= 0


class _Planner:
    """Cuts one input."""

    def __init__(self, number: int, path: Source, unit_bytes: int, threads: int) -> None:
        self.number, self.path, self.threads = number, path, threads
        self.file = "standard input" if path == "-" else str(path)
        self.unit_bytes = unit_bytes
        self.count = 0

    def units(self) -> Iterator[DumpUnit]:
        if self.path == "-" or _is_pipe(self.path):
            with open_stream(self.path) as stream:
                yield from self._sequential(_checked(stream, self.file), lambda: stream.consumed)
            return
        with open_stream(self.path) as stream:
            compression = stream.compression
        with mapped(self.path) as file:
            if compression == "plain":
                yield from self._plain(file)
            elif compression == "bz2":
                yield from self._bz2(file)
            else:
                with open_stream(self.path) as stream:
                    yield from self._sequential(_pieces(stream), lambda: stream.consumed)

    def _unit(
        self,
        kind: Literal["plain", "bz2", "data"],
        start: int,
        end: int,
        *,
        size: int | None = None,
        data: bytes = b"",
        troubles: tuple[Trouble, ...] = (),
        whole: bool = False,
    ) -> DumpUnit:
        name = f"{self.number:04d}-{self.count:06d}"
        self.count += 1
        size = end - start if size is None else size
        return DumpUnit(name, self.file, kind, start, end, size, data, troubles, whole)

    def _plain(self, file: mmap.mmap) -> Iterator[DumpUnit]:
        start = 0
        while start < len(file):
            end = _next_border(file, start, start + self.unit_bytes)
            yield self._unit("plain", start, end, whole=end - start == len(file))
            start = end

    def _bz2(self, file: mmap.mmap) -> Iterator[DumpUnit]:
        start, step, size = 0, max(1, self.unit_bytes // _BZ2_RATIO), len(file)
        while start < size:
            end = next_stream(file, start + step, start + step + _LONGEST_STREAM)
            if end < 0 and size - start > (_LONGEST_STREAM if start else 2 * step):
                break
            end = size if end < 0 else end
            yield self._unit("bz2", start, end, whole=end - start == size)
            start = end
        else:
            return
        events = stream_events(file, start, size, self.file)
        if start == 0 and self.threads > 1 and isinstance(self.path, Path):
            events = _decoded_ahead(self.path, self.threads, events)
        yield from self._sequential(events, None)

    def _sequential(self, events: Iterator[Event], consumed: Callable[[], int] | None) -> Iterator[DumpUnit]:
        """Pack pages into units with the gaps between them, so that positions stay true."""
        troubles: list[Trouble] = []

        def note(position: int, kind: str, detail: str) -> None:
            troubles.append((kind, f"{self.file}: byte {position} of the content", detail))

        def damaged(reason: str) -> None:
            troubles.append(("damaged_data", reason, ""))

        data, start, weighed = bytearray(), 0, 0

        def packed() -> DumpUnit:
            nonlocal weighed
            end = start + len(data)
            now = consumed() if consumed else end // _BZ2_RATIO
            weight, weighed = now - weighed, now
            unit = self._unit("data", start, end, size=weight, data=bytes(data), troubles=tuple(troubles))
            data.clear()
            troubles.clear()
            return unit

        for position, blob in split_pages(noting_breaks(events, damaged), note):
            gap = position - start - len(data)
            if data and (len(data) >= self.unit_bytes or gap > _LONGEST_GAP):
                yield packed()
            if not data:
                start, gap = position, 0
            data += b" " * gap + blob
        if not data and not troubles and not self.count:
            troubles.append(("no_page", self.file, ""))
        if data or troubles:
            yield packed()


def _decoded_ahead(path: Path, threads: int, events: Iterator[Event]) -> Iterator[Event]:
    """The same as `events`, decoded by several threads up to the first damage."""
    produced = 0
    with open_stream(path, threads=threads) as stream:
        try:
            while piece := stream.read(_READ_BYTES):
                produced += len(piece)
                yield piece
            return
        except InputError:
            pass
    for event in events:
        if isinstance(event, bytes) and produced:
            produced, event = max(0, produced - len(event)), event[produced:]
        yield event


def _pieces(stream: Stream) -> Iterator[Event]:
    try:
        while piece := stream.read(_READ_BYTES):
            yield piece
    except InputError as error:
        yield Break(str(error))


def _checked(stream: Stream, where: str) -> Iterator[Event]:
    """The pieces of a pipe, whose head could not be checked before."""
    head = stream.read(HEAD_BYTES)
    check_head(head, where)
    yield head
    yield from _pieces(stream)


def _next_border(file: mmap.mmap, start: int, at: int) -> int:
    """Where the first page starts at `at` or later; `start` is known to be outside of comments and CDATA."""
    while found := PAGE_OPEN.search(file, at):
        after = section_at(file, start, found.start())
        if after is None:
            return found.start()
        at = after
    return len(file)
