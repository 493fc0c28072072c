"""Conversion of files: which converter, what is another corpus' file, and the records with all counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kg2instruct.convert.guess import Head
from kg2instruct.convert.registry import CONVERTERS, Converter
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source, sources
from kg2instruct.errors import InputError
from kg2instruct.records import Example

AUTO = "auto"


def convert(corpus: str, paths: Sequence[Path], report: Report | None = None) -> Iterator[Example]:
    """Yield the records of a corpus' files and folders; what is left out is counted in `report`.

    `corpus` is a name of CONVERTERS, or `auto`. Raises UnknownName for any other, and InputError for a path
    that does not exist, a named file that is of another corpus, and all that a strict report stops at.
    """
    report = report or Report()
    converter = None if corpus == AUTO else CONVERTERS[corpus]
    found = sources(paths, converter.suffixes if converter else ())
    return _converted(found, converter, {*paths}, report)


def _converted(
    found: list[Source], asked: Converter | None, named: set[Path], report: Report
) -> Iterator[Example]:
    for source in found:
        try:
            converter = choose(source, asked)
            report.files += 1
            for example in converter.read(source, report):
                report.keep(example)
                yield example
        except InputError as error:
            if report.strict or source.path in named:
                raise
            report.drop(source.path, "file", str(error).removeprefix(f"{source.path}:").strip())


def choose(source: Source, asked: Converter | None) -> Converter:
    """The converter for a file: the one asked for, else the one whose files look like it.

    Raises InputError where the file looks like that of another corpus than the one asked for, or like none.
    """
    head = Head(source)
    if asked and asked.looks(head):
        return asked
    for other in CONVERTERS.values():
        if other.looks(head) and not (asked and other.like and other.like == asked.like):
            if asked is None:
                return other
            raise InputError(
                f"{source.path}:1: this looks like {other.title}, not {asked.title}; "
                f"convert it as {other.name}"
            )
    if asked is None:
        names = ", ".join(CONVERTERS)
        raise InputError(f"{source.path}:1: looks like no corpus that is known; name one of: {names}")
    return asked
