"""The one piece of machinery for parallel, resumable work: units in, one finished marker a unit out.

A stage is cut into units that depend on its input alone. Each unit's output is written aside and renamed, and
then a marker `NAME.done.json` with its tally is written; a unit with a marker is never done again. So a run
that was killed at any moment goes on where it stopped and ends with the same bytes, whatever the number of
workers.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from kg2instruct.errors import Kg2InstructError, OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.engine import DONE, Engine, Processes
from kg2instruct.pipeline.pool import WORKER_GC
from kg2instruct.pipeline.progress import Progress
from kg2instruct.share import Share, ShareDone

EXAMPLES = 5  # of each kind of problem


class Unit(Protocol):
    """A piece of a stage's input: `name` orders and identifies it, `size` is its weight for progress."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...


@dataclass(slots=True)
class Tally:
    """What was counted, and of problems where the first few are (`file:position`)."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add_examples(self, kind: str, examples: Sequence[str]) -> None:
        """Note where a problem is, unless enough are noted of its kind."""
        told = self.examples.setdefault(kind, [])
        told.extend(examples[: EXAMPLES - len(told)])

    def merge(self, counts: Mapping[str, int], examples: Mapping[str, Sequence[str]]) -> None:
        """Add what another one counted."""
        self.counts.update(counts)
        for kind, found in examples.items():
            self.add_examples(kind, found)


U_contra = TypeVar("U_contra", bound=Unit, contravariant=True)
U = TypeVar("U", bound=Unit)


class Stage(Protocol[U_contra]):
    """What is done with each unit; sent to the workers once, so it must be picklable."""

    def open(self) -> None:
        """Load what all units need; called before the first unit, and before forking."""

    def run(self, unit: U_contra, folder: Path) -> Tally:
        """Do one unit: write its output files into `folder` (each atomically) and return its tally."""


@dataclass(slots=True)
class StageReport:
    """What a stage did: names of finished units in order, what they counted, and units that failed."""

    folder: Path
    units: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    failed: dict[str, str] = field(default_factory=dict)
    resumed: int = 0

    def outputs(self, suffix: str) -> list[Path]:
        """The files `NAME<suffix>` of all finished units, in the order of their names."""
        return [self.folder / f"{name}{suffix}" for name in self.units]


def run_units(
    units: Iterable[U],
    stage: Stage[U],
    folder: Path,
    *,
    workers: int,
    progress: Progress,
    engine: Engine | None = None,
    share: Share | None = None,
) -> StageReport:
    """Run `stage` over all units that have no marker in `folder` yet; memory holds at most 2 units a worker.

    Units are done by `workers` processes of this machine, unless an engine does them elsewhere. With a share
    only its units are done; ShareDone is raised while others are missing.

    A unit whose worker dies (out of memory, say) is tried again at the end, alone; when that fails too it is
    told in `failed` and left out. Exceptions of the stage end the run.
    """
    make_folder(folder)
    report = StageReport(folder)
    names: list[str] = []
    todo = _without_done(units, folder, names, report, progress, share)
    first = next(todo, None)
    if first is not None:
        rest, task = chain((first,), todo), _UnitTask(stage, folder)
        if engine is not None or workers > 1:
            _run_in_workers(rest, task, engine or Processes(workers), report, progress)
        else:
            with _rare_collection():
                task.open()
                for unit in rest:
                    task.do(unit)
                    progress.advance(unit.size)
    if share is not None:
        _require_others(names, report, share)
    _add_up(sorted(names), report)
    return report


def _require_others(names: Sequence[str], report: StageReport, share: Share) -> None:
    """Stop where units of other shares, or of this one, are not done."""
    if report.failed:
        name, why = next(iter(report.failed.items()))
        raise Kg2InstructError(f"share {share}: unit {name}: {why}; the same command tries it again")
    missing = sum(not _marker(report.folder, name).exists() for name in names)
    if missing:
        raise ShareDone(
            f"share {share} of {report.folder.name} is done; {missing} of all {len(names)} units are still "
            "with other shares, after which the same command goes on"
        )


@contextmanager
def _rare_collection() -> Iterator[None]:
    """What workers do about garbage, for work in this process."""
    before = gc.get_threshold()
    gc.set_threshold(*WORKER_GC)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def make_folder(folder: Path) -> None:
    """Create a folder, or say why it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: {error.strerror or error}; name a folder that can be written with --out"
        ) from error


def _marker(folder: Path, name: str) -> Path:
    """The file that says that unit `name` is whole."""
    return folder / f"{name}{DONE}"


def _without_done(
    units: Iterable[U],
    folder: Path,
    names: list[str],
    report: StageReport,
    progress: Progress,
    share: Share | None,
) -> Iterator[U]:
    for position, unit in enumerate(units):
        names.append(unit.name)
        if share is not None and not share.holds(position):
            progress.advance(unit.size, fresh=False)
        elif _marker(folder, unit.name).exists():
            report.resumed += 1
            progress.advance(unit.size, fresh=False)
        else:
            yield unit


@dataclass(slots=True)
class _UnitTask:
    """A stage as the workers see it: the marker is written behind the output."""

    stage: Stage[Any]
    folder: Path

    def open(self) -> None:
        self.stage.open()

    def do(self, unit: Unit) -> None:
        tally = self.stage.run(unit, self.folder)
        content = {"counts": dict(sorted(tally.counts.items())), "examples": tally.examples}
        with atomic_writer(_marker(self.folder, unit.name)) as out:
            out.write(msgspec.json.encode(content))


def _run_in_workers(
    units: Iterator[Any], task: _UnitTask, engine: Engine, report: StageReport, progress: Progress
) -> None:
    died: list[Any] = []
    done = 0
    for outcome in engine.spread(units, task):
        if not outcome.death:
            done += 1
            progress.advance(outcome.unit.size)
            continue
        died.append(outcome.unit)
        if not done and len(died) > 2 * engine.workers:
            raise Kg2InstructError(
                f"no worker lives long enough to do anything: unit {outcome.unit.name}: {outcome.death}"
            )
    for unit in died:
        for outcome in engine.spread(iter((unit,)), task):
            if outcome.death:
                report.failed[unit.name] = f"{outcome.death}, twice"
            progress.advance(unit.size)


def _add_up(names: Sequence[str], report: StageReport) -> None:
    """Read the markers back, in order: what is told does not depend on which worker was faster."""
    for name in names:
        if name in report.failed:
            continue
        content = msgspec.json.decode(_marker(report.folder, name).read_bytes())
        report.units.append(name)
        report.tally.merge(content["counts"], content["examples"])
    report.failed = dict(sorted(report.failed.items()))


def require_units(report: StageReport, what: str) -> None:
    """Raise when not one unit of a stage could be done."""
    if report.failed and not report.units:
        name, why = next(iter(report.failed.items()))
        raise Kg2InstructError(f"{what}: no part could be done; unit {name}: {why}")
