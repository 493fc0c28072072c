"""A file of records completed, in the same order; records that are not done are written as they were.

A run keeps nothing but the journal of answers: the same command goes on from there and writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from kg2instruct.chat import CallOptions, Done, Journal, NotDone
from kg2instruct.chat.local import AnswerAll, run_talks_in_batches
from kg2instruct.chat.plan import Plan, plan
from kg2instruct.complete.outcomes import Completed, Summary
from kg2instruct.complete.questions import Desk
from kg2instruct.complete.talk import converse
from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.records import Example

Tell = Callable[[Summary], None]


def complete_file(
    examples: Iterable[Example],
    out: Path,
    desk: Desk,
    calls: CallOptions | AnswerAll,
    *,
    journal: Path | None = None,
    tell: Tell | None = None,
    batch: int = 16,
) -> Summary:
    """Complete records by an endpoint, or by a function that answers a batch of requests; return the counts.

    Raises AccessError or EndpointDownError (the journal keeps all answers) and OutputError.
    """
    summary = Summary()
    with Journal(journal or journal_beside(out)) as answers, atomic_writer(out) as file:

        def handle(example: Example, state: Done[Completed] | NotDone) -> None:
            summary.records += 1
            summary.triples += len(example.relation)
            if isinstance(state, NotDone):
                summary.not_done[state.reason] += 1
                file.write(encode(example))
            else:
                summary.count(state.value)
                file.write(encode(state.value.example))
            if tell:
                tell(summary)

        talks = ((example, converse(example, desk)) for example in examples)
        if isinstance(calls, CallOptions):
            from kg2instruct.chat.client import Usage
            from kg2instruct.chat.run import run_talks

            usage = Usage()

            def counted(example: Example, state: Done[Completed] | NotDone) -> None:
                summary.calls = usage.to_json(answers.cost)
                handle(example, state)

            run_talks(talks, counted, journal=answers, model=desk.model, options=calls, usage=usage)
            summary.calls = usage.to_json(answers.cost)
        else:
            asked = run_talks_in_batches(talks, handle, calls, journal=answers, size=batch)
            summary.calls = {"answered": asked}
    return summary


def plan_file(examples: Iterable[Example], desk: Desk, journal: Path) -> Plan:
    """Calls, tokens and cost that records would take; nothing is sent."""
    talks = (converse(example, desk) for example in examples)
    if not journal.exists():
        return plan(talks, desk.model, desk.tokens, None)
    with Journal(journal) as answers:
        return plan(talks, desk.model, desk.tokens, answers)


def journal_beside(out: Path) -> Path:
    """The usual name: OUT.journal."""
    return out.with_name(out.name + ".journal")
