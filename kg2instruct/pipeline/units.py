"""The one piece of machinery for parallel, resumable work: units in, one finished marker a unit out.

A stage is cut into units that depend on its input alone. Each unit's output is written aside and renamed, and then a
marker `NAME.done.json` with its counts is written; a unit with a marker is never done again. So a run that was killed
at any moment goes on where it stopped and ends with the same bytes, whatever the number of workers.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from kg2instruct.errors import Kg2InstructError, OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.progress import Progress

Counts = Mapping[str, int]


class Unit(Protocol):
    """A piece of a stage's input: `name` orders and identifies it, `size` is its weight for progress."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...


U_contra = TypeVar("U_contra", bound=Unit, contravariant=True)
U = TypeVar("U", bound=Unit)


class Stage(Protocol[U_contra]):
    """What is done with each unit; sent to the workers once, so it must be picklable."""

    def open(self) -> None:
        """Load what all units need; called once a process before the first unit."""

    def run(self, unit: U_contra, folder: Path) -> Counts:
        """Do one unit: write its output files into `folder` (each atomically) and return its counts."""


@dataclass(slots=True)
class StageReport:
    """What a stage did: finished unit names in order, summed counts, and units that failed for good."""

    units: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    resumed: int = 0


def marker_path(folder: Path, name: str) -> Path:
    """The file that says that unit `name` is whole."""
    return folder / f"{name}.done.json"


def run_units(
    units: Iterable[U],
    stage: Stage[U],
    folder: Path,
    *,
    workers: int,
    progress: Progress,
) -> StageReport:
    """Run `stage` over all units that have no marker in `folder` yet; at most 2 units a worker are held in memory.

    A worker that dies (out of memory, say) is replaced and its units are tried again one at a time; a unit that kills
    its worker again is told in `failed` and left out. Errors of the stage that are Kg2InstructErrors end the run.
    """
    make_folder(folder)
    report = StageReport()
    todo = _skip_done(units, folder, report, progress)
    if workers <= 1:
        _run_here(todo, stage, folder, report, progress)
    else:
        _Pool(stage, folder, workers, report, progress).run(todo)
    report.units.sort()
    return report


def make_folder(folder: Path) -> None:
    """Create a folder, or say why it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}; name a folder that can be written with --out") from error


def _skip_done(units: Iterable[U], folder: Path, report: StageReport, progress: Progress) -> Iterator[U]:
    for unit in units:
        marker = marker_path(folder, unit.name)
        if marker.exists():
            _account(report, unit.name, msgspec.json.decode(marker.read_bytes()))
            report.resumed += 1
            progress.advance(unit.size, fresh=False)
        else:
            yield unit


def _account(report: StageReport, name: str, counts: Counts) -> None:
    report.units.append(name)
    report.counts.update(counts)


def _finish(folder: Path, name: str, counts: Counts) -> None:
    with atomic_writer(marker_path(folder, name)) as out:
        out.write(msgspec.json.encode(dict(sorted(counts.items()))))


def _run_here(todo: Iterator[U], stage: Stage[U], folder: Path, report: StageReport, progress: Progress) -> None:
    opened = False
    for unit in todo:
        if not opened:
            stage.open()
            opened = True
        counts = stage.run(unit, folder)
        _finish(folder, unit.name, counts)
        _account(report, unit.name, counts)
        progress.advance(unit.size)


# The stage and folder of a worker process, set once when it starts.
_worker: dict[str, Any] = {}


def _start_worker(stage: Stage[Any], folder: Path, opened: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    _worker.update(stage=stage, folder=folder)
    if not opened:
        stage.open()


def _work(unit: Any) -> Counts:
    counts: Counts = _worker["stage"].run(unit, _worker["folder"])
    _finish(_worker["folder"], unit.name, counts)
    return counts


class _Pool:
    """A process pool that outlives the death of its workers."""

    def __init__(
        self, stage: Stage[Any], folder: Path, workers: int, report: StageReport, progress: Progress
    ) -> None:
        self.stage, self.folder, self.workers = stage, folder, workers
        self.report, self.progress = report, progress
        # Forked workers share what the parent has loaded; elsewhere each loads its own.
        self.fork = "fork" in multiprocessing.get_all_start_methods() and os.name == "posix"

    def run(self, todo: Iterator[Any]) -> None:
        first = next(todo, None)
        if first is None:
            return
        if self.fork:
            self.stage.open()
        executor = self._executor(self.workers)
        running: dict[Future[Counts], Any] = {executor.submit(_work, first): first}
        try:
            exhausted = False
            while running:
                while not exhausted and len(running) < 2 * self.workers:
                    unit = next(todo, None)
                    exhausted = unit is None
                    if unit is not None:
                        running[executor.submit(_work, unit)] = unit
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                broken = [running.pop(f) for f in finished if not self._take(f, running[f])]
                if broken:
                    suspects = [*broken, *running.values()]
                    running.clear()
                    executor.shutdown(wait=True, cancel_futures=True)
                    for unit in sorted(suspects, key=lambda u: str(u.name)):
                        self._retry_alone(unit)
                    executor = self._executor(self.workers)
                else:
                    for future in finished:
                        running.pop(future, None)
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def _executor(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("fork" if self.fork else "spawn")
        return ProcessPoolExecutor(
            workers, mp_context=context, initializer=_start_worker, initargs=(self.stage, self.folder, self.fork)
        )

    def _take(self, future: Future[Counts], unit: Any) -> bool:
        """Account for a finished unit; False when its worker died."""
        try:
            counts = future.result()
        except BrokenProcessPool:
            return False
        _account(self.report, unit.name, counts)
        self.progress.advance(unit.size)
        return True

    def _retry_alone(self, unit: Any) -> None:
        marker = marker_path(self.folder, unit.name)
        if marker.exists():
            _account(self.report, unit.name, msgspec.json.decode(marker.read_bytes()))
            self.progress.advance(unit.size)
            return
        with self._executor(1) as executor:
            if not self._take(executor.submit(_work, unit), unit):
                self.report.failed[unit.name] = "the worker process died twice (out of memory?)"


def outputs(folder: Path, report: StageReport, suffix: str) -> list[Path]:
    """The files `NAME<suffix>` of all finished units, in the order of their names."""
    return [folder / f"{name}{suffix}" for name in report.units]


def require_units(report: StageReport, what: str) -> None:
    """Raise when not one unit of a stage could be done."""
    if report.failed and not report.units:
        name, why = next(iter(report.failed.items()))
        raise Kg2InstructError(f"{what}: no part could be done; {name}: {why}")
