"""Files of records to files of rows: any number of workers, lines that are no records, limits."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import InputError, Kg2InstructError, UnknownName
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render import files
from kg2instruct.render.files import render_file
from kg2instruct.render.in_order import in_order
from kg2instruct.render.options import RenderOptions

RECORDS = Path(__file__).parents[1] / "data" / "render" / "records.jsonl"
OPTIONS = RenderOptions(tasks=("ner", "re"), formats=("json", "tuple"))


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """More records than two workers are handed at once."""
    records = list(read_jsonl(RECORDS, Example))
    path = tmp_path / "records.jsonl"
    write_jsonl(path, records)
    lines = path.read_bytes() * (3 * files._CHUNK // len(records) + 1)
    path.write_bytes(lines)
    return path


def test_rows_are_the_same_for_any_number_of_workers(many: Path, tmp_path: Path) -> None:
    reports = [render_file(many, tmp_path / f"{n}.jsonl", OPTIONS, workers=n) for n in (1, 2, 3)]
    assert reports[0] == reports[1] == reports[2]
    assert reports[0].rows > reports[0].records > 3 * files._CHUNK - 10
    assert len({(tmp_path / f"{n}.jsonl").read_bytes() for n in (1, 2, 3)}) == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_lines_that_are_no_records_are_counted_and_left_out(many: Path, tmp_path: Path, workers: int) -> None:
    render_file(many, tmp_path / "good.jsonl", OPTIONS)
    lines = many.read_bytes().splitlines(keepends=True)
    many.write_bytes(b"".join([lines[0], b'{"id": 3,\n', b"\n", *lines[1:], b"\xff\n"]))
    report = render_file(many, tmp_path / "rows.jsonl", OPTIONS, workers=workers)
    assert (report.bad_lines, report.records) == (2, len(lines))
    assert str(report.first_bad).startswith(f"{many}:2: is no Example record")
    assert (tmp_path / "rows.jsonl").read_bytes() == (tmp_path / "good.jsonl").read_bytes()
    with pytest.raises(InputError, match=r"records\.jsonl:2: is no Example record"):
        render_file(many, tmp_path / "strict.jsonl", OPTIONS, workers=workers, strict=True)
    assert not (tmp_path / "strict.jsonl").exists()


def test_a_limit_counts_records(many: Path, tmp_path: Path) -> None:
    first = many.read_bytes().splitlines(keepends=True)[0]
    many.write_bytes(b"no record\n" + many.read_bytes())
    report = render_file(many, tmp_path / "rows.jsonl", OPTIONS, limit=1)
    assert (report.records, report.bad_lines) == (1, 1)
    identity = next(read_jsonl(_written(tmp_path / "first.jsonl", first), Example)).id
    assert {row.id.rsplit("-", 2)[0] for row in read_jsonl(tmp_path / "rows.jsonl", InstructionRow)} == {
        identity
    }


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_results_come_in_the_order_of_the_things() -> None:
    assert list(in_order(_square, range(100), 3)) == [n * n for n in range(100)]


def _square(number: int) -> int:
    return number * number


def test_what_the_work_raises_is_raised_here() -> None:
    with pytest.raises(InputError, match="seven"):
        list(in_order(_no_seven, range(100), 2))


def _no_seven(number: int) -> int:
    if number == 7:
        raise InputError("seven")
    return number


def test_an_unknown_name_crosses_from_a_worker_with_what_is_known() -> None:
    with pytest.raises(UnknownName, match="unknown set 'zhix'; did you mean 'zhixi'"):
        list(in_order(_no_such_set, range(100), 2))


def _no_such_set(_: int) -> None:
    raise UnknownName("set", "zhix", ["zhixi", "iepile"])


def test_a_worker_that_dies_ends_the_run_with_a_message() -> None:
    with pytest.raises(Kg2InstructError, match="a worker died"):
        list(in_order(_die, range(100), 2))


def _die(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
