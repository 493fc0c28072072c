"""How `predict` runs from the command line: progress, and what is told in the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kg2instruct.cli.call_progress import check_answered
from kg2instruct.cli.options import messages
from kg2instruct.cli.show import show_counts
from kg2instruct.records import InstructionRow
from trainer.inference.decoding import Decoding
from trainer.inference.predict import Predicted, predict
from trainer.inference.rows import RowsReport, count_rows, read_rows

if TYPE_CHECKING:
    from kg2instruct.chat import CallOptions, Model
    from trainer.inference.model import ModelOptions

_SECONDS_BETWEEN_LINES = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a command was given, whoever answers."""

    rows: Path
    out: Path
    split: str
    limit: int | None
    strict: bool
    fresh: bool
    quiet: bool
    system: str
    decoding: Decoding
    report: RowsReport = field(default_factory=RowsReport)

    def read(self) -> Iterator[InstructionRow]:
        """The rows, counted into the report."""
        return read_rows(
            self.rows, split=self.split, limit=self.limit, strict=self.strict, report=self.report
        )


def by_model(job: Job, options: ModelOptions, batch_size: int) -> None:
    """Answer with a model on this machine, on as many devices as are named."""
    from trainer.inference.generate import LocalGenerator
    from trainer.inference.loading import devices, quieten
    from trainer.inference.model import load_model
    from trainer.inference.pool import PoolGenerator

    quieten()
    next(read_rows(job.rows, split=job.split), None)  # what cannot be read is told before a model is loaded
    places = devices(options.device)
    with _shown(job) as shown:
        if len(places) > 1:
            with PoolGenerator(options, job.decoding, places) as pool:
                done = predict(
                    job.read(), pool, job.out, batch_size=batch_size, fresh=job.fresh, tell=shown.tell
                )
        else:
            model = load_model(replace(options, device=places[0]))
            for note in model.notes:
                messages.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True, highlight=False)
            one = LocalGenerator(model, job.decoding)
            done = predict(job.read(), one, job.out, batch_size=batch_size, fresh=job.fresh, tell=shown.tell)
    _show(job, done)


def by_endpoint(job: Job, model: Model, calls: CallOptions) -> None:
    """Answer with an endpoint. Raises EndpointDownError where it answered nothing."""
    from trainer.inference.endpoint import predict_at

    with _shown(job) as shown:
        done = predict_at(
            job.read(),
            job.out,
            model=model,
            calls=calls,
            decoding=job.decoding,
            system=job.system,
            fresh=job.fresh,
            tell=shown.tell,
        )
    _show(job, done)
    check_answered(done.answers, done.not_done)


def _show(job: Job, done: Predicted) -> None:
    if job.quiet:
        return
    counts: dict[str, object] = {"rows": job.report.rows, "answers": done.answers}
    counts |= {"answers of an earlier run": done.earlier} if done.earlier else {}
    names = {
        "length": "answers cut at --max-new-tokens",
        "too long": "rows too long for the model: no answer",
    }
    counts |= {names.get(x, f"answers ended by: {x}"): n for x, n in done.finishes.items() if x != "stop"}
    counts |= {f"not done: {reason}": n for reason, n in done.not_done.items()}
    counts |= {f"bad rows: {reason}": n for reason, n in job.report.bad.items()}
    show_counts(str(job.out), counts, messages)
    if done.too_long:
        messages.print(f"too long: {escape(', '.join(done.too_long))} …", soft_wrap=True, highlight=False)
    if job.report.first_bad:
        messages.print(f"first bad row: {escape(job.report.first_bad)}", soft_wrap=True, highlight=False)
    if done.not_done:
        messages.print("the same command asks again for what is not done")


def _shown(job: Job) -> _Shown:
    total = None
    if messages.is_terminal and not job.quiet:
        total = count_rows(job.rows, split=job.split, limit=job.limit)
    return _Shown(total, quiet=job.quiet)


class _Shown:
    """Progress: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int | None, *, quiet: bool) -> None:
        self._total, self._quiet = total, quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._told = time.monotonic()

    def __enter__(self) -> _Shown:
        if messages.is_terminal and not self._quiet:
            columns = (TextColumn("answering"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=messages, transient=True)
            self._task = self._bar.add_task("answering", total=self._total)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def tell(self, done: Predicted) -> None:
        """Show how far a run is."""
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done.answers)
        elif not self._quiet and time.monotonic() - self._told > _SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            messages.print(f"{done.answers:,} rows answered", style="dim", highlight=False)
