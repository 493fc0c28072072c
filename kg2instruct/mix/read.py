"""The first stage of mixing: the rows of a unit, with all the numbers that decisions about them rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from kg2instruct.mix.contamination import Evaluation, ngram_sizes
from kg2instruct.mix.content import Content, asked_labels, content_of, example_of
from kg2instruct.mix.hub import HubSource
from kg2instruct.mix.labels import ExampleLabels
from kg2instruct.mix.ngrams import Hashes, tokenize
from kg2instruct.mix.part import BATCH_ROWS, ROW, batch_of, concatenate, row_writer, save
from kg2instruct.mix.recipe import Recipe, SourceSpec
from kg2instruct.mix.records import Bad, Extent, lines, read_dicts
from kg2instruct.mix.rows import NotARowError, to_rows
from kg2instruct.mix.signatures import VALUES, band_shape, bands, signatures
from kg2instruct.mix.sources import SourceUnit
from kg2instruct.pipeline.units import EXAMPLES, Tally
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render import TASKS, render_example
from kg2instruct.render.answered import answered_labels
from kg2instruct.render.grounded import grounded
from kg2instruct.render.rows import unservable

_CHARS = 400_000  # of texts hashed at once


@dataclass(frozen=True, slots=True)
class _Found:
    """A row with its text, the record it comes from (or ""), and its document."""

    row: InstructionRow
    content: Content
    record: str
    document: str


@dataclass(slots=True)
class ReadRows:
    """Stage: a unit's rows to a part; see `part.py` for its files."""

    recipe: Recipe
    hubs: dict[int, HubSource]
    labels: dict[int, ExampleLabels]
    evaluation: Evaluation | None = field(default=None, repr=False)

    def open(self) -> None:
        """Load the evaluation sets."""
        if self.recipe.decontaminate.sets and self.evaluation is None:
            self.evaluation = Evaluation.read(self.recipe.decontaminate)

    def run(self, unit: SourceUnit, folder: Path) -> Tally:
        """Read one unit."""
        return _Reading(self, unit, folder).run()


