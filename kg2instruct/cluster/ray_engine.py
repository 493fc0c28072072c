"""Units on the machines of a Ray cluster: a worker a core, each with an opened stage and one unit at a time.

The driver reads the plan, hands out units, and is the only one that writes to the output folder: files come
back through Ray's object store and get their names when they are whole, the marker last. So it does not matter
which worker or machine dies when; a unit that died is tried once more, on another machine where there is one.
"""

from __future__ import annotations

import dataclasses
import os
import re
import socket
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

from kg2instruct.cluster.sending import Sending
from kg2instruct.cluster.worker import Answer, Request, Worker
from kg2instruct.errors import Kg2InstructError, MissingExtra
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.engine import FolderTask
from kg2instruct.pipeline.pool import WORKER_GC, Outcome

U = TypeVar("U")


class RayEngine:
    """See `Engine`. Without an address a Ray of this machine is started, unless RAY_ADDRESS names a cluster.

    `workers` bounds the units done at once, else all cores of the cluster are used. With `always_copy` (or
    KG2INSTRUCT_COPY=1) machines use copies of their own also of files that they see, such as a store on NFS.
    """

    def __init__(self, address: str = "", workers: int | None = None, *, always_copy: bool = False) -> None:
        self.address, self.most = address, workers
        self.always_copy = always_copy or os.environ.get("KG2INSTRUCT_COPY") == "1"
        self.ray = _import_ray()
        self.folder = f"kg2instruct-{uuid.uuid4().hex}"  # of each machine's folder for temporary files
        self.died_on: dict[str, str] = {}  # units and the machines on which a worker died over them
        self._spare: list[tuple[str, Any]] = []  # machines and workers that wait for the next stage
        self._ours = False

    def __enter__(self) -> RayEngine:
        _check_address(self.address or os.environ.get("RAY_ADDRESS", ""))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def workers(self) -> int:
        """The cores of the cluster, unless fewer are wanted."""
        self._connect()
        cores = int(self.ray.cluster_resources().get("CPU", 0))
        return self.most or max(1, cores)

    def spread(self, units: Iterator[U], task: FolderTask[U]) -> Iterator[Outcome[U]]:
        """See `Engine`."""
        first = next(units, None)
        if first is None:
            return
        crew: _Crew[U] = _Crew(self, task, self.workers, self.died_on.get(_name(first), ""))
        try:
            yield from crew.outcomes(chain((first,), units))
        finally:
            crew.dismiss()

    def close(self) -> None:
        """Remove what is left on the machines, and end the Ray that was started here."""
        if not self.ray.is_initialized():
            return
        self._end_spare()
        with suppress(self.ray.exceptions.RayError):
            cleaners = [self._new(node["NodeID"], cores=0) for node in self._nodes()]
            self.ray.get([cleaner.clear.remote() for cleaner in cleaners], timeout=30)
        if self._ours:
            self.ray.shutdown()

    def hire(self, but: str = "") -> Any:
        """A worker of an earlier stage, or a new one; on another machine than `but`, where there is one."""
        for place, (node, actor) in enumerate(self._spare):
            if node != but:
                del self._spare[place]
                return actor
        self._end_spare()  # their cores are needed
        others = [node["NodeID"] for node in self._nodes() if node["NodeID"] != but]
        return self._new(others[0] if but and others else "")

    def keep(self, workers: Iterable[tuple[str, Any]]) -> None:
        """Keep these workers for the next stage, with the machines that they are on."""
        self._spare += workers

    def _end_spare(self) -> None:
        for _, actor in self._spare:
            self.end(actor)
        self._spare.clear()

    def end(self, actor: Any) -> None:
        """End a worker, whatever it is at."""
        with suppress(self.ray.exceptions.RayError):
            self.ray.kill(actor)

    def _new(self, node: str, *, cores: int = 1) -> Any:
        """A new worker, on one machine or spread over all."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        strategy = NodeAffinitySchedulingStrategy(node, soft=bool(cores)) if node else "SPREAD"
        actor = self.ray.remote(num_cpus=cores, max_restarts=0, scheduling_strategy=strategy)(_RayWorker)
        return actor.remote(self.folder, self.always_copy)

    def _nodes(self) -> list[dict[str, Any]]:
        return [node for node in self.ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]

    def _connect(self) -> None:
        if self.ray.is_initialized():
            return
        address = self.address or os.environ.get("RAY_ADDRESS")
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            if address:
                self.ray.init(address, **options)
            else:
                self.ray.init(num_cpus=self.most, include_dashboard=False, **options)
        except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise Kg2InstructError(
                f"--engine ray:{address or ''}: no cluster to work on: {reason}"
            ) from error
        self._ours = True


class _RayWorker(Worker):
    """The worker in its place."""

    def __init__(self, folder: str, always_copy: bool) -> None:
        import gc
        import tempfile

        import ray

        gc.set_threshold(*WORKER_GC)
        self.node = ray.get_runtime_context().get_node_id()
        super().__init__(
            Path(tempfile.gettempdir()) / f"{folder}-{self.node[:12]}",
            always_copy=always_copy,
            get=ray.get,
        )

    def where(self) -> str:
        """The machine."""
        return self.node


@dataclass(slots=True)
class _Hand(Generic[U]):
    """The driver's side of a worker, with the unit that it has in hand."""

    actor: Any
    request: Request
    unit: U | None = None
    node: str = ""


