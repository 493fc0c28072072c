"""Texts that stand in evaluation sets, whole or in large part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from kg2instruct.errors import InputError
from kg2instruct.jsonl import open_binary
from kg2instruct.mix.content import content_of
from kg2instruct.mix.data_files import TEXT_FILES, files_of, plain_suffix
from kg2instruct.mix.ngrams import Counts, Hashes, Ngrams, Tokens, tokenize
from kg2instruct.mix.recipe import DecontaminateOptions, SourceSpec
from kg2instruct.mix.records import parquet_dicts
from kg2instruct.mix.rows import NotARowError, language_of, to_rows

_AT_ONCE = 2_000
_ROWS = SourceSpec(name="evaluation", kind="rows")
_TEXT_FIELDS = ("text", "sentText", "sentence", "content")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The texts of evaluation sets: their keys, and their n-grams with the text each stands in.

    8 bytes a text and 16 an n-gram, sorted; `sizes` are the numbers of n-grams of each text.
    """

    keys: Hashes
    grams: Hashes
    owners: Counts
    sizes: Counts
    options: DecontaminateOptions

    @classmethod
    def read(cls, options: DecontaminateOptions) -> Evaluation:
        """All texts of the sets. Raises InputError for a set without any text."""
        keys: list[Hashes] = [np.zeros(0, np.uint64)]
        grams: list[Hashes] = [np.zeros(0, np.uint64)]
        owners: list[Counts] = [np.zeros(0, np.int64)]
        sizes: list[Counts] = [np.zeros(0, np.int64)]
        count = 0
        texts = _texts(files_of(options.sets, TEXT_FILES))
        while chunk := list(islice(texts, _AT_ONCE)):
            tokens = tokenize(chunk)
            found = _distinct(tokens.ngrams(ngram_sizes(chunk, None, options.zh, options.en)))
            keys.append(tokens.keys(chunk))
            grams.append(found.hashes)
            owners.append(found.owners() + count)
            sizes.append(np.diff(found.starts))
            count += len(chunk)
        if options.sets and not count:
            raise InputError(f"{', '.join(options.sets)}: no text in these evaluation sets")
        hashes, texts_of = np.concatenate(grams), np.concatenate(owners)
        order = np.argsort(hashes, kind="stable")
        return cls(
            np.unique(np.concatenate(keys)), hashes[order], texts_of[order], np.concatenate(sizes), options
        )

    def holds(
        self, texts: Sequence[str], langs: Sequence[str], tokens: Tokens, keys: Hashes
    ) -> NDArray[np.bool_]:
        """For each text, whether the sets hold it: as a whole, or in a share of n-grams of either side."""
        found = np.isin(keys, self.keys)
        if not len(self.grams):
            return found
        options = self.options
        grams = _distinct(tokens.ngrams(ngram_sizes(texts, langs, options.zh, options.en)))
        first = np.searchsorted(self.grams, grams.hashes, "left")
        counts = np.searchsorted(self.grams, grams.hashes, "right") - first
        hit = np.flatnonzero(counts)
        repeats = counts[hit]
        offsets = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        other = self.owners[np.repeat(first[hit], repeats) + offsets]
        own = np.repeat(grams.owners()[hit], repeats)
        pairs, shared = np.unique(own * len(self.sizes) + other, return_counts=True)
        own, other = pairs // len(self.sizes), pairs % len(self.sizes)
        smaller = np.minimum(np.diff(grams.starts)[own], self.sizes[other])
        found[own[shared >= options.share * smaller]] = True
        return found


def ngram_sizes(texts: Sequence[str], langs: Sequence[str] | None, zh: int, en: int) -> list[int]:
    """How many tokens an n-gram of each text has, by its language."""
    told = langs or [language_of(text) for text in texts]
    return [zh if lang == "zh" else en for lang in told]


def _distinct(grams: Ngrams) -> Ngrams:
    """Each n-gram of a text once."""
    owners = grams.owners()
    order = np.lexsort((grams.hashes, owners))
    hashes, owners = grams.hashes[order], owners[order]
    new = np.ones(len(hashes), np.bool_)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
    counts = np.bincount(owners[new], minlength=len(grams.starts) - 1)
    return Ngrams(hashes[new], np.concatenate(([0], np.cumsum(counts))))


def _texts(files: Iterable[Path]) -> Iterator[str]:
    for path in files:
        for record in _records(path):
            text = _text(record)
            if text.strip():
                yield text


def _text(record: Any) -> str:
    if isinstance(record, str):
        return record
    if not isinstance(record, dict):
        return ""
    for name in _TEXT_FIELDS:
        if isinstance(record.get(name), str) and "instruction" not in record:
            return str(record[name])
    try:
        return "\n".join(content_of(row).text for row in to_rows(record, _ROWS, ""))
    except NotARowError:
        parts = [
            value for value in (record.get("instruction"), record.get("input")) if isinstance(value, str)
        ]
        return "\n".join(parts)


def _records(path: Path) -> Iterator[Any]:
    if plain_suffix(path) == ".parquet":
        yield from parquet_dicts(path)
        return
    try:
        with open_binary(path) as file:
            if plain_suffix(path) == ".json":
                yield from _json(file.read())
                return
            for line in file:
                yield from _line(line, plain=plain_suffix(path) == ".txt")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _line(line: bytes, *, plain: bool) -> Iterator[Any]:
    if not plain:
        try:
            yield msgspec.json.decode(line)
            return
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    yield line.decode("utf-8", "replace").strip()


def _json(content: bytes) -> Iterator[Any]:
    try:
        data = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        for line in content.splitlines():
            yield from _line(line, plain=False)
        return
    yield from data if isinstance(data, list) else [data]
