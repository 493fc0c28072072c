"""The sources of a recipe as units of work that depend on their files alone, and the documents of a unit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import open_binary
from kg2instruct.mix.data_files import files_of, plain_suffix
from kg2instruct.mix.records import Bad, Extent, extents, lines, read_dicts
from kg2instruct.pipeline.units import Tally
from kg2instruct.streams import DamagedError
from kg2instruct.wiki.article import BETWEEN_HEADINGS, WikiOptions, parse_article
from kg2instruct.wiki.dump import DumpUnit, Problems, plan_units, read_pages
from trainer.corpus.languages import language_name, language_of_path
from trainer.corpus.recipe import SourceSpec

ROW_FILES = (".parquet", ".jsonl", ".json", ".ndjson")
TEXT_FILES = (".txt", ".text", ".md")
_WIKI_FILES = (".xml",)
_GROUP_BYTES = 8 << 20  # of small files, in one unit
_LARGEST_FILE = 64 << 20  # a document by itself; beyond it, it is no document
_LARGEST_CODE = 1 << 20
_MOST_NULS = 0.01  # a stray one is no harm
_NO_CODE = frozenset(
    {".git", ".hg", ".svn", "node_modules", "vendor", "third_party", "__pycache__", "dist", ".venv"}
)
# Fields of published code data: The Stack, StarCoder, CodeParrot.
_CODE_FIELDS = {
    "text": ("content", "text", "code"),
    "path": ("path", "max_stars_repo_path", "file_path", "filename"),
    "language": ("language", "lang", "programming_language"),
}


class Document(NamedTuple):
    """A document as its source has it; `place` is where: `file:line`, a file, a page."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceUnit:
    """A piece of a source: lines or rows of a file, whole files, or pages of a dump."""

    name: str
    source: int
    size: int
    extent: Extent | None = None
    files: tuple[Path, ...] = ()
    dump: DumpUnit | None = None
    most: int | None = None
    """Take so many documents, where the source has a limit."""


def source_units(number: int, spec: SourceSpec, *, threads: int = 1) -> Iterator[SourceUnit]:
    """The units of one source, in order, the same for the same files; with a limit, those that hold its documents.

    Raises ConfigError where there are none.
    """
    units = _units(number, spec, threads)
    return units if spec.limit is None else _leading(units, spec, spec.limit)


def _leading(units: Iterator[SourceUnit], spec: SourceSpec, left: int) -> Iterator[SourceUnit]:
    """The units that hold the first documents: these are read twice, and nothing behind them is read at all."""
    for unit in units:
        if not left:
            return
        count = sum(1 for _ in islice(documents(unit, spec, Tally()), left))
        left -= count
        yield replace(unit, most=count)


def _units(number: int, spec: SourceSpec, threads: int) -> Iterator[SourceUnit]:
    if spec.kind == "wikipedia":
        pages = plan_units(list(source_files(spec)), threads=threads)
        for i, dump in enumerate(pages):
            yield SourceUnit(f"{number:03d}-{i:07d}", number, dump.size, dump=dump)
        return
    count = 0
    group: list[Path] = []
    for path in source_files(spec):
        if spec.kind == "rows" or (spec.kind == "code" and plain_suffix(path) in ROW_FILES):
            pieces = list(extents(path))
        elif spec.kind == "text" and spec.document != "file":
            pieces = list(extents(path)) if spec.document == "line" else [Extent(path)]
        else:
            group.append(path)
            if _size(group) >= _GROUP_BYTES:
                yield SourceUnit(f"{number:03d}-{count:07d}", number, _size(group), files=tuple(group))
                count, group = count + 1, []
            continue
        for extent in pieces:
            yield SourceUnit(f"{number:03d}-{count:07d}", number, extent.size, extent)
            count += 1
    if group:
        yield SourceUnit(f"{number:03d}-{count:07d}", number, _size(group), files=tuple(group))


