"""Records as JSON lines: streaming in, written aside and renamed when whole."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from kg2instruct.errors import InputError, OutputError
from kg2instruct.streams import open_stream

T = TypeVar("T")


def encode(record: Any) -> bytes:
    """One record as compact UTF-8 JSON with a newline; fields in the order of the record type."""
    return msgspec.json.encode(record) + b"\n"


def open_binary(path: Path) -> IO[bytes]:
    """Open plain, compressed by its suffix too, for reading; raises OSError, or InputError where it is damaged."""
    return open_stream(path) if path.suffix in (".zst", ".gz", ".bz2") else path.open("rb")


def read_jsonl(
    path: Path, record_type: type[T], *, bad: Callable[[InputError], None] | None = None
) -> Iterator[T]:
    """Yield the records of a file, plain or compressed.

    Raises InputError with file and line at the first line that is not such a record; `bad` is given it instead,
    where it is set, and the line is left out.
    """
    decoder = msgspec.json.Decoder(record_type)
    for number, line in read_lines(path):
        try:
            yield decode_line(decoder, path, number, line)
        except InputError as wrong:
            if bad is None:
                raise
            bad(wrong)


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not empty, with their numbers; raises InputError where it cannot be read.

    A byte order mark, with which some programs begin UTF-8, is no part of the first.
    """
    try:
        with open_binary(path) as lines:
            for number, line in enumerate(lines, 1):
                line = line.removeprefix(BOM_UTF8) if number == 1 else line
                if line.strip():
                    yield number, line
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def decode_line(decoder: msgspec.json.Decoder[T], path: Path, number: int, line: bytes) -> T:
    """The record of a line; raises InputError with file and line where it is none."""
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}:{number}: is no {decoder.type.__name__} record: {error}") from error


@contextmanager
def atomic_writer(path: Path, *, as_it_is: bool = False) -> Iterator[IO[bytes]]:
    """A binary file that appears under `path` only when whole; .zst and .gz by suffix, unless `as_it_is`.

    Raises OutputError when the disk is full or the folder cannot be written.
    """
    aside = path.with_name(f".{path.name}.tmp{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as raw:
            if as_it_is:
                yield raw
            elif path.suffix == ".zst":
                import zstandard

                with zstandard.ZstdCompressor(level=3).stream_writer(raw, closefd=False) as out:
                    yield out
            elif path.suffix == ".gz":
                import gzip

                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as out:
                    yield out  # type: ignore[misc]
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        aside.replace(path)
    except OSError as error:
        _remove(aside)
        raise OutputError(f"{path}: {error.strerror or error}") from error
    except BaseException:
        _remove(aside)
        raise


def _remove(path: Path) -> None:
    with suppress(OSError):  # what went wrong before is told, not this
        path.unlink()


def write_jsonl(path: Path, records: Iterable[Any]) -> int:
    """Write records to `path`, whole or not at all; return how many."""
    count = 0
    with atomic_writer(path) as out:
        for record in records:
            out.write(encode(record))
            count += 1
    return count
