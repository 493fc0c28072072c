"""Conversion of files: which converter, what is another corpus' file, and the records with all counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kg2instruct.convert.guess import Head
from kg2instruct.convert.mapping import read_mapping
from kg2instruct.convert.registry import CONVERTERS, MAPPED, Converter, mapped_converter
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source, sources
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.records import Example

AUTO = "auto"


def convert(
    corpus: str,
    paths: Sequence[Path],
    report: Report | None = None,
    *,
    mapping: Path | None = None,
    wanted: Callable[[Path], bool] = lambda _: True,
) -> Iterator[Example]:
    """Yield the records of a corpus' files and folders; what is left out is counted in `report`.

    `corpus` is a name of CONVERTERS, `auto`, or `json` or `bio` with a mapping file; of the files those are read
    that are `wanted`. Raises UnknownName for any
    other, ConfigError for a bad mapping, and InputError for a path that does not exist, a named file that is of
    another corpus, and all that a strict report stops at.
    """
    report = report or Report()
    converter = _converter(corpus, mapping)
    found = [x for x in sources(paths, converter.suffixes if converter else ()) if wanted(x.path)]
    return _converted(found, converter, {*paths}, report)


def _converter(corpus: str, mapping: Path | None) -> Converter | None:
    """The converter asked for; None for `auto`."""
    if mapping is not None:
        if corpus not in (MAPPED, "bio"):
            raise ConfigError(f"a mapping file is for the corpora {MAPPED} and bio, not for {corpus}")
        return mapped_converter(read_mapping(mapping, columns=corpus == "bio"))
    if corpus == MAPPED:
        raise ConfigError(f"the corpus {MAPPED} needs a mapping file: --mapping FILE")
    return None if corpus == AUTO else CONVERTERS[corpus]


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
            where, reason = _placed(str(error), source.path)
            report.drop(where, "file", reason)
        report.settle()


def _placed(told: str, path: Path) -> tuple[str, str]:
    """What is wrong with a file, as `file:line` or `file` and the reason."""
    found = re.fullmatch(rf"({re.escape(str(path))}(?::\d+)?): *(.*)", told, re.DOTALL)
    return (found[1], found[2]) if found else (str(path), told)


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
