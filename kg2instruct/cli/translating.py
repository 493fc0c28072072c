"""How a translation is run from the command line: progress, plans and summaries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kg2instruct.cli.options import messages
from kg2instruct.cli.show import show_counts
from kg2instruct.convert.report import Report
from kg2instruct.errors import ConfigError
from kg2instruct.translate import CallOptions, Item, Summary, TranslateOptions
from kg2instruct.translate.journal import Journal
from kg2instruct.translate.models import Model
from kg2instruct.translate.plan import plan
from kg2instruct.translate.run import Paths, make_desk, translate_file, translate_in_batches
from kg2instruct.translate.sample_page import Sample

_SAMPLE = 30
_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_SHOWS = 0.2


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
        if self.calls.max_cost is not None and not self.model.priced:
            raise ConfigError(f"--max-cost needs the price of {self.model.name}: add --price INPUT,OUTPUT")


def live(job: Job) -> Summary:
    """Translate by calls, with progress."""
    sample = Sample(_SAMPLE) if job.sample_page else None
    shown = nullcontext() if job.quiet else Shown(_count(job))
    with shown as progress:
        summary = translate_file(
            job.items(job.report),
            job.paths,
            job.options,
            job.model,
            job.calls,
            report=job.report,
            tell=progress.tell if progress else None,
            sample=sample,
        )
    if sample and job.sample_page:
        sample.write(job.sample_page, summary)
    return summary


def in_batches(job: Job, *, wait: bool, poll: float) -> Summary | None:
    """Translate through the Batch API; null where answers are still awaited."""
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
        how = "counted" if told.exact else "estimated: the tokenizer of this model is not at hand"
        price = (
            "" if job.model.priced else f"; no price is known for {job.model.name}: add --price INPUT,OUTPUT"
        )
        messages.print(f"tokens are {how}{price}", highlight=False, soft_wrap=True)
    print_json(told.to_json())


def show(summary: Summary, out: Path) -> None:
    """The counts of a run, as a table."""
    data = summary.to_json()
    names = ("items", "done", "rejected", "unreadable", "rows", "records", "passed_first_time_share")
    shown: dict[str, object] = {name.replace("_", " "): data[name] for name in names if data[name]}
    shown |= {f"not done: {reason}": number for reason, number in data["not_done"].items()}
    shown |= {f"not accepted: {check}": number for check, number in data["failed_checks"].items()}
    shown |= data["projection"]
    calls = dict(data["calls"])
    shown |= {f"failed calls: {reason}": number for reason, number in calls.pop("failures", {}).items()}
    shown |= {name.replace("_", " ") + (" (US$)" if "cost" in name else ""): n for name, n in calls.items()}
    show_counts(str(out), shown, messages)


def _count(job: Job) -> int | None:
    """The number of items, where somebody looks at the time left."""
    return sum(1 for _ in job.items(Report())) if messages.is_terminal else None


class Shown:
    """Progress: a bar with rate, cost and time left on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._begun = self._told = time.monotonic()

    def __enter__(self) -> Shown:
        if messages.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=messages, transient=True)
            self._task = self._bar.add_task("translating", total=self._total)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def tell(self, summary: Summary) -> None:
        """Show how far a run is."""
        now = time.monotonic()
        between = _SECONDS_BETWEEN_SHOWS if self._bar else _SECONDS_BETWEEN_LINES
        if now - self._told < between:
            return
        self._told = now
        rate = summary.calls.get("answered", 0) / max(now - self._begun, 1e-9)
        line = (
            f"{rate:.1f} calls/s  ${summary.calls.get('cost_of_journal', 0):.2f}  {summary.rejected} rejected"
        )
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=summary.items, description=line)
        else:
            messages.print(f"{summary.items} items, {line}", style="dim", highlight=False, soft_wrap=True)
