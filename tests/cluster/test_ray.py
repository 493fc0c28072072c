"""A real Ray cluster of two machines of one core: the bytes are those of one machine, whoever dies."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from kg2instruct.cluster import open_engine
from kg2instruct.config import BuildConfig
from kg2instruct.errors import InputError, Kg2InstructError, MissingExtra, UnknownName
from kg2instruct.jsonl import atomic_writer
from kg2instruct.mix import mix, read_recipe
from kg2instruct.pipeline.build import build
from kg2instruct.pipeline.progress import silent
from kg2instruct.pipeline.units import StageReport, Tally, run_units

ray = pytest.importorskip("ray", reason="needs the extra `cluster`")

from kg2instruct.cluster.ray_engine import RayEngine  # noqa: E402

WHOLE = ("data", "aligned", "rejects", "kb")
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests


@pytest.fixture(scope="module")
def machines() -> Iterator[Any]:
    """Two machines, as far as Ray can tell."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 << 20},
    )
    cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def engine(machines: Any) -> Iterator[RayEngine]:
    with RayEngine(machines.address) as engine:
        yield engine


class Unlucky:
    """The engine, but of each stage one worker is killed after the first unit."""

    def __init__(self, engine: RayEngine) -> None:
        self.engine, self.killed = engine, 0

    @property
    def workers(self) -> int:
        return self.engine.workers

    def spread(self, units: Iterator[Any], task: Any) -> Iterator[Any]:
        for number, outcome in enumerate(self.engine.spread(units, task)):
            if not number:
                self._kill_a_worker()
            yield outcome

    def _kill_a_worker(self) -> None:
        for process in psutil.process_iter(["cmdline"]):
            if "_RayWorker" in " ".join(process.info["cmdline"] or ()):
                process.kill()
                self.killed += 1
                return


@dataclass(frozen=True)
class Piece:
    name: str
    size: int = 1


PIECES = [Piece(f"{n:03d}") for n in range(8)]


@dataclass
class Write:
    """Writes each piece's name and machine; does what `accidents` says to the pieces named there."""

    accidents: dict[str, str]
    notes: Path

    def open(self) -> None:
        import ray

        self.machine = ray.get_runtime_context().get_node_id()

    def run(self, unit: Piece, folder: Path) -> Tally:
        accident = self.accidents.get(unit.name, "")
        died = self.notes / unit.name
        if accident == "killed" or (accident == "killed once" and not died.exists()):
            died.write_text(self.machine)
            os.kill(os.getpid(), signal.SIGKILL)
        if accident == "wrong input":
            raise InputError(f"{unit.name}.xml:3: not what it should be")
        with atomic_writer(folder / f"{unit.name}.txt") as out:
            out.write(self.machine.encode())
        return Tally()


def write(folder: Path, engine: Any, accidents: dict[str, str]) -> StageReport:
    folder.mkdir(exist_ok=True)
    return run_units(
        PIECES, Write(accidents, folder), folder / "out", workers=1, engine=engine, progress=silent()
    )


def test_a_build_with_workers_killed_in_the_middle_is_that_of_one_machine(
    towns: Any, make: Any, tmp_path: Path, engine: RayEngine
) -> None:
    config = BuildConfig(**towns.options, rejects=True)
    unlucky = Unlucky(engine)
    build(config, tmp_path / "cluster", engine=unlucky)
    build(config, tmp_path / "here")
    assert unlucky.killed >= 4  # links, align, labels, render
    for name in WHOLE:
        assert make.bytes_of(tmp_path / "cluster", name) == make.bytes_of(tmp_path / "here", name)
    assert (tmp_path / "cluster" / "stats.json").read_bytes() == (
        tmp_path / "here" / "stats.json"
    ).read_bytes()


def test_a_mix_is_that_of_one_machine_also_where_nothing_is_shared(
    make: Any, tmp_path: Path, machines: Any
) -> None:
    rows = [f'{{"instruction": "问题{i % 40}：{"长" * (i % 7)}", "output": "好"}}\n' for i in range(60)]
    (tmp_path / "rows.jsonl").write_text("".join(rows), encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({"sources": [{"name": "a", "path": "rows.jsonl"}]}))
    recipe = read_recipe(tmp_path / "recipe.yaml")
    mix(recipe, tmp_path / "here")
    with RayEngine(machines.address, always_copy=True) as engine:
        mix(recipe, tmp_path / "cluster", engine=engine)
    assert make.bytes_of(tmp_path / "cluster", "data") == make.bytes_of(tmp_path / "here", "data")


def test_a_unit_that_died_is_done_on_another_machine(tmp_path: Path, engine: RayEngine) -> None:
    report = write(tmp_path, engine, {"002": "killed once"})
    assert report.units == [piece.name for piece in PIECES]
    assert (tmp_path / "out" / "002.txt").read_text() != (tmp_path / "002").read_text()


def test_a_unit_that_kills_two_workers_is_told_and_left_out(tmp_path: Path, engine: RayEngine) -> None:
    report = write(tmp_path, engine, {"003": "killed"})
    assert report.units == [piece.name for piece in PIECES if piece.name != "003"]
    assert "worker on the cluster ended" in report.failed["003"]
    assert write(tmp_path, engine, {}).units == [piece.name for piece in PIECES]


def test_an_error_of_ours_ends_the_run_with_its_message(tmp_path: Path, engine: RayEngine) -> None:
    with pytest.raises(InputError, match=r"^005\.xml:3: not what it should be$"):
        write(tmp_path, engine, {"005": "wrong input"})


def test_a_machine_that_goes_away_in_the_middle_does_not_matter(
    tmp_path: Path, machines: Any, engine: RayEngine
) -> None:
    third = machines.add_node(num_cpus=1, object_store_memory=80 << 20)

    class Shrinking(Unlucky):
        def _kill_a_worker(self) -> None:
            if third in machines.worker_nodes:  # units that went down with it are spread once more
                machines.remove_node(third, allow_graceful=False)

    report = write(tmp_path, Shrinking(engine), {})
    assert report.units == [piece.name for piece in PIECES]
    assert not report.failed


def test_engines_that_are_not_there_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownName, match="unknown engine 'spark'"), open_engine("spark"):
        pass
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (
        pytest.raises(Kg2InstructError, match=rf"^--engine ray:{address}: no cluster"),
        open_engine(f"ray:{address}"),
    ):
        pass
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"kg2instruct\[cluster\]"), open_engine("ray"):
        pass
