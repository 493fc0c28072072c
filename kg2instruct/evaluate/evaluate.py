"""Instruction rows and a model's answers in, scores out.

The gold of a row is its own output or, better, the record it was made from: what rendering loses shows only
there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.evaluate.match import exact, relaxed
from kg2instruct.evaluate.rows import read_rows
from kg2instruct.evaluate.scores import Count, Group, Scores, bootstrap
from kg2instruct.evaluate.units import Unit, asked_part, units, with_record_labels
from kg2instruct.jsonl import open_binary, read_jsonl
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render.asked import Asked, read_schema
from kg2instruct.render.cut import piece_of
from kg2instruct.render.formats import FORMATS, Parsed
from kg2instruct.render.rows import example_id, wording_lang
from kg2instruct.render.tasks import TASKS, Item, Task

ANSWER_KEYS = ("answer", "output", "prediction", "predict", "response", "text")


def evaluate_rows(
    rows: Iterable[InstructionRow],
    answers: Mapping[str, str] | None = None,
    *,
    gold: Mapping[str, Example] | None = None,
    counting: str = "multiset",
    draws: int = 1000,
    seed: int = 0,
) -> Scores:
    """Scores of `answers`, by row id; without answers, of the rows' own outputs (which should give 100).

    A row without an answer counts as one that found nothing. With `gold`, records by id, what is wanted is
    the part of the record that the row asks for. `draws` is how often the bootstrap draws documents, 0 for
    no intervals.
    """
    scores = Scores(counting=counting)
    for row in rows:
        _Row(row, gold).count(answers, scores)
    scores.confidence = bootstrap(scores.documents, draws, seed)
    return scores


class _Row:
    """One row while it is scored."""

    def __init__(self, row: InstructionRow, gold: Mapping[str, Example] | None) -> None:
        self.row, self.task = row, TASKS[row.task]
        try:
            self.asked: tuple[Asked, ...] = read_schema(self.task, row.schema)
        except InputError as error:
            raise InputError(f"row {row.id!r}: {error}") from error
        self.gold = gold

    def count(self, answers: Mapping[str, str] | None, scores: Scores) -> None:
        """Add this row's counts."""
        row, task = self.row, self.task
        wanted_items, text = self._wanted(scores)
        output = row.output if answers is None else answers.get(row.id)
        scores.rows += 1
        scores.missing += output is None
        parsed = self._parse(output, strict=answers is None) if output is not None else Parsed(())
        if parsed.problems:
            scores.unparsable += not parsed.answer
            scores.partly_read += bool(parsed.answer)
            scores.problems.update({x.split(":")[0] for x in parsed.problems})
        claimed_items = with_record_labels(parsed.answer, task, self.asked)
        _count_spans(claimed_items, task, text, scores)
        self._count_units(units(claimed_items, task), units(wanted_items, task), scores)

    def _wanted(self, scores: Scores) -> tuple[list[Item], str]:
        """What the row should find, and the text in which."""
        row, task = self.row, self.task
        text = f"{row.instruction}\n{row.input}"
        if self.gold is not None:
            example = piece_of(self.gold, example_id(row))
            return asked_part(task.gold(example), task, self.asked), example.text
        parsed = self._parse(row.output, strict=True)
        if parsed.problems:
            parsed = self._parse(row.output, strict=False)
            scores.problems["an output of the rows themselves is not in its format"] += 1
        return with_record_labels(parsed.answer, task, self.asked), text

    def _parse(self, output: str, *, strict: bool) -> Parsed:
        return FORMATS[self.row.format].parse(
            output, self.task, self.asked, wording_lang(self.row), strict=strict
        )

    def _count_units(self, claimed: list[Unit], wanted: list[Unit], scores: Scores) -> None:
        row = self.row
        right = exact(claimed, wanted)
        total = right.total()
        claimed_set, wanted_set = set(claimed), set(wanted)
        scores.multiset.add(total, len(claimed), len(wanted))
        scores.sets.add(len(claimed_set & wanted_set), len(claimed_set), len(wanted_set))
        near = total if total == len(claimed) == len(wanted) else relaxed(claimed, wanted)
        scores.relaxed.add(near, len(claimed), len(wanted))
        if scores.counting == "set":
            right, claimed, wanted = (
                exact(list(claimed_set), list(wanted_set)),
                list(claimed_set),
                list(wanted_set),
            )
            total = right.total()
        scores.add_document(example_id(row), total, len(claimed), len(wanted))
        for group, name in (
            (scores.per_source, row.source),
            (scores.per_task, row.task),
            (scores.per_format, row.format),
        ):
            group.setdefault(name, Count()).add(total, len(claimed), len(wanted))
        _add_each(scores.per_label, right, claimed, wanted, lambda x: x.label)
        _add_each(scores.per_kind, right, claimed, wanted, lambda x: x.kind)


