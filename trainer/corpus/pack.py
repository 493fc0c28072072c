"""Last stage of a build: the samples of the parts put together to shards, without tokenising again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.pipeline.folder import write_json
from kg2instruct.pipeline.units import Tally
from trainer.corpus.indexed import BIN, merge, with_suffix
from trainer.corpus.manifest import DATA, SPLITS, Shard, Split
from trainer.corpus.reader import describe_shard

_SHARD = ".shard.json"


@dataclass(frozen=True, slots=True)
class PackUnit:
    """A shard to be: its name, its size, and the file pairs that it is made of."""

    name: str
    size: int
    parts: tuple[Path, ...]


def pack_units(names: Sequence[str], parts: Sequence[Path], most: int) -> Iterator[PackUnit]:
    """Shards of about `most` bytes for each source and split; `parts` are file pairs but for their split."""
    for split in SPLITS:
        for number, name in enumerate(names):
            mine = [part.with_name(f"{part.name}-{split}") for part in parts if _source(part) == number]
            for shard, group in enumerate(_groups(mine, most)):
                size = sum(map(_bytes, group))
                yield PackUnit(f"{name}-{split}-{shard:05d}", size, tuple(group))


def _groups(parts: Sequence[Path], most: int) -> Iterator[list[Path]]:
    group: list[Path] = []
    size = 0
    for part in parts:
        own = _bytes(part)
        if not own:
            continue
        if group and size + own > most:
            yield group
            group, size = [], 0
        group.append(part)
        size += own
    if group:
        yield group


def _source(part: Path) -> int:
    return int(part.name.split("-")[0])


def _bytes(part: Path) -> int:
    return with_suffix(part, BIN).stat().st_size


@dataclass(slots=True)
class PackShards:
    """Stage: parts to one shard, and what the manifest says of it."""

    def open(self) -> None:
        """Nothing is needed."""

    def run(self, unit: PackUnit, folder: Path) -> Tally:
        """Write one shard."""
        merge(unit.parts, folder / unit.name)
        write_json(folder / f"{unit.name}{_SHARD}", describe_shard(folder, unit.name))
        return Tally()


def shards(folder: Path, units: Sequence[str], source: str, split: Split) -> tuple[Shard, ...]:
    """What was packed of a source, in order."""
    found = []
    for unit in units:
        if unit.rpartition("-")[0] == f"{source}-{split}":
            try:
                shard = msgspec.json.decode((folder / f"{unit}{_SHARD}").read_bytes(), type=Shard)
            except (OSError, msgspec.DecodeError) as error:
                raise InputError(f"{folder / unit}: {error}") from error
            found.append(dataclasses.replace(shard, prefix=f"{DATA}/{unit}"))
    return tuple(found)