def _size(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def source_files(spec: SourceSpec) -> list[Path]:
    """The files of a source, in order. Raises ConfigError where there are none."""
    if spec.kind == "code":
        found = [path for name in spec.path for path in _code_files(Path(name), spec)]
        expected = "files of " + (", ".join(spec.languages) or "programming languages")
    else:
        suffixes = {"rows": ROW_FILES, "text": TEXT_FILES, "wikipedia": _WIKI_FILES}[spec.kind]
        found, expected = files_of(spec.path, suffixes), f"files {', '.join(suffixes)}"
    if not found:
        raise ConfigError(f"source {spec.name}: nothing in {', '.join(spec.path)}; expected {expected}")
    return found


def _code_files(path: Path, spec: SourceSpec) -> Iterator[Path]:
    """Files of code below a folder, without what others wrote or tools made; a named file is taken as it is.

    JSON lines inside of a repository are data of its own; those that hold code are named one by one (`*.jsonl`).
    """
    if not path.is_dir():
        yield path
        return
    for entry in sorted(path.iterdir()):
        if entry.is_symlink() or entry.name in _NO_CODE:
            continue
        if entry.is_dir():
            yield from _code_files(entry, spec)
        elif (
            entry.is_file()
            and (language := language_of_path(entry))
            and (not spec.languages or language in spec.languages)
        ):
            yield entry


def documents(unit: SourceUnit, spec: SourceSpec, tally: Tally) -> Iterator[Document]:
    """The documents of a unit. What cannot be read is counted, with where it is, and reading goes on."""
    return islice(_up_to_damage(_documents(unit, spec, tally), spec, tally), unit.most)


def _up_to_damage(found: Iterator[Document], spec: SourceSpec, tally: Tally) -> Iterator[Document]:
    """All that stands before the place from which on a packed file cannot be unpacked."""
    try:
        yield from found
    except DamagedError as error:
        _bad(tally, spec, "damaged file", str(error))


def _documents(unit: SourceUnit, spec: SourceSpec, tally: Tally) -> Iterator[Document]:
    if unit.dump is not None:
        return _articles(unit.dump, spec, tally)
    if unit.extent is None:
        return _whole_files(unit, spec, tally)
    if spec.kind == "text":
        blocks = _blocks(unit.extent) if spec.document == "blank" else _lines(unit.extent)
        return _decoded(blocks, spec, tally)
    return _rows(unit.extent, spec, tally)


def _lines(extent: Extent) -> Iterator[tuple[str, bytes]]:
    try:
        for place, line in lines(extent):
            if line.strip():
                yield place, line
    except (OSError, EOFError) as error:
        raise InputError(f"{extent.path}: cannot be read: {error}") from error


def _blocks(extent: Extent) -> Iterator[tuple[str, bytes]]:
    block: list[bytes] = []
    place = ""
    for here, line in lines(extent):
        if line.strip():
            place = place if block else here
            block.append(line)
        elif block:
            yield place, b"".join(block)
            block = []
    if block:
        yield place, b"".join(block)


def _decoded(texts: Iterator[tuple[str, bytes]], spec: SourceSpec, tally: Tally) -> Iterator[Document]:
    for place, content in texts:
        if (text := _text(content, spec, tally, place)) is not None:
            yield Document(place, text.rstrip("\r\n"))


def _text(content: bytes, spec: SourceSpec, tally: Tally, place: str) -> str | None:
    """Bytes in the encoding of their source; None for those that are not, which are counted."""
    if content.count(0) > _MOST_NULS * len(content):  # UTF-16, or no text at all
        _bad(tally, spec, "not text", place)
        return None
    try:
        return content.decode(spec.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        _bad(tally, spec, f"not {spec.encoding}", place)
        return None


def _whole_files(unit: SourceUnit, spec: SourceSpec, tally: Tally) -> Iterator[Document]:
    largest = _LARGEST_CODE if spec.kind == "code" else _LARGEST_FILE
    for path in unit.files:
        place = shown_path(path)
        try:
            with open_binary(path) as file:
                content = file.read(largest)
                more = file.read(1)  # here damage is told: a file that was cut off is no document
        except DamagedError as error:
            _bad(tally, spec, "damaged file", str(error))
            continue
        if more:
            _bad(tally, spec, "file too large", place)
        elif (text := _text(content, spec, tally, place)) is not None:
            yield Document(place, f"{_shown(path, spec)}\n{text}" if spec.with_path else text)


def shown_path(path: Path) -> str:
    """A path as text; names of old archives may be in any encoding."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _shown(path: Path, spec: SourceSpec) -> str:
    """A file's path below the folder that the recipe names."""
    for name in spec.path:
        if path.is_relative_to(name) and Path(name).is_dir():
            return shown_path(path.relative_to(name))
    return path.name


def _rows(extent: Extent, spec: SourceSpec, tally: Tally) -> Iterator[Document]:
    read = _code_row if spec.kind == "code" else _text_row
    for place, record in read_dicts(extent):
        if isinstance(record, Bad):
            _bad(tally, spec, record.reason, place)
        elif text := read(record, spec):
            yield Document(place, text)
        elif text is None:
            tally.counts[f"left out: {spec.name}: other language"] += 1
        else:
            known = ", ".join(spec.text) if spec.kind == "rows" else ", ".join(_CODE_FIELDS["text"])
            _bad(tally, spec, f"no text in {known}", place)


def _text_row(record: dict[str, Any], spec: SourceSpec) -> str | None:
    """The fields of a row, joined; a title with which the text begins is not said twice."""
    parts = [
        value.strip("\n")
        for name in spec.text
        if isinstance(value := record.get(name), str) and value.strip()
    ]
    if len(parts) > 1 and parts[1].startswith(parts[0] + "\n"):
        del parts[0]
    return "\n".join(parts)


def _code_row(record: dict[str, Any], spec: SourceSpec) -> str | None:
    """The code of a row; None for a language that is not asked for."""
    text, path, language = (_first(record, names) for names in _CODE_FIELDS.values())
    if spec.languages:
        told = language_name(language) if language else language_of_path(Path(path))
        if told not in spec.languages:
            return None
    return f"{path}\n{text}" if spec.with_path and path and text else text


def _first(record: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((value for name in names if isinstance(value := record.get(name), str) and value), "")


def _articles(dump: DumpUnit, spec: SourceSpec, tally: Tally) -> Iterator[Document]:
    options = WikiOptions(variant=spec.script, max_chars=1 << 30, min_chars=1)
    problems = Problems()
    for page in read_pages(dump, problems):
        place = f"page {page.id}, {page.title}"
        if page.ns != 0 or page.redirect is not None:
            tally.counts[f"left out: {spec.name}: {'redirect' if page.ns == 0 else 'no article'}"] += 1
            continue
        article = parse_article(page, lang=spec.lang, options=options)
        if article.disambiguation:
            tally.counts[f"left out: {spec.name}: disambiguation"] += 1
            continue
        parts, section = [article.title], ""
        for passage in article.passages:
            if passage.section != section:
                parts += ["", *_headings(passage.section, section)]
                section = passage.section
            parts.append(passage.text)
        yield Document(place, "\n".join(parts))
    for kind, count in problems.counts.items():
        tally.counts[f"problem: {spec.name}: {kind.replace('_', ' ')}"] += count
        tally.add_examples(f"{spec.name}: {kind.replace('_', ' ')}", problems.examples[kind])


def _headings(section: str, before: str) -> list[str]:
    """The headings between two sections, each of which is named with those above it."""
    if not section:
        return []
    now, then = section.split(BETWEEN_HEADINGS), before.split(BETWEEN_HEADINGS)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(now, then, strict=False)))
    return now[min(shared, len(now) - 1) :]


def _bad(tally: Tally, spec: SourceSpec, reason: str, place: str) -> None:
    tally.counts[f"problem: {spec.name}: {reason}"] += 1
    tally.add_examples(f"{spec.name}: {reason}", [place])
