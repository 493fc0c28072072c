"""Several corpora made one: their files are taken over as they are."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from kg2instruct.errors import ConfigError, InputError, OutputError
from kg2instruct.pipeline.folder import MANIFEST, write_json
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
from trainer.corpus.stats import STATS, stats_of


def merge_corpora(folders: Sequence[Path], out: Path) -> Manifest:
    """Write a corpus that holds the sources of several; those of the same name become one.

    Files are hard links where the disk allows it, so it costs neither time nor space. Raises InputError where
    corpora are of different tokenizers, ConfigError where a name has different weights.
    """
    corpora = [Corpus.open(folder) for folder in folders]
    first = corpora[0]
    for other in corpora[1:]:
        first.check_tokenizer(other.manifest.tokenizer, where=f"that of {other.folder}")
    if (out / MANIFEST).exists() or (out / DATA).exists():
        raise OutputError(f"{out}: holds files already; name a new folder with --out")
    try:
        (out / DATA).mkdir(parents=True)
        sources = _merged(corpora, out)
        shutil.copytree(first.tokenizer_folder, out / TOKENIZER)
    except OSError as error:
        raise OutputError(f"{out}: {error.strerror or error}") from error
    manifest = Manifest(
        first.manifest.tokenizer,
        max(corpus.manifest.max_tokens for corpus in corpora),
        tuple(sources),
        {"merged": [str(folder) for folder in folders]},
    )
    write_json(out / STATS, stats_of(manifest, None))
    write_manifest(out, manifest)
    return manifest


def _merged(corpora: Sequence[Corpus], out: Path) -> list[Source]:
    found: dict[str, Source] = {}
    for corpus in corpora:
        for source in corpus.manifest.sources:
            before = found.get(source.name, dataclasses.replace(source, train=(), held_out=()))
            if before.weight != source.weight:
                raise ConfigError(
                    f"{corpus.folder}: source {source.name} has weight {source.weight}, another corpus {before.weight}"
                )
            moved: dict[Split, tuple[Shard, ...]] = {
                split: tuple(
                    _taken(corpus.folder, shard, out, f"{source.name}-{split}-{number:05d}")
                    for number, shard in enumerate(source.shards(split), len(before.shards(split)))
                )
                for split in SPLITS
            }
            found[source.name] = dataclasses.replace(
                before,
                train=(*before.train, *moved["train"]),
                held_out=(*before.held_out, *moved["held_out"]),
            )
    weighted = [source.weight is not None for source in found.values()]
    if any(weighted) and not all(weighted):
        raise InputError(
            "some of the sources have weights and others none; build them with weights, or all without"
        )
    return list(found.values())


def _taken(folder: Path, shard: Shard, out: Path, name: str) -> Shard:
    for suffix in (BIN, IDX):
        old, new = with_suffix(folder / shard.prefix, suffix), with_suffix(out / DATA / name, suffix)
        try:
            os.link(old, new)
        except OSError:  # another disk, or one that has no links
            shutil.copyfile(old, new)
    return dataclasses.replace(shard, prefix=f"{DATA}/{name}")
