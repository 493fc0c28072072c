"""How a translation is run from the command line: progress, plans and summaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kg2instruct.chat import CallOptions, Journal, Model
from kg2instruct.cli.call_progress import CallProgress, calls_shown, check_answered, check_price, tell_basis
from kg2instruct.cli.options import messages
from kg2instruct.cli.show import show_counts
from kg2instruct.convert.report import Report
from kg2instruct.translate import Item, Summary, TranslateOptions
from kg2instruct.translate.plan import plan
from kg2instruct.translate.run import Paths, make_desk, translate_file, translate_in_batches
from kg2instruct.translate.sample_page import Sample

_SAMPLE = 30


@dataclass(frozen=True)
class Job:
    """All that one command was given; `items` reads the input once, counting into the report it is handed."""

    items: Callable[[Report], Iterable[Item]]
    paths: Paths
    options: TranslateOptions
    model: Model
    calls: CallOptions
    report: Report
    sample_page: Path | None
    quiet: bool

    def __post_init__(self) -> None:
        check_price(self.model, self.calls)


def live(job: Job) -> Summary:
    """Translate by calls, with progress."""
    sample = Sample(_SAMPLE) if job.sample_page else None
    shown = nullcontext() if job.quiet else CallProgress("translating", _count(job))
    with shown as progress:
        summary = translate_file(
            job.items(job.report),
            job.paths,
            job.options,
            job.model,
            job.calls,
            report=job.report,
            tell=partial(_tell, progress) if progress else None,
            sample=sample,
        )
    if sample and job.sample_page:
        sample.write(job.sample_page, summary)
    return summary


def in_batches(job: Job, *, wait: bool, poll: float) -> Summary | None:
    """Translate through the Batch API; None where answers are still awaited."""
    sample = Sample(_SAMPLE) if job.sample_page else None
    reports = iter([job.report])

    def say(line: str) -> None:
        if not job.quiet:
            messages.print(line, highlight=False, soft_wrap=True)

    summary = translate_in_batches(
        lambda: job.items(next(reports, Report())),
        job.paths,
        job.options,
        job.model,
        job.calls,
        report=job.report,
        wait=wait,
        poll=poll,
        tell=say,
        sample=sample,
    )
    if summary is None:
        say("batches are under way; the same command collects their answers")
    elif sample and job.sample_page:
        sample.write(job.sample_page, summary)
    return summary


def show_plan(job: Job, *, batch: bool) -> None:
    """Tell what the run would take; data to standard output as JSON."""
    from kg2instruct.cli.show import print_json

    desk = make_desk(job.options, job.model)
    with Journal(job.paths.journal) if job.paths.journal.exists() else nullcontext() as journal:
        told = plan(job.items(job.report), desk, journal, batch=batch)
    if not job.quiet:
        tell_basis(told.calls, job.model)
    print_json(told.to_json())


def tell(summary: Summary, job: Job) -> None:
    """Show what came of a run. Raises EndpointDownError where nothing did, because calls failed."""
    if not job.quiet:
        _show(summary, job.paths)
    check_answered(summary.done + summary.rejected, summary.not_done)


def _show(summary: Summary, paths: Paths) -> None:
    """The counts of a run, as a table, and where the rows are that were put aside."""
    data = summary.to_json()
    names = ("items", "done", "rejected", "unreadable", "rows", "records", "passed_first_time_share")
    shown: dict[str, object] = {name.replace("_", " "): data[name] for name in names if data[name]}
    shown |= {f"unreadable: {reason}": number for reason, number in data["unreadable_reasons"].items()}
    shown |= {f"not done: {reason}": number for reason, number in data["not_done"].items()}
    shown |= {f"not accepted: {check}": number for check, number in data["failed_checks"].items()}
    shown |= data["projection"]
    shown |= calls_shown(data["calls"])
    show_counts(str(paths.out), shown, messages)
    if summary.rejected or data["unreadable"]:
        messages.print(
            f"put aside, with reasons: {paths.rejects}", highlight=False, markup=False, soft_wrap=True
        )


def _tell(progress: CallProgress, summary: Summary) -> None:
    progress.tell(summary.items, summary.calls, f"{summary.rejected} rejected")


def _count(job: Job) -> int | None:
    """The number of items, where somebody looks at the time left."""
    return sum(1 for _ in job.items(Report())) if messages.is_terminal else None
