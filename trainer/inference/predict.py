"""Rows in, answers out: `{"id": …, "answer": …, "finish": "stop"}` a line, in the order of the rows.

    rows ─> windows ─> batches of like length ─> generator ─> journal ─> OUT

Which rows are generated together depends on the rows and the batch size alone. That matters: a model may answer
otherwise in other company, since padding changes the order of additions. So the same command gives the same
bytes however often it was interrupted; another batch size need not, unless it is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol

import xxhash

from kg2instruct.errors import ConfigError
from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.records import InstructionRow
from trainer.inference.decoding import TOO_LONG, Reply
from trainer.inference.journal import Answered, Batch, Journal

# Rows that are sorted by length together, in batches: as many as are worth having in memory.
_WINDOW = 64
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Question:
    """Rows to be generated together; `seed` is that of their draws."""

    rows: tuple[InstructionRow, ...]
    seed: str
    window: str
    places: tuple[int, ...]


class Generator(Protocol):
    """What answers rows. `identity` is all that the answers depend on beside the rows."""

    @property
    def identity(self) -> Mapping[str, Any]: ...

    def lengths(self, rows: Sequence[InstructionRow]) -> list[int]:
        """Tokens of each row's prompt."""

    def run(self, questions: Iterable[Question]) -> Iterator[tuple[Question, list[Reply]]]:
        """The questions in order, each with a reply a row."""


@dataclass(slots=True)
class Predicted:
    """What a run did: answers by how they ended, of which an earlier run made some; the first rows too long.

    `not_done` are rows without an answer that the same command asks for again, by reason.
    """

    answers: int = 0
    earlier: int = 0
    finishes: dict[str, int] = field(default_factory=dict)
    too_long: list[str] = field(default_factory=list)
    not_done: dict[str, int] = field(default_factory=dict)

    def count(self, row_id: str, finish: str) -> None:
        """Add an answer."""
        self.answers += 1
        self.finishes[finish] = self.finishes.get(finish, 0) + 1
        if finish == TOO_LONG and len(self.too_long) < _TOLD:
            self.too_long.append(row_id)

    def count_batch(self, batch: Batch) -> None:
        """Add a batch."""
        for answered in batch.answers:
            self.count(answered.id, answered.finish)


Tell = Callable[[Predicted], None]


def predict(
    rows: Iterable[InstructionRow],
    generator: Generator,
    out: Path,
    *,
    batch_size: int = 16,
    fresh: bool = False,
    tell: Tell | None = None,
) -> Predicted:
    """Write the answers to rows to `out`; return the counts. Memory does not grow with the rows.

    A row whose prompt leaves the model no room gets no answer: it is counted, and missing for an evaluation.
    Raises ConfigError where `out` was begun with other rows, another model or decoding, unless `fresh`;
    OutputError.
    """
    identity = {**generator.identity, "batch size": batch_size}
    done = Predicted()
    with Journal(journal_of(out), identity, fresh=fresh) as journal:
        questions = _questions(rows, generator, batch_size, journal, done)
        for question, replies in generator.run(questions):
            batch = _batch(question, replies)
            journal.add(batch)
            done.count_batch(batch)
            if tell:
                tell(done)
        if tell:
            tell(done)
        with atomic_writer(out) as file:
            for answered in _in_order(journal.batches()):
                file.write(answer_line(answered.id, answered.answer, answered.finish))
    return done


def answer_line(row_id: str, answer: str, finish: str) -> bytes:
    """A line of the file of answers; none for a row that was too long."""
    if finish == TOO_LONG:
        return b""
    return encode({"id": row_id, "answer": answer, "finish": finish})


def journal_of(out: Path) -> Path:
    """Where the answers of unfinished runs are kept."""
    return out.with_name(f"{out.name}.journal.jsonl")


def _questions(
    rows: Iterable[InstructionRow], generator: Generator, batch_size: int, journal: Journal, done: Predicted
) -> Iterator[Question]:
    """The batches that the journal does not have; those that it has are counted."""
    left = iter(rows)
    batches, replaying = 0, True
    while rows_of_window := list(islice(left, _WINDOW * batch_size)):
        window = _name(batches, rows_of_window)
        wanted = -(-len(rows_of_window) // batch_size)
        had = _replay(journal, window, wanted, done) if replaying else 0
        replaying = had == wanted
        places = _by_length(generator.lengths(rows_of_window)) if had < wanted else []
        for i in range(had, wanted):
            chosen = tuple(places[i * batch_size : (i + 1) * batch_size])
            rows_of_batch = tuple(rows_of_window[place] for place in chosen)
            yield Question(rows_of_batch, f"{batches + i}", window, chosen)
        batches += wanted
    if replaying and journal.next():
        raise _other_rows(journal)


def _replay(journal: Journal, window: str, wanted: int, done: Predicted) -> int:
    """Count the batches of a window that the journal has."""
    for had in range(wanted):
        batch = journal.next()
        if batch is None:
            return had
        if batch.window != window:
            raise _other_rows(journal)
        done.count_batch(batch)
        done.earlier += len(batch.answers)
    return wanted


def _other_rows(journal: Journal) -> ConfigError:
    return ConfigError(
        f"{journal.path}: these answers are to other rows, or to more or fewer of them; "
        "--fresh begins anew, another --out keeps both"
    )


def _name(number: int, rows: Sequence[InstructionRow]) -> str:
    """A window by its place and by what is asked in it."""
    digest = xxhash.xxh3_64()
    for row in rows:
        digest.update(encode((row.id, row.instruction, row.input)))
    return f"{number}:{digest.hexdigest()}"


def _by_length(lengths: Sequence[int]) -> list[int]:
    """Places of rows, the longest first: what does not fit into memory shows at once."""
    return sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))


def _batch(question: Question, replies: Sequence[Reply]) -> Batch:
    return Batch(
        question.window,
        [
            Answered(place, row.id, reply.text, reply.finish)
            for place, row, reply in zip(question.places, question.rows, replies, strict=True)
        ],
    )


def _in_order(batches: Iterator[Batch]) -> Iterator[Answered]:
    for _, group in groupby(batches, key=lambda batch: batch.window):
        answers = [answered for batch in group for answered in batch.answers]
        yield from sorted(answers, key=lambda answered: answered.place)
