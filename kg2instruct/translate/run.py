"""A file translated: items in, rows out in the same order, every answer journaled on the way.

A run keeps nothing but the journal. Killed at any moment, the same command asks for what the journal lacks and
writes the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.chat import CallOptions, Done, Journal, Model, NotDone, Tokens
from kg2instruct.convert.report import Note, Report
from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.translate.checks import known
from kg2instruct.translate.glossary import Glossary, Term
from kg2instruct.translate.items import Item
from kg2instruct.translate.labels import Labels
from kg2instruct.translate.language import load_identifier
from kg2instruct.translate.options import TranslateOptions
from kg2instruct.translate.outcomes import Summary, count, reject, results, unread
from kg2instruct.translate.prompts import load_prompt, load_words
from kg2instruct.translate.sample_page import Sample
from kg2instruct.translate.talk import Desk, Outcome, converse

Tell = Callable[[Summary], None]
ItemSource = Callable[[], Iterable[Item]]


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
    known(options.skip)
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
    from kg2instruct.chat.client import Usage
    from kg2instruct.chat.run import run_talks

    desk, summary, usage = make_desk(options, model), Summary(), Usage()
    report = report or Report()
    with (
        Journal(paths.journal) as journal,
        atomic_writer(paths.out) as rows,
        atomic_writer(paths.rejects) as rejects,
    ):

        def handle(_: Item, outcome: Done[Outcome] | NotDone) -> None:
            settle(outcome, desk, summary, rows.write, rejects.write, sample)
            summary.calls = usage.to_json(journal.cost)
            if tell:
                tell(summary)

        def put_aside(note: Note) -> None:
            rejects.write(encode(unread(note)))

        report.tell = put_aside
        talks = ((item, converse(item, desk)) for item in items)
        run_talks(talks, handle, journal=journal, model=model, options=calls, usage=usage)
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
    """Translate through the Batch API; None when `wait` is false and answers are still awaited.

    `items` is called for each pass over the input; what cannot be read is counted in the first one.
    """
    from kg2instruct.chat.batch import BatchRun

    desk, notes = make_desk(options, model), list[Note]()
    report = report or Report()
    report.tell = notes.append
    with Journal(paths.journal) as journal:
        run = BatchRun(
            lambda: ((item, converse(item, desk)) for item in items()),
            journal,
            paths.batches,
            model=model,
            options=calls,
        )
        if not run.run(wait=wait, poll=poll, tell=tell):
            return None
        summary = Summary()
        with atomic_writer(paths.out) as rows, atomic_writer(paths.rejects) as rejects:
            rejects.writelines(encode(unread(note)) for note in notes)
            for _, outcome in run.outcomes():
                settle(outcome, desk, summary, rows.write, rejects.write, sample)
        summary.calls = run.usage.to_json(journal.cost)
    return _told(summary, paths, report)


def _told(summary: Summary, paths: Paths, report: Report) -> Summary:
    for (_, reason), number in report.dropped.items():
        summary.unreadable[reason] += number
    with atomic_writer(paths.report) as out:
        out.write(encode(summary.to_json()))
    return summary


def settle(
    finished: Done[Outcome] | NotDone,
    desk: Desk,
    summary: Summary,
    write_row: Callable[[bytes], object],
    write_reject: Callable[[bytes], object],
    sample: Sample | None = None,
) -> None:
    """Count what became of an item, and write its rows or its reject."""
    summary.items += 1
    if isinstance(finished, NotDone):
        summary.not_done[finished.reason] += 1
        return
    outcome = finished.value
    count(outcome, summary)
    if sample:
        sample.show(outcome)
    for row in results(outcome, desk, summary):
        write_row(encode(row))
    if outcome.texts is None:
        write_reject(encode(reject(outcome)))