def _add_each(
    group: Group,
    right: Mapping[Unit, int],
    claimed: list[Unit],
    wanted: list[Unit],
    name: Callable[[Unit], str],
) -> None:
    for unit, count in right.items():
        group.setdefault(name(unit), Count()).right += count
    for unit in claimed:
        group.setdefault(name(unit), Count()).claimed += 1
    for unit in wanted:
        group.setdefault(name(unit), Count()).wanted += 1


def _count_spans(items: Iterable[Item], task: Task, text: str, scores: Scores) -> None:
    """Values that should be words of the text, and how many are not."""
    for item in items:
        for value in (*(item.fields[i] for i in task.spans), *(x for _, x in item.pairs)):
            scores.spans += 1
            scores.hallucinated += value not in text


def evaluate_file(
    rows: Path,
    *,
    answers: Path | None = None,
    gold: Path | None = None,
    split: str = "test",
    counting: str = "multiset",
    draws: int = 1000,
    seed: int = 0,
) -> Scores:
    """`evaluate_rows` on files; without answers the rows' own outputs are scored.

    `rows` may be JSON lines, Parquet, or a dataset folder, of which `split` is read.
    """
    records = {x.id: x for x in read_jsonl(gold, Example)} if gold else None
    given = read_answers(answers, rows, split) if answers else None
    return evaluate_rows(
        read_rows(rows, split), given, gold=records, counting=counting, draws=draws, seed=seed
    )


def read_answers(path: Path, rows: Path, split: str = "test") -> dict[str, str]:
    """A model's answers by row id: JSON lines of `id` and `answer` (or `output`, `response`…).

    Lines without ids belong to the rows in order and must be as many. Raises InputError.
    """
    found = [_answer(line, f"{path}:{number}") for number, line in enumerate(_lines(path), 1)]
    if all(key is not None for key, _ in found):
        return {str(key): text for key, text in found}
    if any(key is not None for key, _ in found):
        raise InputError(f"{path}: some lines have an id and some have none")
    ids = [x.id for x in read_rows(rows, split)]
    if len(ids) != len(found):
        raise InputError(f"{path}: {len(found)} answers without ids for {len(ids)} rows of {rows}")
    return dict(zip(ids, (text for _, text in found), strict=True))


def _lines(path: Path) -> list[bytes]:
    try:
        with open_binary(path) as file:
            return [x for x in file.read().splitlines() if x.strip()]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _answer(line: bytes, where: str) -> tuple[str | None, str]:
    try:
        form: Any = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not JSON: {error}") from error
    if isinstance(form, str):
        return None, form
    if not isinstance(form, dict):
        raise InputError(f"{where}: an answer is an object with id and answer, or a text")
    for name in ANSWER_KEYS:
        if name in form:
            text = form[name] if isinstance(form[name], str) else msgspec.json.encode(form[name]).decode()
            return (None if form.get("id") is None else str(form["id"])), text
    raise InputError(f"{where}: no answer; it is expected under one of {', '.join(ANSWER_KEYS)}")
