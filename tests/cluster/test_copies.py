"""What a machine does not see it is sent, once; what it sees it uses where it lies."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cluster.copies import Copies, listings, moved, seen
from kg2instruct.cluster.worker import Request, Worker
from kg2instruct.errors import InputError


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    path: Path


@dataclass(slots=True)
class Plan:
    """Paths in all places where stages have them."""

    store: Path
    none: Path | None = None
    parts: list[Part] = field(default_factory=list)
    named: dict[str, Path] = field(default_factory=dict)


@dataclass
class Join:
    """Joins its store's file with a unit's."""

    store: Path
    folder: Path = Path()
    text: str = ""

    def open(self) -> None:
        self.text = (self.store / "columns" / "a").read_text()

    def do(self, unit: Part) -> None:
        if unit.name == "bad":
            raise InputError(f"{unit.path}: not what it should be")
        for suffix in (".done.json", ".txt"):
            (self.folder / f"{unit.name}{suffix}").write_text(self.text + unit.path.read_text())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "kb" / "columns").mkdir(parents=True)
    (tmp_path / "kb" / "manifest.json").write_text("{}")
    (tmp_path / "kb" / "columns" / "a").write_text("stored ")
    (tmp_path / "part.jsonl").write_text("part")
    return tmp_path


def sent(*paths: Path) -> Any:
    """References to content, as the driver sends them: here a reference is the content itself."""
    return {
        path: tuple((name, ((path / name).read_bytes(),)) for name, _, _ in listings(path)[path])
        for path in paths
    }


def worker(folder: Path) -> Worker:
    return Worker(folder, always_copy=False, get=bytes)


def test_all_paths_of_a_stage_are_found_and_replaced(store: Path) -> None:
    plan = Plan(store / "kb", None, [Part("a", store / "part.jsonl")], {"x": store / "not there"})
    found = listings(plan)
    assert {path: [name for name, _, _ in listing] for path, listing in found.items()} == {
        store / "kb": ["columns/a", "manifest.json"],
        store / "part.jsonl": [""],
    }
    places = {store / "kb": Path("/copy/kb"), store / "part.jsonl": Path("/copy/part.jsonl")}
    there = Plan(Path("/copy/kb"), None, [Part("a", Path("/copy/part.jsonl"))], plan.named)
    assert moved(plan, places) == there
    assert plan.store == store / "kb"


def test_what_is_seen_is_used_where_it_lies(store: Path, tmp_path: Path) -> None:
    machine = worker(tmp_path / "machine")
    assert machine.open(Request.of(Join(store / "kb"))).missing == ()
    answer = machine.do(Request.of(Part("u", store / "part.jsonl")))
    assert answer.files == (("u.txt", b"stored part"), ("u.done.json", b"stored part"))
    assert not (tmp_path / "machine" / "copies").exists()


def test_what_is_not_seen_is_asked_for_and_kept(store: Path, tmp_path: Path) -> None:
    opening, unit = Request.of(Join(store / "kb")), Request.of(Part("u", store / "part.jsonl"))
    content = sent(store / "kb", store / "part.jsonl")
    (store / "kb").rename(store / "elsewhere")
    (store / "part.jsonl").unlink()
    machine = worker(tmp_path / "machine")
    assert machine.open(opening).missing == (store / "kb",)
    assert not machine.open(
        Request(opening.content, opening.wanted, {store / "kb": content[store / "kb"]})
    ).missing
    assert machine.do(unit).missing == (store / "part.jsonl",)
    again = Request(unit.content, unit.wanted, {store / "part.jsonl": content[store / "part.jsonl"]})
    assert dict(machine.do(again).files)["u.txt"] == b"stored part"
    assert not worker(tmp_path / "machine").open(opening).missing


def test_another_file_under_the_same_path_is_not_taken_for_it(store: Path) -> None:
    listing = listings(store / "kb")[store / "kb"]
    assert seen(store / "kb", listing)
    os.utime(store / "kb" / "columns" / "a", ns=(1, 1))
    assert not seen(store / "kb", listing)


def test_one_worker_of_a_machine_fetches_and_the_others_wait(store: Path, tmp_path: Path) -> None:
    wanted, content = listings(store / "kb"), sent(store / "kb")[store / "kb"]
    first, second = (Copies(tmp_path / "copies", always=True) for _ in range(2))
    assert first.places(wanted, {}) == ({}, [store / "kb"])
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(second.places(wanted, {})))
    waiting.start()
    waiting.join(0.3)
    assert not found
    mine = first.places(wanted, {store / "kb": lambda: content})
    waiting.join(60)
    assert found == [mine]
    (copy,) = mine[0].values()
    assert (copy / "columns" / "a").read_text() == "stored "
    assert listings(copy)[copy] == wanted[store / "kb"]


def test_an_error_comes_back_and_leaves_no_files(store: Path, tmp_path: Path) -> None:
    machine = worker(tmp_path / "machine")
    machine.open(Request.of(Join(store / "kb")))
    answer = machine.do(Request.of(Part("bad", store / "part.jsonl")))
    assert isinstance(answer.error, InputError)
    assert answer.files == ()
    assert list((tmp_path / "machine").iterdir()) == []
