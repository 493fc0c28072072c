"""Files of a corpus: which ones, in which encoding, line by line.

`sources([Path("corpus/")])` finds the files; `source.lines()` hands out their lines as UTF-8 bytes without
line ends, whatever the encoding (UTF-8 with or without BOM, UTF-16 with
BOM, GB18030), line ends or compression.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kg2instruct.errors import InputError
from kg2instruct.streams import open_stream

_HEAD_BYTES = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Of the lines that are not ASCII, so many must be UTF-8 for a file to be (damaged) UTF-8 and not GB18030:
# lines of GB18030 are hardly ever UTF-8 by chance.
_UTF8_SHARE = 0.5
_PACKED = (".gz", ".bz2", ".zst")


@dataclass(frozen=True)
class Source:
    """A file, and the name that record ids call it by."""

    path: Path
    label: str

    @cached_property
    def head(self) -> bytes:
        """The first bytes of the file's content, as they are."""
        with open_stream(self.path) as stream:
            return stream.read(_HEAD_BYTES)

    @cached_property
    def encoding(self) -> str:
        """`utf-8`, `gb18030`, `utf-16-le` or `utf-16-be`, by the BOM or the lines that are not ASCII."""
        for bom, name in _BOMS:
            if self.head.startswith(bom):
                return name
        if not self.head.isascii():
            return guess_encoding(self.head[: self.head.rfind(b"\n")] if b"\n" in self.head else self.head)
        if len(self.head) < _HEAD_BYTES:
            return "utf-8"
        with open_stream(self.path) as stream:
            while block := stream.read(_HEAD_BYTES):
                if not block.isascii():
                    return guess_encoding(block + stream.readline())
        return "utf-8"

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield line numbers, from 1, and lines; one that is not of the encoding is left as it is."""
        if self.encoding.startswith("utf-16"):
            yield from enumerate((line.rstrip(b"\r") for line in self.content().split(b"\n")), 1)
            return
        gb18030 = self.encoding == "gb18030"
        with open_stream(self.path) as stream:
            for number, line in enumerate(stream, 1):
                line = line.rstrip(b"\r\n")
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                yield number, _to_utf8(line) if gb18030 else line

    def content(self) -> bytes:
        """The whole file as UTF-8 without BOM; what is not of the encoding stays as it is."""
        with open_stream(self.path) as stream:
            data = stream.read()
        if self.encoding == "gb18030":
            return _to_utf8(data)
        if self.encoding.startswith("utf-16"):
            return data[2:].decode(self.encoding, "replace").encode("utf-8", "replace")
        return data.removeprefix(codecs.BOM_UTF8)


def guess_encoding(data: bytes) -> str:
    """`utf-8` or `gb18030`, by how many lines are the one and the other."""
    if _is(data, "utf-8"):
        return "utf-8"
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    good = sum(_is(line, "utf-8") for line in lines)
    if good >= _UTF8_SHARE * len(lines):
        return "utf-8"
    return "gb18030" if sum(_is(line, "gb18030") for line in lines) > good else "utf-8"


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _to_utf8(data: bytes) -> bytes:
    try:
        return data.decode("gb18030").encode()
    except UnicodeDecodeError:
        return data


def sources(paths: Sequence[Path], suffixes: Sequence[str] = ()) -> list[Source]:
    """The files of `paths`, folders searched to the bottom, in name order; each under a name of its own.

    In folders, hidden files are left out, and where any file has one of `suffixes`, all that have none.
    Raises InputError where a path does not exist or a folder holds no file.
    """
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            files = [x for x in sorted(path.rglob("*")) if x.is_file() and not x.name.startswith(".")]
            wanted = [x for x in files if _packed_name(x).endswith(tuple(suffixes))] or files
            if not wanted:
                raise InputError(f"{path}: the folder holds no files; expected those of a corpus")
            found += [(x, "-".join(_bare(x.relative_to(path)).with_suffix("").parts)) for x in wanted]
        elif path.exists():
            found.append((path, _bare(path).stem))
        else:
            raise InputError(f"{path}: no such file or folder")
    return [Source(path, label) for path, label in _distinct(found)]


def _packed_name(path: Path) -> str:
    return _bare(path).name.lower()


def _bare(path: Path) -> Path:
    """The path without the suffix of a compression."""
    return path.with_suffix("") if path.suffix in _PACKED else path


def _distinct(found: list[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    taken: set[str] = set()
    for path, label in found:
        name, parents = label, list(path.absolute().parent.parts[1:])
        while name in taken and parents:
            name = f"{parents.pop()}-{name}"
        number = 2
        while name in taken:
            name, number = f"{label}-{number}", number + 1
        taken.add(name)
        yield path, name
