"""A file translated: items in, rows out in the same order, every answer journaled on the way.

A run keeps nothing but the journal. Killed at any moment, the same command asks for what the journal lacks and
writes the same file.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.convert.report import Report
from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.translate.batch import BatchRun, ItemSource
from kg2instruct.translate.client import Caller, CallFailedError, CostReachedError, StoppedError
from kg2instruct.translate.glossary import Glossary, Term
from kg2instruct.translate.items import Item
from kg2instruct.translate.journal import Answer, Journal
from kg2instruct.translate.labels import Labels
from kg2instruct.translate.language import load_identifier
from kg2instruct.translate.models import Model, Tokens
from kg2instruct.translate.options import CallOptions, TranslateOptions
from kg2instruct.translate.outcomes import (
    CALL_FAILED,
    COST_REACHED,
    STOPPED,
    Summary,
    count,
    reject,
    results,
)
from kg2instruct.translate.prompts import load_prompt, load_words
from kg2instruct.translate.replay import replay
from kg2instruct.translate.sample_page import Sample
from kg2instruct.translate.talk import Desk, Outcome, Request, Talk, converse

# Items ahead of the oldest one that is not done yet, for each call that may be under way.
_AHEAD = 32

Tell = Callable[[Summary], None]
Finished = tuple[Item, Outcome | str]


@dataclass(frozen=True, slots=True)
class Paths:
    """Files of a run; `rejects` and `report` lie beside `out` unless named."""

    out: Path
    journal: Path
    rejects: Path
    report: Path
    batches: Path

    @classmethod
    def beside(cls, out: Path, journal: Path | None = None, rejects: Path | None = None) -> Paths:
        """The usual names: OUT.journal, OUT.rejects.jsonl, OUT.report.json, OUT.batches."""

        def named(end: str) -> Path:
            return out.with_name(out.name + end)

        return cls(
            out,
            journal or named(".journal"),
            rejects or named(".rejects.jsonl"),
            named(".report.json"),
            named(".batches"),
        )


def make_desk(options: TranslateOptions, model: Model) -> Desk:
    """All that conversations need, from the options; raises ConfigError where prompts are not in order."""
    if "language" not in options.skip:
        load_identifier()  # what is missing is told before anything is paid
    names: Callable[[str], Iterable[Term]] | None = None
    if options.kb is not None:
        from kg2instruct.translate.known_names import KnownNames

        names = KnownNames.open(options.kb, options.source, options.to)
    return Desk(
        options,
        load_prompt(options.mode, options.prompts),
        load_words(options.to, options.prompts),
        model,
        Tokens(model.name),
        Glossary(options.glossary, names),
        Labels(options.to, dict(options.glossary)),
    )


async def finish(talk: Talk, request: Request, caller: Caller, journal: Journal) -> Outcome | str:
    """Make the calls that a conversation still needs; a text says why it could not be finished."""
    try:
        answer: Answer | None = None
        while True:
            answer = journal.get(request.key) or await caller.ask(request)
            request = talk.send(answer)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    except CostReachedError:
        return COST_REACHED
    except StoppedError:
        return STOPPED
    except CallFailedError as error:
        return f"{CALL_FAILED}: {error}"


async def converse_all(
    items: Iterable[Item], desk: Desk, caller: Caller, journal: Journal, ahead: int
) -> AsyncGenerator[Finished, None]:
    """Each item with what became of it, in order; at most `ahead` of them are in memory."""
    window: deque[tuple[Item, asyncio.Future[Outcome | str]]] = deque()
    source = iter(items)
    try:
        while True:
            while len(window) < ahead and (item := next(source, None)) is not None:
                window.append((item, _begin(item, desk, caller, journal)))
                if window[0][1].done():
                    break  # hand on what is done before reading further
            if not window:
                return
            item, future = window.popleft()
            yield item, await future
    finally:
        caller.stopping = True  # what is under way is paid for: let it end
        await asyncio.gather(*(future for _, future in window), return_exceptions=True)


def _begin(item: Item, desk: Desk, caller: Caller, journal: Journal) -> asyncio.Future[Outcome | str]:
    talk = converse(item, desk)
    state = replay(talk, journal)
    if isinstance(state, Outcome):
        future: asyncio.Future[Outcome | str] = asyncio.get_running_loop().create_future()
        future.set_result(state)
        return future
    return asyncio.create_task(finish(talk, state, caller, journal))


def translate_file(
    items: Iterable[Item],
    paths: Paths,
    options: TranslateOptions,
    model: Model,
    calls: CallOptions,
    *,
    report: Report | None = None,
    tell: Tell | None = None,
    sample: Sample | None = None,
) -> Summary:
    """Translate items and write rows, rejects and a report; return the counts.

    Raises AccessError or EndpointDownError (the journal keeps all answers) and OutputError.
    """
    desk = make_desk(options, model)
    with Journal(paths.journal) as journal:
        return asyncio.run(_translate(items, paths, desk, journal, calls, report or Report(), tell, sample))


async def _translate(
    items: Iterable[Item],
    paths: Paths,
    desk: Desk,
    journal: Journal,
    calls: CallOptions,
    report: Report,
    tell: Tell | None,
    sample: Sample | None,
) -> Summary:
    caller = Caller(journal, desk.model, calls)
    summary = Summary()
    ahead = _AHEAD * calls.concurrency
    try:
        with atomic_writer(paths.out) as rows, atomic_writer(paths.rejects) as rejects, _interrupts(caller):
            async with aclosing(converse_all(items, desk, caller, journal, ahead)) as finished:
                async for _, outcome in finished:
                    settle(outcome, desk, summary, rows.write, rejects.write, sample)
                    summary.calls = caller.usage.to_json(journal.cost)
                    if tell:
                        tell(summary)
            if caller.interrupted:
                raise KeyboardInterrupt
    finally:
        await caller.close()
    return _told(summary, paths, report)


def translate_in_batches(
    items: ItemSource,
    paths: Paths,
    options: TranslateOptions,
    model: Model,
    calls: CallOptions,
    *,
    report: Report | None = None,
    wait: bool = True,
    poll: float = 30.0,
    tell: Callable[[str], None] = lambda _: None,
    sample: Sample | None = None,
) -> Summary | None:
    """Translate through the Batch API; null when `wait` is false and answers are still awaited.

    `items` is called for each pass over the input; what cannot be read is counted in the first one.
    """
    desk = make_desk(options, model)
    report = report or Report()
    with Journal(paths.journal) as journal:
        run = BatchRun(items, desk, journal, paths.batches, calls)
        if not run.run(wait=wait, poll=poll, tell=tell):
            return None
        summary = Summary()
        with atomic_writer(paths.out) as rows, atomic_writer(paths.rejects) as rejects:
            for _, outcome in run.outcomes():
                settle(outcome, desk, summary, rows.write, rejects.write, sample)
        summary.calls = run.usage.to_json(journal.cost)
    return _told(summary, paths, report)


def _told(summary: Summary, paths: Paths, report: Report) -> Summary:
    summary.unreadable = sum(report.dropped.values())
    with atomic_writer(paths.report) as out:
        out.write(encode(summary.to_json()))
    return summary


def settle(
    outcome: Outcome | str,
    desk: Desk,
    summary: Summary,
    write_row: Callable[[bytes], object],
    write_reject: Callable[[bytes], object],
    sample: Sample | None = None,
) -> None:
    """Count what became of an item, and write its rows or its reject."""
    summary.items += 1
    if isinstance(outcome, str):
        summary.not_done[outcome] += 1
        return
    count(outcome, summary)
    if sample:
        sample.show(outcome)
    for row in results(outcome, desk, summary):
        write_row(encode(row))
    if outcome.texts is None:
        write_reject(encode(reject(outcome)))


@contextmanager
def _interrupts(caller: Caller) -> Iterator[None]:
    """The first interrupt lets calls under way end, so that what is paid is kept; the second one does not."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        caller.interrupted = caller.stopping = True
        with suppress(NotImplementedError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)

    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except (NotImplementedError, ValueError, RuntimeError):  # not this system, or not the main thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
