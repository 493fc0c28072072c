"""One record asked for: all questions of all samples, each answer judged, everything merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

from kg2instruct.chat import Answer, Request, Talk
from kg2instruct.complete.judge import UNKNOWN_RELATION, Given
from kg2instruct.complete.merge import merge
from kg2instruct.complete.outcomes import Completed
from kg2instruct.complete.questions import Desk, questions, read_answer, request_for
from kg2instruct.records import Example, InstructionRow, Lang, Triple
from kg2instruct.render import TASKS
from kg2instruct.render.asked import read_schema


def converse(example: Example, desk: Desk) -> Talk[Completed]:
    """Ask all questions on a record and merge what the answers add to it."""
    counts, calls, unreadable = Counter[str](), 0, 0
    samples: list[list[Triple]] = []
    for number, rows in enumerate(questions(example, desk)):
        triples: list[Triple] = []
        for row in rows:
            given, asked, read = yield from _ask(row, number, desk)
            calls += asked
            unreadable += not read
            triples += _judged(given, row, example, desk, counts)
        samples.append(triples)
    if not calls:
        return Completed(example, counts)
    done, merged = merge(
        example,
        samples,
        desk.judge.schemas,
        store=desk.judge.store,
        min_score=desk.options.min_score,
    )
    return Completed(done, counts + merged, calls, unreadable)


def _ask(
    row: InstructionRow, sample: int, desk: Desk
) -> Generator[Request, Answer, tuple[list[Given], int, bool]]:
    """What an answer says, how often was asked for it, and whether it could be read."""
    attempts = desk.options.attempts
    for attempt in range(attempts):
        # Samples in the same words are calls of their own.
        answer = yield request_for(row, sample * attempts + attempt, desk)
        given, read = read_answer(row, answer.text)
        if read and answer.text.strip():
            return given, attempt + 1, True
    return [], attempts, False


def _judged(
    given: list[Given], row: InstructionRow, example: Example, desk: Desk, counts: Counter[str]
) -> list[Triple]:
    """The triples that stand up to the text and the schema; the others are counted by reason."""
    lang: Lang = "zh" if example.lang == "zh" else "en"
    task = TASKS[row.task]
    asked = {x.key[0 if task.name == "re" else 1] for x in read_schema(task, row.schema)}
    kept = []
    for one in dict.fromkeys(given):
        found = desk.judge.judge(one, example, lang) if one.relation in asked else UNKNOWN_RELATION
        if isinstance(found, str):
            counts[found] += 1
        else:
            kept.append(found)
    return kept
