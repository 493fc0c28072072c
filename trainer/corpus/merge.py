"""Several corpora made one: their files are taken over as they are."""

from __future__ import annotations

import dataclasses
import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kg2instruct.errors import ConfigError, OutputError
from kg2instruct.pipeline.folder import read_json, write_json
from trainer.corpus.drops import FOLDER as DROPS_FOLDER
from trainer.corpus.drops import DropSample
from trainer.corpus.indexed import BIN, IDX, with_suffix
from trainer.corpus.manifest import (
    DATA,
    SPLITS,
    TOKENIZER,
    Manifest,
    Shard,
    Source,
    Split,
    write_manifest,
)
from trainer.corpus.reader import Corpus
from trainer.corpus.stats import STATS, summed


def merge_corpora(
    folders: Sequence[Path], out: Path, *, weights: Mapping[str, float] | None = None
) -> Manifest:
    """Write a corpus that holds the sources of several; those of the same name become one.

    Files are hard links where the disk allows it, so it costs neither time nor space. `weights` are those of the
    new corpus, by source. Raises InputError where corpora are of different tokenizers, ConfigError where a name has
    different weights.
    """
    corpora = [Corpus.open(folder) for folder in folders]
    first = corpora[0]
    for other in corpora[1:]:
        first.check_tokenizer(other.manifest.tokenizer, where=f"that of {other.folder}")
    given = _weights(corpora, weights or {})
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: holds files already; name a new folder with --out")
    aside = out.with_name(f".{out.name}.tmp{os.getpid()}")
    try:
        (aside / DATA).mkdir(parents=True)
        manifest = Manifest(
            first.manifest.tokenizer,
            max(corpus.manifest.max_tokens for corpus in corpora),
            tuple(_merged(corpora, given, aside)),
            {"merged": [str(folder) for folder in folders]},
        )
        shutil.copytree(first.tokenizer_folder, aside / TOKENIZER)
        for name in given:
            drops = [corpus.folder / DROPS_FOLDER / f"{name}.jsonl" for corpus in corpora]
            found = DropSample.merged(path for path in drops if path.exists())
            found.write(aside / DROPS_FOLDER / f"{name}.jsonl")
        write_json(aside / STATS, summed(read_json(corpus.folder / STATS) or {} for corpus in corpora))
        write_manifest(aside, manifest)
        aside.replace(out)
    except OSError as error:
        raise OutputError(f"{out}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifest


def read_weights(settings: Sequence[str]) -> dict[str, float]:
    """Weights from texts such as `zhwiki=3`. Raises ConfigError."""
    found = {}
    for setting in settings:
        name, _, value = setting.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = -1.0
        if not name or not 0 <= found[name] < math.inf:
            raise ConfigError(f"--weight {setting}: expected SOURCE=WEIGHT, such as zhwiki=3")
    return found


def _weights(corpora: Sequence[Corpus], asked: Mapping[str, float]) -> dict[str, float | None]:
    """The weight of each source: as asked for, or that of all corpora that have it."""
    found: dict[str, float | None] = {}
    for corpus in corpora:
        for source in corpus.manifest.sources:
            weight = asked.get(source.name, source.weight)
            if found.setdefault(source.name, weight) != weight:
                raise ConfigError(
                    f"{corpus.folder}: source {source.name} has weight {weight}, another corpus "
                    f"{found[source.name]}; say which by --weight {source.name}=WEIGHT"
                )
    if unknown := sorted(set(asked) - set(found)):
        raise ConfigError(f"--weight {unknown[0]}: no such source; there are: {', '.join(found)}")
    without = [name for name, weight in found.items() if weight is None]
    if 0 < len(without) < len(found):
        raise ConfigError(
            f"source {without[0]} has no weight and others have one; add --weight {without[0]}=WEIGHT"
        )
    return found


def _merged(corpora: Sequence[Corpus], weights: Mapping[str, float | None], out: Path) -> Iterator[Source]:
    for name, weight in weights.items():
        having = [corpus for corpus in corpora if name in corpus.names]
        shards: dict[Split, tuple[Shard, ...]] = {}
        for split in SPLITS:
            old = [
                (corpus.folder, x) for corpus in having for x in corpus.manifest.source(name).shards(split)
            ]
            shards[split] = tuple(
                _taken(folder, shard, out, f"{name}-{split}-{number:05d}")
                for number, (folder, shard) in enumerate(old)
            )
        yield Source(name, having[0].manifest.source(name).lang, weight, **shards)


def _taken(folder: Path, shard: Shard, out: Path, name: str) -> Shard:
    for suffix in (BIN, IDX):
        old, new = with_suffix(folder / shard.prefix, suffix), with_suffix(out / DATA / name, suffix)
        try:
            os.link(old, new)
        except OSError:  # another disk, or one that has no links
            shutil.copyfile(old, new)
    return dataclasses.replace(shard, prefix=f"{DATA}/{name}")
