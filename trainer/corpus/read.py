"""First stage of a build: the documents of a unit, cleaned, with the numbers by which duplicates are found.

NAME.docs.zst     the documents that are left, a JSON line each
NAME.texts.npy    the key of each document
NAME.bands.npy    the bands of each document's signature, band after band
NAME.minhash.npy  the signatures (512 bytes a document, read for candidates only)
NAME.drops.jsonl  a sample of what was dropped
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg2instruct.errors import InputError
from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.mix.contamination import ngram_sizes
from kg2instruct.mix.ngrams import Hashes, Tokens, tokenize
from kg2instruct.mix.part import concatenate, save
from kg2instruct.mix.signatures import VALUES, Signatures, band_shape, bands, signatures
from kg2instruct.pipeline.units import Tally
from trainer.corpus.cleaning.chain import Chain
from trainer.corpus.cleaning.repetition import repeats
from trainer.corpus.drops import DROPS, DropSample
from trainer.corpus.recipe import CorpusRecipe
from trainer.corpus.sources import SourceUnit, documents

DOCS = ".docs.zst"
_CHARS = 100_000  # of documents looked at together


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A document as it will be tokenised."""

    place: str
    lang: str
    text: str


@dataclass(slots=True)
class ReadDocuments:
    """Stage: a unit's documents to the files above."""

    recipe: CorpusRecipe
    strict: bool = False
    """Whether what cannot be read ends the stage."""

    def open(self) -> None:
        """Nothing is needed."""

    def run(self, unit: SourceUnit, folder: Path) -> Tally:
        """Read one unit."""
        return _Reading(self.recipe, unit, folder, self.strict).run()


class _Reading:
    def __init__(self, recipe: CorpusRecipe, unit: SourceUnit, folder: Path, strict: bool) -> None:
        self.unit, self.folder, self.dedup, self.strict = unit, folder, recipe.dedup, strict
        self.spec = recipe.sources[unit.source]
        self.tally, self.drops = Tally(), DropSample()
        self.keys: list[Hashes] = []
        self.bands: list[Hashes] = []
        self.minhash: list[Signatures] = []

    def run(self) -> Tally:
        with atomic_writer(self.folder / f"{self.unit.name}{DOCS}") as out:
            for batch in self._batches():
                out.write(b"".join(map(encode, self._kept(batch))))
        shape = (band_shape(self.dedup.threshold)[0] if self.dedup.near else 0, 0)
        files: dict[str, NDArray[Any]] = {
            "texts": concatenate(self.keys, np.uint64),
            "bands": np.concatenate(self.bands, axis=1) if self.bands else np.zeros(shape, np.uint64),
            "minhash": np.concatenate(self.minhash) if self.minhash else np.zeros((0, VALUES), np.uint32),
        }
        for name, array in files.items():
            save(self.folder / f"{self.unit.name}.{name}.npy", array)
        self.drops.write(self.folder / f"{self.unit.name}{DROPS}")
        return self.tally

    def _batches(self) -> Iterator[list[CleanDocument]]:
        """The documents that pass the steps that look at one document, some at a time."""
        chain, counts, name = Chain(self.spec), self.tally.counts, self.spec.name
        batch: list[CleanDocument] = []
        size = 0
        for document in documents(self.unit, self.spec, self.tally):
            self._check()
            counts[f"documents read: {name}"] += 1
            counts[f"characters read: {name}"] += len(document.text)
            cleaned = chain(document.text)
            for change, count in cleaned.changes.items():
                counts[f"changed: {name}: {change}"] += count
            if cleaned.reason:
                self._drop(cleaned.reason, document.place, cleaned.text or document.text)
                continue
            batch.append(CleanDocument(document.place, cleaned.lang, cleaned.text))
            size += len(cleaned.text)
            if size >= _CHARS:
                yield batch
                batch, size = [], 0
        self._check()
        if batch:
            yield batch

    def _check(self) -> None:
        """With `strict`, raise at the first problem."""
        if self.strict and self.tally.examples:
            kind, places = next(iter(self.tally.examples.items()))
            raise InputError(f"{places[0]}: {kind}; without --strict this is counted and left out")

    def _kept(self, batch: list[CleanDocument]) -> list[CleanDocument]:
        """The documents that do not repeat themselves; their numbers are noted."""
        tokens = tokenize([document.text for document in batch])
        if "repetition" in self.spec.steps:
            kept = []
            texts, langs = [document.text for document in batch], [document.lang for document in batch]
            for i, reason in enumerate(repeats(texts, tokens, langs)):
                if reason:
                    self._drop(reason, batch[i].place, texts[i])
                else:
                    kept.append(i)
            if len(kept) < len(batch):
                batch, tokens = [batch[i] for i in kept], tokens.only(kept)
        if batch:
            self._number(batch, tokens)
        return batch

    def _number(self, batch: list[CleanDocument], tokens: Tokens) -> None:
        texts = [document.text for document in batch]
        keys = tokens.keys(texts)
        self.keys.append(keys)
        if self.dedup.near:
            langs = [document.lang for document in batch]
            grams = tokens.ngrams(ngram_sizes(texts, langs, self.dedup.zh, self.dedup.en))
            found = signatures(grams)
            self.minhash.append(found)
            self.bands.append(bands(found, keys, np.diff(grams.starts) == 0, self.dedup.threshold))

    def _drop(self, reason: str, place: str, text: str) -> None:
        self.tally.counts[f"dropped: {self.spec.name}: {reason}"] += 1
        self.drops.add(reason, place, text)
