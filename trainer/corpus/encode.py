"""Third stage of a build: the documents of a part that stay, tokenised and split.

NAME-train.{bin,idx}, NAME-held_out.{bin,idx}   the samples, see `indexed`
NAME.drops.jsonl                                a sample of duplicates and of documents too short
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import compress
from operator import not_
from pathlib import Path
from typing import Any

import numpy as np

from kg2instruct.jsonl import read_jsonl
from kg2instruct.pipeline.units import Tally
from trainer.corpus.decide import HELD_OUT, REASONS, TRAIN
from trainer.corpus.drops import DROPS, DropSample
from trainer.corpus.indexed import IndexedWriter, Tokens, dtype_for, indexed_writer
from trainer.corpus.manifest import SPLITS, Split
from trainer.corpus.read import DOCS, CleanDocument
from trainer.corpus.split import Splitter
from trainer.tokenizer import TextTokenizer

_CHARS = 200_000  # tokenised at once; the tokenizer is slower on little, and on what fits no cache


@dataclass(frozen=True, slots=True)
class EncodeUnit:
    """A part with the place of its documents among all."""

    name: str
    source: int
    size: int
    start: int


@dataclass(slots=True)
class EncodeDocuments:
    """Stage: a part of `parts` to samples."""

    parts: Path
    fates: Path
    tokenizer: TextTokenizer
    max_tokens: int
    min_tokens: int
    names: Sequence[str]

    def open(self) -> None:
        """See to it that marks in a text are text; a tokenizer sent to another process forgets it."""
        self.tokenizer.tokenizer.encode_special_tokens = True

    def run(self, unit: EncodeUnit, folder: Path) -> Tally:
        """Tokenise one part."""
        tally, drops, name = Tally(), DropSample(), self.names[unit.source]
        dtype = dtype_for(self.tokenizer.mark.vocabulary)
        encoder = Encoder(self.tokenizer, self.max_tokens, dtype)
        with ExitStack() as files:
            writers = {
                split: files.enter_context(indexed_writer(folder / f"{unit.name}-{split}", dtype))
                for split in SPLITS
            }
            for batch in self._batches(unit, tally, drops, name):
                encoded = encoder([document for document, _ in batch])
                for (document, split), (tokens, lengths) in zip(batch, encoded, strict=True):
                    if len(tokens) < self.min_tokens:
                        _drop(tally, drops, name, "few tokens", document)
                    else:
                        _add(writers[split], tally, f"{split}: {name}", tokens, lengths)
        drops.write(folder / f"{unit.name}{DROPS}")
        return tally

    def _batches(
        self, unit: EncodeUnit, tally: Tally, drops: DropSample, name: str
    ) -> Iterator[list[tuple[CleanDocument, Split]]]:
        fates = np.load(self.fates, mmap_mode="r")
        batch: list[tuple[CleanDocument, Split]] = []
        size = 0
        found = read_jsonl(self.parts / f"{unit.name}{DOCS}", CleanDocument)
        for number, document in enumerate(found, unit.start):
            fate = int(fates[number])
            if fate not in (TRAIN, HELD_OUT):
                _drop(tally, drops, name, REASONS[fate], document)
                continue
            batch.append((document, "held_out" if fate == HELD_OUT else "train"))
            size += len(document.text)
            if size >= _CHARS:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


def _drop(tally: Tally, drops: DropSample, name: str, reason: str, document: CleanDocument) -> None:
    tally.counts[f"dropped: {name}: {reason}"] += 1
    drops.add(reason, document.place, document.text)


def _add(writer: IndexedWriter, tally: Tally, what: str, tokens: Tokens, lengths: Sequence[int]) -> None:
    writer.add_tokens(tokens, lengths)
    tally.counts[f"documents {what}"] += 1
    tally.counts[f"samples {what}"] += len(lengths)
    tally.counts[f"tokens {what}"] += len(tokens)


class Encoder:
    """Texts to the tokens of whole documents, with the marks of their borders, and the lengths of their samples."""

    def __init__(self, tokenizer: TextTokenizer, max_tokens: int, dtype: np.dtype[Any]) -> None:
        self._tokenizer, self._limit, self._dtype = tokenizer.tokenizer, max_tokens, dtype
        self._before = [] if tokenizer.bos is None else [tokenizer.bos]
        self._behind = [tokenizer.eos]

    def __call__(self, documents: Sequence[CleanDocument]) -> Iterator[tuple[Tokens, list[int]]]:
        """Token ids and lengths of samples of each document."""
        # Most texts of few characters are one sample, for which nobody asks where in the text its tokens are.
        short = [len(document.text) <= self._limit for document in documents]
        encode, fast = self._tokenizer.encode_batch, self._tokenizer.encode_batch_fast
        texts = [document.text for document in documents]
        found = iter(encode(list(compress(texts, map(not_, short))), add_special_tokens=False))
        quick = iter(fast(list(compress(texts, short)), add_special_tokens=False))
        for document, is_short in zip(documents, short, strict=True):
            encoding = next(quick if is_short else found)
            tokens = np.array(self._before + encoding.ids + self._behind, self._dtype)
            if len(tokens) <= self._limit:
                yield tokens, [len(tokens)]
                continue
            if is_short:
                encoding = self._tokenizer.encode(document.text, add_special_tokens=False)
            yield tokens, self._lengths(document, len(tokens), encoding)

    def _lengths(self, document: CleanDocument, count: int, encoding: Any) -> list[int]:
        splitter = Splitter(
            document.text,
            document.lang,
            count,
            encoding.token_to_chars,
            before=len(self._before),
            behind=len(self._behind),
        )
        return list(splitter.lengths(self._limit))