@dataclass(slots=True)
class _Crew(Generic[U]):
    engine: RayEngine
    task: FolderTask[U]
    size: int
    but: str
    """A machine to keep away from."""
    hands: dict[Any, _Hand[U]] = field(default_factory=dict)
    """Those that are at something, by the reference to its answer."""
    idle: list[_Hand[U]] = field(default_factory=list)
    lost: int = 0
    sending: Sending = field(init=False)
    opening: Request = field(init=False)

    def __post_init__(self) -> None:
        self.sending = Sending(self.engine.ray)
        self.opening = Request.of(self.task, without=self.task.folder)

    def outcomes(self, units: Iterator[U]) -> Iterator[Outcome[U]]:
        ready: deque[U] = deque()
        more = True
        while True:
            while ready and self.idle:
                self._give(self.idle.pop(), ready.popleft())
            while self._unused() < len(ready) and len(self.hands) + len(self.idle) < self.size:
                self._hire()
            if more and len(ready) < self.size and not self._answered(0):
                unit = next(units, None)  # while nobody waits for the driver, it prepares units ahead
                more = unit is not None
                if unit is not None:
                    ready.append(unit)
            elif more or ready or any(hand.unit is not None for hand in self.hands.values()):
                for answer in self._answered(None):
                    yield from self._collect(answer)
            else:
                return

    def _unused(self) -> int:
        """Workers that have no unit, or are still opening the task."""
        return len(self.idle) + sum(hand.unit is None for hand in self.hands.values())

    def _answered(self, seconds: float | None) -> list[Any]:
        ready, _ = (
            self.engine.ray.wait([*self.hands], num_returns=1, timeout=seconds) if self.hands else ([], 0)
        )
        return list(ready)

    def _hire(self) -> None:
        hand: _Hand[U] = _Hand(self.engine.hire(self.but), self.opening)
        self._ask(hand, "open")

    def _give(self, hand: _Hand[U], unit: U) -> None:
        hand.unit, hand.request = unit, Request.of(unit)
        self._ask(hand, "do")

    def _ask(self, hand: _Hand[U], what: str) -> None:
        self.hands[getattr(hand.actor, what).remote(hand.request)] = hand

    def _collect(self, ref: Any) -> Iterator[Outcome[U]]:
        hand = self.hands.pop(ref)
        try:
            answer: Answer = self.engine.ray.get(ref)
            hand.node = hand.node or self.engine.ray.get(hand.actor.where.remote())
        except self.engine.ray.exceptions.RayError as error:
            yield from self._bury(hand, error)
            return
        if answer.error is not None:
            raise answer.error
        if answer.missing:
            sent = self.sending.refs(hand.request.wanted, answer.missing)
            hand.request = dataclasses.replace(hand.request, sent=sent)
            self._ask(hand, "open" if hand.unit is None else "do")
            return
        for name, content in answer.files:
            with atomic_writer(self.task.folder / name, as_it_is=True) as out:
                out.write(content)
        unit, hand.unit = hand.unit, None
        self.idle.append(hand)
        if unit is not None:
            self.sending.forget(hand.request.sent)
            self.lost = 0
            yield Outcome(unit)

    def _bury(self, hand: _Hand[U], error: Exception) -> Iterator[Outcome[U]]:
        reason = _reason(error)
        if hand.unit is not None:
            self.engine.died_on[_name(hand.unit)] = hand.node
            yield Outcome(hand.unit, reason)
            return
        self.lost += 1
        if self.lost > 2 * self.size:
            raise Kg2InstructError(f"no worker of the cluster can start: {reason}")

    def dismiss(self) -> None:
        """End workers that are at something, of which nothing is anywhere yet; the others may be needed again."""
        for hand in self.hands.values():
            self.engine.end(hand.actor)
        self.engine.keep((hand.node, hand.actor) for hand in self.idle)


def _reason(error: Exception) -> str:
    """How a worker died, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next(
        (line for line in reversed(lines) if "Error" in line and ":" in line), lines[0] if lines else ""
    )
    return f"its worker on the cluster ended ({type(error).__name__}: {told[:300]})"


def _name(unit: object) -> str:
    return str(getattr(unit, "name", ""))


def _check_address(address: str) -> None:
    """Raise at once where nobody listens: Ray itself tries for minutes."""
    found = re.fullmatch(r"(?:ray://)?(.+):(\d+)", address)
    if found is None:
        return
    try:
        socket.create_connection((found[1].strip("[]"), int(found[2])), timeout=20).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Kg2InstructError(f"--engine ray:{address}: no cluster to work on: {reason}") from error


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("ray", "cluster") from error
    return ray
