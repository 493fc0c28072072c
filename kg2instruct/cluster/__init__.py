"""More than one machine: units of work on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kg2instruct.errors import UnknownName
from kg2instruct.pipeline.engine import Engine


@contextmanager
def open_engine(name: str, workers: int | None = None) -> Iterator[Engine | None]:
    """The engine that `local` or `ray[:ADDRESS]` names; None for processes of this machine.

    Raises UnknownName, MissingExtra where Ray is not installed.
    """
    kind, _, address = name.partition(":")
    if kind not in ("local", "ray") or (kind == "local" and address):
        raise UnknownName("engine", name, ("local", "ray", "ray:ADDRESS"))
    if kind == "local":
        yield None
        return
    from kg2instruct.cluster.ray_engine import RayEngine

    with RayEngine(address, workers) as engine:
        yield engine
