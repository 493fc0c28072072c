"""The sources of a recipe as units of work: converted where they are corpora, cut where they are large."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.convert import Report, convert
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import write_jsonl
from kg2instruct.mix.data_files import ROW_FILES, files_of
from kg2instruct.mix.hub import HubSource
from kg2instruct.mix.part import NO_SIDE, SIDES
from kg2instruct.mix.recipe import Recipe, SourceSpec
from kg2instruct.mix.records import Extent, extents
from kg2instruct.pipeline.identity import files_below
from kg2instruct.pipeline.units import Tally

_SIDE = re.compile(r"(?:^|[-_./])(train|validation|valid|val|dev|testa|testb|test)(?=[-_.]|$)", re.IGNORECASE)
_SIDE_NAMES = {
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "testa": "validation",  # as CoNLL-2003 calls its files
    "testb": "test",
}


@dataclass(frozen=True, slots=True)
class SourceUnit:
    """A part of a source; `side` is the split that its rows come with, or NO_SIDE."""

    name: str
    source: int
    side: int
    extent: Extent | None = None
    split: str = ""

    @property
    def size(self) -> int:
        """Bytes, for progress."""
        return self.extent.size if self.extent else 1


@dataclass(frozen=True, slots=True)
class CorpusUnit:
    """A corpus to be converted; the files of one `side` where the source keeps its sides, else all (NO_SIDE)."""

    name: str
    size: int
    spec: SourceSpec
    side: int = NO_SIDE

    def wants(self, path: Path) -> bool:
        """True for the files of this unit."""
        return self.side == NO_SIDE or _side(self.spec, path.name, folders(path, self.spec)) == self.side


def used(recipe: Recipe) -> list[tuple[int, SourceSpec]]:
    """The sources of which anything is wanted, with their numbers."""
    return [(i, spec) for i, spec in enumerate(recipe.sources) if spec.count != 0 and spec.weight != 0]


def source_files(spec: SourceSpec) -> list[Path]:
    """The files of rows or records of a source. Raises ConfigError where there are none."""
    paths = list(spec.path)
    if spec.kind == "folder":
        paths = [str(Path(name) / "data") if (Path(name) / "data").is_dir() else name for name in paths]
    found = files_of(paths, ROW_FILES)
    if not found:
        raise ConfigError(
            f"source {spec.name}: no rows in {', '.join(spec.path)}; expected files {', '.join(ROW_FILES)}"
        )
    return found


def source_units(
    number: int, spec: SourceSpec, converted: Path, hub: HubSource | None
) -> Iterator[SourceUnit]:
    """The units of one source, the same for the same input."""
    if hub:
        for i, split in enumerate(hub.splits):
            yield SourceUnit(f"{number:03d}-{i:05d}-00000", number, _side(spec, split), split=split)
        return
    for i, path in enumerate(record_files(number, spec, converted)):
        side = _side(spec, path.name, folders(path, spec))
        for j, extent in enumerate(extents(path)):
            yield SourceUnit(f"{number:03d}-{i:05d}-{j:05d}", number, side, extent)


def record_files(number: int, spec: SourceSpec, converted: Path) -> list[Path]:
    """The files of rows or records of a source; of a corpus those that it was converted to."""
    if spec.kind != "convert":
        return source_files(spec)
    return [converted / f"{unit.name}.jsonl" for unit in corpus_units(number, spec)]


def corpus_units(number: int, spec: SourceSpec) -> list[CorpusUnit]:
    """A corpus as one unit, or as one for each side that its files come with."""
    sizes: dict[int, int] = {}
    for path in [file for name in spec.path for file in files_below(Path(name))]:
        side = _side(spec, path.name, folders(path, spec)) if spec.split == "keep" else NO_SIDE
        sizes[side] = sizes.get(side, 0) + path.stat().st_size
    names = {side: f"-{name}" for name, side in SIDES.items()}
    return [
        CorpusUnit(f"{number:03d}{names.get(side, '')}", sizes[side], spec, side) for side in sorted(sizes)
    ]


def folders(path: Path, spec: SourceSpec) -> Iterator[str]:
    """The names of the folders that a file is in, from the innermost to that which the recipe names."""
    named = {Path(name) for name in spec.path}
    for folder in path.parents:
        yield folder.name
        if folder in named or path in named:
            return


def _side(spec: SourceSpec, name: str, within: Iterable[str] = ()) -> int:
    """The side of what is called so: where sides are kept by its name or that of a folder, else training."""
    if spec.split == "assign":
        return NO_SIDE
    if spec.split != "keep":
        return SIDES[spec.split]
    match = _SIDE.search(name) or next((found for x in within if (found := _SIDE.fullmatch(x))), None)
    side = match[1].lower() if match else "train"
    return SIDES[_SIDE_NAMES.get(side, side)]


@dataclass(slots=True)
class ConvertCorpora:
    """Stage: a corpus to one file of Examples, `NAME.jsonl`; what was dropped is counted."""

    def open(self) -> None:
        """Nothing is needed."""

    def run(self, unit: CorpusUnit, folder: Path) -> Tally:
        """Convert one corpus."""
        report, spec = Report(), unit.spec
        mapping = Path(spec.mapping) if spec.mapping else None
        examples = convert(
            spec.corpus, [Path(name) for name in spec.path], report, mapping=mapping, wanted=unit.wants
        )
        count = write_jsonl(folder / f"{unit.name}.jsonl", examples)
        if not count and unit.side == NO_SIDE:
            raise InputError(f"source {spec.name}: no records in {', '.join(spec.path)}")
        tally = Tally()
        tally.counts[f"records converted: {spec.name}"] = count
        for (kind, reason), number in report.dropped.items():
            tally.counts[f"dropped in conversion: {spec.name}: {kind} {reason}"] = number
        return tally
