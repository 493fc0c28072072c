"""The corpus of a pretraining run, opened and checked; how many steps it makes."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import xxhash

from kg2instruct.errors import InputError
from kg2instruct.jsonl import atomic_writer
from trainer.corpus.manifest import MANIFEST
from trainer.corpus.reader import Corpus
from trainer.tokenizer import load_tokenizer
from trainer.training.options import Pretraining
from trainer.training.packing import RowStream, Spot
from trainer.training.shapes import tokenizer_folder

POSITION = "position.json"


def open_corpus(settings: Pretraining) -> Corpus:
    """The corpus, if it was made with the run's tokenizer. Raises InputError."""
    corpus = Corpus.open(Path(settings.corpus))
    if settings.base or settings.tokenizer:
        folder = tokenizer_folder(settings, corpus)
        corpus.check_tokenizer(load_tokenizer(Path(folder)).mark, where=settings.tokenizer or settings.base)
    return corpus


def corpus_hash(settings: Pretraining) -> str:
    """A hash of the corpus's manifest, which holds the checksums of all its files, and of the order."""
    digest = xxhash.xxh3_128((Path(settings.corpus) / MANIFEST).read_bytes())
    digest.update(f"{settings.run.seed} {settings.batch.length} {settings.batch.packing}".encode())
    return digest.hexdigest()


def row_stream(settings: Pretraining, corpus: Corpus, spot: Spot | None = None) -> RowStream:
    """The rows that are trained on, in order."""
    seed, batch = settings.run.seed, settings.batch
    return RowStream(corpus.mixture(seed=seed), batch.length, seed=seed, packed=batch.packing, spot=spot)


def total_steps(settings: Pretraining, stream: RowStream, rows: int) -> int:
    """Steps of `rows` rows each: as set, or what the epochs make."""
    if settings.run.steps:
        return settings.run.steps
    return max(1, math.ceil(settings.run.epochs * stream.rows_of_pass() / rows))


def write_spot(checkpoint: Path, spot: Spot) -> None:
    """Note in a checkpoint where the stream was."""
    with atomic_writer(checkpoint / POSITION) as file:
        file.write(json.dumps(asdict(spot)).encode())


def read_spot(checkpoint: Path) -> Spot:
    """Where the stream was. Raises InputError."""
    path = checkpoint / POSITION
    try:
        return Spot(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
