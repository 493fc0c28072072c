"""One record asked for: all questions of all samples, each answer judged, everything merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence

from msgspec.structs import replace

from kg2instruct.chat import Answer, Request, Talk
from kg2instruct.chat.request import TOO_LONG
from kg2instruct.complete.ground import spans_of
from kg2instruct.complete.judge import UNKNOWN_RELATION, Given
from kg2instruct.complete.merge import merge
from kg2instruct.complete.outcomes import Completed
from kg2instruct.complete.questions import (
    Desk,
    lang_of,
    questions,
    read_answer,
    request_for,
    type_question,
)
from kg2instruct.records import Example, InstructionRow, Mention, Triple
from kg2instruct.render import TASKS
from kg2instruct.render.asked import read_schema
from kg2instruct.schema import Topic


def converse(example: Example, desk: Desk) -> Talk[Completed]:
    """Ask all questions on a record and merge what the answers add to it."""
    counts, calls, unreadable = Counter[str](), 0, 0
    known = example
    if (row := type_question(example, desk)) is not None:
        named, asked, read = yield from _ask(row, 0, desk)
        calls, unreadable = asked, int(not read)
        known = replace(example, entity=(*example.entity, *_typed(named, example)))
    topics = desk.judge.topics(known, mentioned=desk.options.topics == "mentioned")
    samples: list[list[Triple]] = []
    for number, rows in enumerate(questions(example, desk, topics)):
        triples: list[Triple] = []
        for row in rows:
            given, asked, read = yield from _ask(row, number, desk)
            calls += asked
            unreadable += not read
            triples += _judged(given, row, known, desk, topics, counts)
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
) -> Generator[Request, Answer, tuple[list[Mapping[str, str]], int, bool]]:
    """What an answer says, how often was asked for it, and whether it could be read."""
    attempts = desk.options.attempts
    for attempt in range(attempts):
        # Samples in the same words are calls of their own.
        answer = yield request_for(row, sample * attempts + attempt, desk)
        given, read = read_answer(row, answer.text)
        if read and answer.text.strip():
            return given, attempt + 1, True
        if answer.finish == TOO_LONG:  # for the model, whatever the attempt
            return [], attempt + 1, False
    return [], attempts, False


def _typed(named: Iterable[Mapping[str, str]], example: Example) -> list[Mention]:
    """What the model names, where it stands in the text: only to know the types of ends."""
    return [
        Mention(example.text[start:end], entry["type"], start, end, None, "model")
        for entry in named
        for start, end in spans_of(example.text, entry["entity"])[:1]
    ]


def _judged(
    given: list[Mapping[str, str]],
    row: InstructionRow,
    example: Example,
    desk: Desk,
    topics: Sequence[Topic],
    counts: Counter[str],
) -> list[Triple]:
    """The triples that stand up to the text and the schema; the others are counted by reason."""
    lang = lang_of(example) or "zh"
    task = TASKS[row.task]
    asked = {x.key[0 if task.name == "re" else 1] for x in read_schema(task, row.schema)}
    kept = []
    for one in dict.fromkeys(Given(**entry) for entry in given):
        known = one.relation in asked
        found = desk.judge.judge(one, example, lang, topics) if known else UNKNOWN_RELATION
        if isinstance(found, str):
            counts[found] += 1
        else:
            kept.append(found)
    return kept
