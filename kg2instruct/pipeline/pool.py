"""Worker processes that may die at any moment: the parent always knows which unit each one had.

Each worker has a pipe of its own and one unit at a time. The end of a worker closes its pipe, which wakes the
parent; the end of the parent ends its workers. No thread of ours lives in the parent, so forking is safe at any time.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any, Generic, Protocol, TypeVar

from kg2instruct.errors import Kg2InstructError

U = TypeVar("U")
U_contra = TypeVar("U_contra", contravariant=True)

# Forked workers share what was loaded before; macOS frameworks do not survive forking, Windows has none.
FORKS = sys.platform.startswith("linux")


# Pages become many small records and few cycles: looking for cycles less often saves a fifth of the time.
WORKER_GC = (20_000, 20, 50)


class Task(Protocol[U_contra]):
    """What workers do with each unit; picklable, for systems that cannot fork."""

    def open(self) -> None:
        """Load what all units need; called once, before forking where that is possible."""

    def do(self, unit: U_contra) -> None:
        """Do one unit."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[U]):
    """A unit that is over; `death` says how its worker died over it, empty when it was done."""

    unit: U
    death: str = ""


def spread(units: Iterator[U], task: Task[U], workers: int) -> Iterator[Outcome[U]]:
    """Do units in up to `workers` processes; yield each as soon as it is over, in any order.

    Units are taken from the iterator only as they are needed, at most one in waiting for each worker. An
    exception in a worker is raised here, and all other workers are ended.
    """
    crew = _Crew(task, workers)
    try:
        yield from crew.outcomes(units)
        crew.dismiss()
    finally:
        crew.kill()


class _Crew(Generic[U]):
    def __init__(self, task: Task[U], workers: int) -> None:
        self.task, self.workers = task, workers
        self.context: BaseContext = multiprocessing.get_context("fork" if FORKS else "spawn")
        self.busy: dict[Connection, _Worker[U]] = {}
        self.idle: list[_Worker[U]] = []
        self.hired: list[_Worker[U]] = []
        self.opened = False

    def outcomes(self, units: Iterator[U]) -> Iterator[Outcome[U]]:
        ready: deque[U] = deque()
        more = True
        while True:
            while ready and len(self.busy) < self.workers:
                yield from self._hand_out(ready.popleft())
            if more and (len(self.busy) < self.workers or (len(ready) < self.workers and not self._waits(0))):
                unit = next(units, None)  # while nobody waits for the parent, it prepares units ahead
                more = unit is not None
                if unit is not None:
                    ready.append(unit)
            elif self.busy:
                for pipe in self._waits(None):
                    yield self._collect(self.busy.pop(pipe))
            else:
                return

    def _waits(self, seconds: float | None) -> list[Connection]:
        """The pipes of workers that have answered or died."""
        return [pipe for pipe in wait(list(self.busy), seconds) if isinstance(pipe, Connection)]

    def _hand_out(self, unit: U) -> Iterator[Outcome[U]]:
        worker = self.idle.pop() if self.idle else self._hire()
        if worker.give(unit):
            self.busy[worker.pipe] = worker
        else:
            yield Outcome(unit, worker.death())

    def _hire(self) -> _Worker[U]:
        if FORKS and not self.opened:
            self.task.open()
            self.opened = True
        gc.freeze()  # so that a collection in a worker does not copy the pages it shares with us
        try:
            worker = _Worker(self.context, self.task)
        finally:
            gc.unfreeze()
        self.hired = [*(other for other in self.hired if other.process.is_alive()), worker]
        return worker

    def _collect(self, worker: _Worker[U]) -> Outcome[U]:
        unit = worker.unit
        if unit is None:
            raise RuntimeError("a worker answered without having been asked")
        try:
            error = worker.pipe.recv()
        except (EOFError, OSError):
            return Outcome(unit, worker.death())
        worker.unit = None
        if error is not None:
            raise error
        self.idle.append(worker)
        return Outcome(unit)

    def dismiss(self) -> None:
        """Let idle workers end by themselves."""
        for worker in self.idle:
            with suppress(OSError):
                worker.pipe.send(None)
        for worker in self.idle:
            worker.process.join(5)

    def kill(self) -> None:
        """End all workers now; what they had begun to write never gets its name."""
        for worker in self.hired:
            worker.process.kill()
        for worker in self.hired:
            worker.process.join()
            worker.pipe.close()


class _Worker(Generic[U]):
    """The parent's side of one worker process."""

    def __init__(self, context: BaseContext, task: Task[U]) -> None:
        self.pipe, theirs = context.Pipe()
        self.unit: U | None = None
        # The context's type in typeshed lacks Process.
        self.process: multiprocessing.Process = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(task, theirs, FORKS), daemon=True
        )
        with warnings.catch_warnings():
            # From Python 3.12 on: threads of Arrow and BLAS live here. Both libraries start anew in a fork.
            warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
            self.process.start()
        theirs.close()  # so that only the worker holds it, and its end is the pipe's end

    def give(self, unit: U) -> bool:
        """Send a unit; False when the worker is dead."""
        self.unit = unit
        try:
            self.pipe.send(unit)
        except OSError:
            return False
        return True

    def death(self) -> str:
        """How the worker ended, in words."""
        self.process.join()
        self.pipe.close()
        code = self.process.exitcode or 0
        if code >= 0:
            return f"its process ended with status {code}"
        name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else str(-code)
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{hint}"


def _serve(task: Task[Any], pipe: Connection, opened: bool) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(*WORKER_GC)
    failure = None if opened else attempt(task.open)
    with suppress(EOFError, BrokenPipeError):
        while (unit := pipe.recv()) is not None:
            pipe.send(failure or attempt(partial(task.do, unit)))


def attempt(step: Callable[[], None]) -> Exception | None:
    """Take a step; give back the exception that ended it, in a form that can be sent to another process."""
    try:
        step()
    except Exception as error:  # raised again in the parent
        return _portable(error)
    return None


def _portable(error: Exception) -> Exception:
    """The exception itself where it can be sent to the parent, else one that says the same."""
    from multiprocessing.reduction import ForkingPickler

    expected = isinstance(error, Kg2InstructError)  # its message says all
    if not expected:
        error.add_note("in a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:  # whatever the exception's class does when it is pickled
        return Kg2InstructError(str(error)) if expected else RuntimeError("".join(error.__notes__))
    return error


def _end_with_parent() -> None:
    """Leave with the parent: a worker that nobody reads would write into a later run's folder."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
