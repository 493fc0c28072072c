"""`manifest.json`: what a built corpus holds. It is written last, so a folder that has it is whole.

DIR/manifest.json · tokenizer/ · data/SOURCE-train-00000.{bin,idx} · data/SOURCE-held_out-00000.{bin,idx} ·
stats.json · drops/SOURCE.jsonl
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.pipeline.folder import MANIFEST as MANIFEST  # all folders have one of this name
from kg2instruct.pipeline.folder import write_json

TOKENIZER = "tokenizer"
DATA = "data"
VERSION = 1

Split = Literal["train", "held_out"]
SPLITS: tuple[Split, ...] = ("train", "held_out")


@dataclass(frozen=True, slots=True)
class Shard:
    """One file pair: its prefix in the folder, what it holds, and the hash of all its bytes."""

    prefix: str
    samples: int
    documents: int
    tokens: int
    bytes: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Source:
    """One source: its shards, and its share of the training tokens where the recipe gives one."""

    name: str
    lang: str
    weight: float | None
    train: tuple[Shard, ...] = ()
    held_out: tuple[Shard, ...] = ()

    def shards(self, split: Split) -> tuple[Shard, ...]:
        """The shards of one split."""
        return self.train if split == "train" else self.held_out

    def samples(self, split: Split = "train") -> int:
        """How many samples a split has."""
        return sum(shard.samples for shard in self.shards(split))

    def tokens(self, split: Split = "train") -> int:
        """How many tokens a split has."""
        return sum(shard.tokens for shard in self.shards(split))

    def documents(self, split: Split = "train") -> int:
        """How many documents a split has."""
        return sum(shard.documents for shard in self.shards(split))


@dataclass(frozen=True, slots=True)
class TokenizerMark:
    """Which tokenizer made the ids: see `trainer.tokenizer.TextTokenizer`."""

    fingerprint: str
    vocabulary: int
    bos: int | None
    eos: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of the file."""

    tokenizer: TokenizerMark
    max_tokens: int
    sources: tuple[Source, ...]
    identity: dict[str, object]
    version: int = VERSION

    def source(self, name: str) -> Source:
        """A source by its name. Raises InputError that lists the names."""
        for source in self.sources:
            if source.name == name:
                return source
        raise InputError(f"no source {name!r}; there are: {', '.join(s.name for s in self.sources)}")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a corpus. Raises InputError where there is none, or it is of another version."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        unfinished = "; its build did not finish: run it again" if (folder / ".work").exists() else ""
        raise InputError(
            f"{folder}: not a corpus: {path.name}: {error.strerror or error}{unfinished}"
        ) from error
    try:
        found = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: damaged, or not of a corpus: {error}") from error
    if found.version != VERSION:
        raise InputError(
            f"{path}: version {found.version} of the format; this program reads version {VERSION}"
        )
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    write_json(folder / MANIFEST, manifest)


def all_shards(sources: Sequence[Source]) -> list[Shard]:
    """The shards of all splits of some sources."""
    return [shard for source in sources for split in SPLITS for shard in source.shards(split)]
