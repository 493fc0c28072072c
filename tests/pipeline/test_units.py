"""Parallel, resumable work: `run_units` and its workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from kg2instruct.errors import InputError, Kg2InstructError, OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.pool import Outcome, spread
from kg2instruct.pipeline.progress import silent
from kg2instruct.pipeline.units import StageReport, Tally, require_units, run_units


@dataclass(frozen=True)
class Piece:
    name: str
    size: int = 1


@dataclass
class Write:
    """Writes each piece's name; does what `accidents` says to the pieces named there."""

    accidents: dict[str, str] | None = None
    flags: Path | None = None

    def open(self) -> None:
        self.opened = True

    def run(self, unit: Piece, folder: Path) -> Tally:
        assert self.opened
        accident = (self.accidents or {}).get(unit.name, "")
        if accident == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if accident == "killed once" and self.flags is not None and not (self.flags / unit.name).exists():
            (self.flags / unit.name).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if accident == "killed in the middle of writing":
            with atomic_writer(folder / f"{unit.name}.txt") as out:
                out.write(b"half")
                out.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        if accident == "wrong input":
            raise InputError(f"{unit.name}.xml:3: not what it should be")
        if accident == "bug":
            raise ZeroDivisionError("a bug")
        with atomic_writer(folder / f"{unit.name}.txt") as out:
            out.write(unit.name.encode())
        tally = Tally()
        tally.counts["done"] += 1
        tally.add_examples("odd", [f"{unit.name}:{n}" for n in range(2)])
        return tally


PIECES = [Piece(f"{n:03d}") for n in range(12)]


def run(folder: Path, stage: Write, workers: int = 2, pieces: list[Piece] | None = None) -> StageReport:
    return run_units(PIECES if pieces is None else pieces, stage, folder, workers=workers, progress=silent())


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_unit_is_done_once_and_told_in_order(tmp_path: Path, workers: int) -> None:
    report = run(tmp_path, Write(), workers)
    assert report.units == [piece.name for piece in PIECES]
    assert report.tally.counts == {"done": 12}
    assert report.tally.examples == {"odd": ["000:0", "000:1", "001:0", "001:1", "002:0"]}
    assert [path.read_text() for path in report.outputs(".txt")] == report.units


def test_nothing_to_do_starts_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, Write(), pieces=[]).units == []


def test_a_second_run_does_only_what_has_no_marker(tmp_path: Path) -> None:
    run(tmp_path, Write())
    (tmp_path / "004.done.json").unlink()
    for piece in PIECES:
        (tmp_path / f"{piece.name}.txt").write_text("of the first run")
    report = run(tmp_path, Write())
    assert report.resumed == 11
    assert report.tally.counts == {"done": 12}
    assert [p.name for p in report.outputs(".txt") if p.read_text() != "of the first run"] == ["004.txt"]


def test_a_worker_that_dies_once_is_replaced(tmp_path: Path) -> None:
    flags = tmp_path / "flags"
    flags.mkdir()
    report = run(tmp_path / "out", Write({"000": "killed once", "007": "killed once"}, flags))
    assert report.units == [piece.name for piece in PIECES]
    assert not report.failed


@pytest.mark.parametrize("accident", ["killed", "killed in the middle of writing"])
def test_a_unit_that_kills_its_worker_twice_is_told_and_left_out(tmp_path: Path, accident: str) -> None:
    report = run(tmp_path, Write({"003": accident}))
    assert report.units == [piece.name for piece in PIECES if piece.name != "003"]
    assert "SIGKILL" in report.failed["003"]
    assert not (tmp_path / "003.txt").exists()
    assert not (tmp_path / "003.done.json").exists()


def test_a_unit_that_failed_is_tried_again_by_the_next_run(tmp_path: Path) -> None:
    run(tmp_path, Write({"003": "killed"}))
    report = run(tmp_path, Write())
    assert not report.failed
    assert report.units == [piece.name for piece in PIECES]


def test_workers_that_all_die_at_once_end_the_run(tmp_path: Path) -> None:
    stage = Write({piece.name: "killed" for piece in PIECES})
    with pytest.raises(Kg2InstructError, match="no worker lives long enough"):
        run(tmp_path, stage)


def test_a_stage_of_which_nothing_could_be_done_is_an_error(tmp_path: Path) -> None:
    report = run(tmp_path, Write({"000": "killed"}), pieces=PIECES[:1])
    with pytest.raises(Kg2InstructError, match=r"links zh: no part could be done; unit 000: .*SIGKILL"):
        require_units(report, "links zh")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_ours_ends_the_run_with_its_message(tmp_path: Path, workers: int) -> None:
    with pytest.raises(InputError, match=r"^005\.xml:3: not what it should be$"):
        run(tmp_path, Write({"005": "wrong input"}), workers)
    assert not multiprocessing.active_children()


def test_a_bug_in_a_worker_shows_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(tmp_path, Write({"005": "bug"}))
    assert any("test_units.py" in note for note in caught.value.__notes__)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="--out"):
        run(tmp_path / "file" / "folder", Write())


def test_an_interruption_of_the_parent_leaves_no_worker_behind(tmp_path: Path) -> None:
    def pieces() -> object:
        yield from PIECES[:4]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_units(pieces(), Write(), tmp_path, workers=2, progress=silent())  # type: ignore[arg-type, type-var]
    assert not multiprocessing.active_children()


@dataclass
class Sleep:
    def open(self) -> None:
        """Nothing to load."""

    def do(self, unit: int) -> None:
        time.sleep(60 + unit)


def test_workers_end_when_their_parent_is_killed() -> None:
    context = multiprocessing.get_context("fork")
    parent = context.Process(target=lambda: list(spread(iter(range(4)), Sleep(), 3)))
    parent.start()
    assert parent.pid is not None
    process = psutil.Process(parent.pid)
    deadline = time.monotonic() + 10
    while len(process.children()) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    children = process.children()
    assert len(children) == 3
    parent.kill()
    parent.join()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]


@dataclass
class Quick:
    def open(self) -> None:
        """Nothing to load."""

    def do(self, unit: bytes) -> None:
        time.sleep(len(unit) / 1e8)


def test_units_are_taken_only_as_they_are_needed() -> None:
    taken = 0

    def units() -> object:
        nonlocal taken
        for _ in range(50):
            taken += 1
            yield b"x" * 100_000  # more than a pipe holds

    done = 0
    for outcome in spread(units(), Quick(), 2):  # type: ignore[arg-type, type-var]
        assert isinstance(outcome, Outcome)
        done += 1
        assert taken <= done + 2 * 2
    assert done == 50
