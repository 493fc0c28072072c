"""bz2 files of many streams, read from any stream on, without an index file."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg2instruct.streams import DamagedError, decode, ends_bz2_stream, open_file
from kg2instruct.wiki.splitter import Break, Event, OwnEnd

_STREAM = re.compile(rb"BZh[1-9]1AY&SY")
_STEP = 1 << 12


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """A file as if it were in memory, read only."""
    with open_file(path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def next_stream(file: mmap.mmap, start: int, end: int, *, verify: bool = True) -> int:
    """Position of the first stream that starts at `start` or later and before `end`; -1 when none does.

    With `verify`, only where another stream ends just before.
    """
    for found in _STREAM.finditer(file, start, end):
        at = found.start()
        if not verify or ends_bz2_stream(file[max(0, at - 11) : at]):
            return at
    return -1


def stream_events(file: mmap.mmap, start: int, end: int, where: str) -> Iterator[Event]:
    """Yield the content of the streams that start in `start:end`, an OwnEnd, and what follows in the file.

    A damaged stream is a Break; reading goes on with the next stream. Streams need not end where pages end.
    """
    at = start
    while at >= 0:
        try:
            yield from decode(_blocks(file, at, end), "bz2", where, base=at)
            at = -1
        except DamagedError as error:
            yield Break(str(error))
            at = next_stream(file, error.member + 1, end, verify=False)
    yield OwnEnd()
    try:
        yield from decode(_blocks(file, end, len(file)), "bz2", where, base=end)
    except DamagedError as error:
        yield Break(str(error))


def _blocks(file: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, _STEP):
        yield file[at : min(at + _STEP, end)]
