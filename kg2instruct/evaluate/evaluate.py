"""Instruction rows and a model's answers in, scores out.

The gold of a row is its own output or, better, the record it was made from: what rendering loses shows only
there.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.evaluate.match import exact, relaxed
from kg2instruct.evaluate.rows import read_rows
from kg2instruct.evaluate.scores import Count, Group, Scores, bootstrap
from kg2instruct.evaluate.units import Unit, asked_part, units, with_record_labels
from kg2instruct.jsonl import open_binary, read_jsonl
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render.asked import Asked, read_schema
from kg2instruct.render.cut import piece_of
from kg2instruct.render.formats import FORMATS, Parsed
from kg2instruct.render.grounded import grounded
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
    strict: bool = False,
) -> Scores:
    """Scores of `answers`, by row id; without answers, of the rows' own outputs (which should give 100).

    A row without an answer counts as one that found nothing. With `gold`, records by id, what is wanted is
    the part of the record that the row asks for. `draws` is how often the bootstrap draws documents, 0 for
    no intervals. Rows that cannot be scored, such as those of other tasks, are counted; with `strict` the first
    of them raises InputError or UnknownName, and so they do where no row can be scored.
    """
    scores = Scores(counting=counting)
    _score(rows, answers, gold, scores, strict=strict)
    scores.confidence = bootstrap(scores.documents, draws, seed)
    return scores


def _score(
    rows: Iterable[InstructionRow],
    answers: Mapping[str, str] | None,
    gold: Mapping[str, Example] | None,
    scores: Scores,
    *,
    strict: bool,
) -> None:
    for row in rows:
        try:
            _Row(row, gold).count(answers, scores)
        except (InputError, UnknownName) as wrong:
            if strict:
                raise
            other = row.task not in TASKS
            scores.leave_out(f"rows of the task {row.task!r}" if other else "rows that cannot be read", wrong)
    if not scores.rows:
        first = f"; the first: {scores.first_left_out}" if scores.left_out else ": there are none"
        raise InputError(f"no row can be scored{first}")


class _Row:
    """One row while it is scored."""

    def __init__(self, row: InstructionRow, gold: Mapping[str, Example] | None) -> None:
        self.row, self.task, self.format = row, TASKS[row.task], FORMATS[row.format]
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
            example = grounded(piece_of(self.gold, example_id(row)))
            return asked_part(task.gold(example), task, self.asked), example.text
        parsed = self._parse(row.output, strict=True)
        if parsed.problems:
            parsed = self._parse(row.output, strict=False)
            scores.problems["an output of the rows themselves is not in its format"] += 1
        return with_record_labels(parsed.answer, task, self.asked), text

    def _parse(self, output: str, *, strict: bool) -> Parsed:
        return self.format.parse(output, self.task, self.asked, wording_lang(self.row), strict=strict)

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
    strict: bool = False,
) -> Scores:
    """`evaluate_rows` on files; without answers the rows' own outputs are scored.

    `rows` may be JSON lines, Parquet, or a dataset folder, of which `split` is read. Lines that are no rows, records or
    answers are counted; with `strict` the first of them raises InputError.
    """
    scores = Scores(counting=counting)

    def bad(what: str) -> Callable[[InputError], None] | None:
        return None if strict else lambda wrong: scores.leave_out(f"lines that are no {what}", wrong)

    records = {x.id: x for x in read_jsonl(gold, Example, bad=bad("records"))} if gold else None
    given = read_answers(answers, rows, split, bad=bad("answers")) if answers else None
    _score(read_rows(rows, split, bad=bad("rows")), given, records, scores, strict=strict)
    scores.confidence = bootstrap(scores.documents, draws, seed)
    return scores


def read_answers(
    path: Path, rows: Path, split: str = "test", *, bad: Callable[[InputError], None] | None = None
) -> dict[str, str]:
    """A model's answers by row id: JSON lines of `id` and `answer` (or `output`, `response`…).

    Lines without ids belong to the rows in order and must be as many. Raises InputError; `bad` is given lines that
    are no answers instead, where it is set and some others are answers.
    """
    read = [_answer_or_error(line, f"{path}:{number}") for number, line in enumerate(_lines(path), 1)]
    found = [x for x in read if not isinstance(x, InputError)]
    for wrong in (x for x in read if isinstance(x, InputError)):
        if bad is None or not found:
            raise wrong
        bad(wrong)
    if all(key is not None for key, _ in found):
        return {str(key): text for key, text in found}
    if any(key is not None for key, _ in found):
        raise InputError(f"{path}: some lines have an id and some have none")
    ids = [x.id for x in read_rows(rows, split, bad=bad and _ignore)]
    if len(ids) != len(read):
        raise InputError(f"{path}: {len(read)} answers without ids for {len(ids)} rows of {rows}")
    return {key: x[1] for key, x in zip(ids, read, strict=True) if not isinstance(x, InputError)}


def _answer_or_error(line: bytes, where: str) -> tuple[str | None, str] | InputError:
    try:
        return _answer(line, where)
    except InputError as wrong:
        return wrong


def _ignore(_: InputError) -> None:
    """Those lines are told where the rows are scored."""


def _lines(path: Path) -> list[bytes]:
    try:
        with open_binary(path) as file:
            return [x for x in file.read().removeprefix(BOM_UTF8).splitlines() if x.strip()]
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