class _Reading:
    def __init__(self, stage: ReadRows, unit: SourceUnit, folder: Path) -> None:
        self.stage, self.unit, self.folder = stage, unit, folder
        self.spec: SourceSpec = stage.recipe.sources[unit.source]
        self.document = re.compile(self.spec.document)
        self.tally = Tally()
        self.capped = bool(self.spec.cap or self.spec.caps)
        self.numbers: list[NDArray[Any]] = []
        self.labels: list[list[int]] = []
        self.seen: set[int] = set()
        self.keys: list[Hashes] = []
        self.bands: list[Hashes] = []
        self.minhash: list[NDArray[np.uint32]] = []

    def run(self) -> Tally:
        found = self._wanted()
        with row_writer(self.folder / f"{self.unit.name}.arrow") as writer:
            while batch := list(islice(found, BATCH_ROWS)):
                writer.write_batch(batch_of(x.row for x in batch))
                self.numbers.append(self._number(batch))
        self._save()
        return self.tally

    def _save(self) -> None:
        near = self.stage.recipe.dedup
        shape = (band_shape(near.threshold)[0] if near.near else 0, 0)
        files: dict[str, NDArray[Any]] = {
            "rows": concatenate(self.numbers, ROW),
            "texts": concatenate(self.keys, np.uint64),
            "bands": np.concatenate(self.bands, axis=1) if self.bands else np.zeros(shape, np.uint64),
            "minhash": np.concatenate(self.minhash) if self.minhash else np.zeros((0, VALUES), np.uint32),
        }
        if self.capped:
            starts = np.cumsum([0, *map(len, self.labels)], dtype=np.int64)
            flat = np.array([label for labels in self.labels for label in labels], np.uint64)
            files |= {"labels": flat, "label_starts": starts}
        for name, array in files.items():
            save(self.folder / f"{self.unit.name}.{name}.npy", array)

    # What the source holds

    def _wanted(self) -> Iterator[_Found]:
        """The rows in the languages and of the tasks that the recipe asks for."""
        counts, name = self.tally.counts, self.spec.name
        for found in self._found():
            counts[f"rows read: {name}"] += 1
            if self.spec.lang and found.row.lang not in self.spec.lang:
                counts[f"left out: {name}: other language"] += 1
            elif self.spec.tasks and found.row.task not in self.spec.tasks:
                counts[f"left out: {name}: other task"] += 1
            else:
                yield found

    def _found(self) -> Iterator[_Found]:
        if self.spec.kind in ("examples", "convert") and self.unit.extent:
            yield from self._rendered(self.unit.extent)
            return
        for number, (place, record) in enumerate(self._dicts()):
            if isinstance(record, Bad):
                self._bad(place, record.reason)
                continue
            try:
                rows = list(to_rows(record, self.spec, f"{self.spec.name}-{self.unit.name[4:]}-{number}"))
            except NotARowError as error:
                self._bad(place, str(error))
                continue
            for row in rows:
                made_from = example_of(row)
                yield _Found(row, content_of(row), made_from, self._document(made_from or rows[0].id))

    def _dicts(self) -> Iterator[tuple[str, dict[str, Any] | Bad]]:
        if self.unit.extent:
            return read_dicts(self.unit.extent)
        return iter(self.stage.hubs[self.unit.source].rows(self.unit.split))

    def _rendered(self, extent: Extent) -> Iterator[_Found]:
        decode = msgspec.json.Decoder(Example).decode
        labels, options = self.stage.labels[self.unit.source], self.spec.render
        for place, line in lines(extent):
            if not line.strip():
                continue
            try:
                example = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._bad(place, "not an Example")
                continue
            self.tally.counts[f"records read: {self.spec.name}"] += 1
            example = grounded(example)
            schema = labels[example]
            for task in options.tasks:
                if reason := unservable(example, TASKS[task], schema):
                    self.tally.counts[f"not rendered: {self.spec.name}: {task}: {reason}"] += 1
            for row in render_example(example, schema, options):
                content = Content(example.text, row.task)
                yield _Found(row, content, example.id, self._document(example.id))

    def _bad(self, place: str, reason: str) -> None:
        kind = f"bad record: {self.spec.name}: {reason}"
        self.tally.counts[kind] += 1
        if len(self.tally.examples.get(kind, ())) < EXAMPLES:
            self.tally.add_examples(kind, [_line_of(self.unit.extent, place)])

    def _document(self, name: str) -> str:
        match = self.document.search(name)
        return match[0] if match else f"{self.spec.name}\n{name}"

    # Its numbers

    def _number(self, batch: Sequence[_Found]) -> NDArray[Any]:
        numbers = np.zeros(len(batch), ROW)
        numbers["side"] = self.unit.side
        numbers["document"] = [_hash(x.document) for x in batch]
        numbers["id"] = [_hash(f"{self.spec.name}\n{x.row.id}") for x in batch]
        numbers["kind"] = [_hash(x.content.kind) for x in batch]
        numbers["row"] = rows = [_hash(f"{x.row.instruction}\0{x.row.input}\0{x.row.output}") for x in batch]
        start = 0
        for end in _chunks(batch):
            keys, held = self._texts(batch[start:end])
            numbers["text"][start:end] = keys
            numbers["contaminated"][start:end] = held
            start = end
        texts = numbers["text"].tolist()
        numbers["record"] = [
            _hash(f"{self.spec.name}\n{x.record or text}") for x, text in zip(batch, texts, strict=True)
        ]
        numbers["question"] = [
            row if x.record else _hash("\n".join(asked_labels(x.row)))
            for x, row in zip(batch, rows, strict=True)
        ]
        if self.capped:
            self.labels += [[_hash(label) for label in _labels(x.row)] for x in batch]
        return numbers

    def _texts(self, batch: Sequence[_Found]) -> tuple[Hashes, NDArray[np.bool_]]:
        """Keys of the rows' texts, and which stand in evaluation sets; new texts get their signatures."""
        texts = list(dict.fromkeys((x.content.text, x.content.near, x.row.lang) for x in batch))
        place = {key: i for i, key in enumerate(texts)}
        plain, langs = [text for text, _, _ in texts], [lang for _, _, lang in texts]
        tokens = tokenize(plain)
        keys = tokens.keys(plain)
        new = [i for i, key in enumerate(keys.tolist()) if key not in self.seen]
        new = list({int(keys[i]): i for i in reversed(new)}.values())[::-1]
        self.seen.update(keys[new].tolist())
        dedup = self.stage.recipe.dedup
        if new:
            self.keys.append(keys[new])
            if dedup.near:
                chosen = [plain[i] for i in new]
                known = tokens if len(new) == len(texts) else tokenize(chosen)
                grams = known.ngrams(ngram_sizes(chosen, [langs[i] for i in new], dedup.zh, dedup.en))
                found = signatures(grams)
                alone = np.array([not texts[i][1] for i in new]) | (np.diff(grams.starts) == 0)
                self.minhash.append(found)
                self.bands.append(bands(found, keys[new], alone, dedup.threshold))
        held = np.zeros(len(texts), np.bool_)
        if self.stage.evaluation is not None:
            held = self.stage.evaluation.holds(plain, langs, tokens, keys)
        at = [place[x.content.text, x.content.near, x.row.lang] for x in batch]
        return keys[at], held[at]


def _labels(row: InstructionRow) -> list[str]:
    found = answered_labels(row)
    return asked_labels(row) if found is None else found


def _chunks(batch: Sequence[_Found]) -> Iterator[int]:
    """Ends of stretches whose texts are hashed at once."""
    size = end = 0
    for i, found in enumerate(batch, 1):
        size += len(found.content.text)
        if size >= _CHARS:
            yield i
            size, end = 0, i
    if end < len(batch):
        yield len(batch)


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def _line_of(extent: Extent | None, place: str) -> str:
    """`file:line` for a place that is told in bytes."""
    name, sign, position = place.rpartition("@")
    if extent is None or not sign or extent.end < 0 or not position.isdigit():
        return place
    with suppress(OSError), extent.path.open("rb") as file:
        left, count = int(position), 1
        while left > 0 and (piece := file.read(min(left, 1 << 20))):
            count += piece.count(b"\n")
            left -= len(piece)
        return f"{name}:{count}"
    return place
