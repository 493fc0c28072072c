"""`kg2instruct predict`: any file of rows, errors in a line, what is told in the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kg2instruct.cli.app import run
from kg2instruct.jsonl import write_jsonl
from kg2instruct.pipeline.parquet import pack, write_rows
from kg2instruct.records import InstructionRow

from .conftest import Endpoint, make_rows


class Program:
    """Runs a command in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capfd = monkeypatch, capfd

    def __call__(self, *arguments: object) -> tuple[int, str]:
        """Exit status and messages."""
        self._capfd.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["kg2instruct", *map(str, arguments)])
        status = run()
        shown = self._capfd.readouterr()
        return status, " ".join((shown.out + shown.err).split())


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Program:
    return Program(monkeypatch, capfd)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A dataset folder as `build` and `mix` write it."""
    parts = tmp_path / "part.parquet"
    write_rows(parts, (("test" if i % 2 else "train", row) for i, row in enumerate(make_rows(12))))
    pack([parts], tmp_path / "dataset" / "data")
    return tmp_path / "dataset"


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()]


def test_a_split_of_a_dataset_folder_is_answered_and_scored(
    program: Program, tiny: Path, dataset: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers.jsonl"
    status, told = program(
        *("predict", dataset, "--model", tiny, "--out", out, "--max-new-tokens", 3, "--device", "cpu")
    )
    assert (status, "rows 6 answers 6" in told, "cut at --max-new-tokens 6" in told) == (0, True, True)
    assert ids(out) == [row.id for row in make_rows(12)[1::2]]
    status, told = program("evaluate", dataset, "--answers", out, "--json")
    assert json.loads(told)["rows"] == 6
    status, told = program("predict", dataset, "--split", "dev", "--model", tiny, "--out", out)
    assert status == 1
    assert "no rows of the split 'dev'; splits here: test, train" in told


Write = Callable[[Path, list[InstructionRow]], object]


def _json_list(path: Path, rows: list[InstructionRow]) -> None:
    path.write_bytes(msgspec.json.encode(rows))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("rows.jsonl", write_jsonl),
        ("rows.jsonl.zst", write_jsonl),
        ("rows.jsonl.gz", write_jsonl),
        ("rows.json", _json_list),
        ("rows.parquet", lambda path, rows: write_rows(path, (("test", row) for row in rows))),
    ],
)
def test_rows_are_read_from_files_of_every_kind(
    program: Program, endpoint: Endpoint, tmp_path: Path, name: str, write: Write
) -> None:
    write(tmp_path / name, make_rows(5))
    out = tmp_path / "answers.jsonl"
    status, _ = program(
        *("predict", tmp_path / name, "--base-url", endpoint.url, "--model", "m", "--out", out, "--limit", 4)
    )
    assert (status, ids(out)) == (0, [row.id for row in make_rows(4)])


def test_rows_with_an_instruction_alone_are_answered_and_bad_ones_counted(
    program: Program, endpoint: Endpoint, tmp_path: Path
) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    rows.write_text(
        '{"instruction": "写诗", "input": ""}\n{"instruction": \n{"input": 3}\n{"instruction": "算"}\n'
    )
    command = ("predict", rows, "--base-url", endpoint.url, "--model", "m", "--out", out)
    status, told = program(*command)
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(x["id"], x["answer"]) for x in answers] == [("0", "写诗"), ("3", "算")]
    assert status == 0
    assert "bad rows: not JSON 1" in told
    assert "first bad row: rows.jsonl" in told
    assert program(*command, "--strict")[0] == 1
    rows.write_text('{"input": 3}\nno JSON\n')
    status, told = program(*command, "--fresh")
    assert status == 1
    assert "rows.jsonl: holds no instruction row; the first line that is none: rows.jsonl@0: not an" in told


@pytest.mark.slow
def test_two_devices_on_one_machine_write_the_same_answers(
    program: Program, tiny: Path, tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "rows.jsonl", make_rows(12))
    told = {}
    for name in ("cpu", "cpu,cpu"):
        out = tmp_path / f"{name}.jsonl"
        status, _ = program(
            *("predict", tmp_path / "rows.jsonl", "--model", tiny, "--out", out, "--device", name),
            *("--max-new-tokens", 6, "--temperature", 1, "--seed", 3, "--batch-size", 3, "-q"),
        )
        assert status == 0
        told[name] = out.read_bytes()
    assert told["cpu"] == told["cpu,cpu"]


def test_wrong_options_are_told_in_a_line(program: Program, tiny: Path, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "rows.jsonl", make_rows(2))
    out = tmp_path / "out.jsonl"
    for flags, message in (
        (("--top-p", 3), "top_p is between"),
        (("--bits", 5), "bits is 4 or 8"),
        (("--dtype", "int4"), "dtype is one of"),
        (("--adapter", tiny), "no adapter"),
        (("--device", "abacus"), "expected auto, cpu"),
    ):
        status, told = program("predict", tmp_path / "rows.jsonl", "--model", tiny, "--out", out, *flags)
        assert (status, message in told) == (1, True), told
    for command in (("predict", tmp_path / "rows.jsonl", "--out", out), ("chat",)):
        flags = ("--base-url", "http://127.0.0.1:9/v1", "--adapter", tiny, "--bits", 4)
        status, told = program(*command, "--model", "mine", *flags)
        assert (status, "--adapter, --bits: for a model that is loaded here" in told) == (1, True), told
    status, told = program("predict", tmp_path / "nothing.jsonl", "--model", tiny, "--out", out)
    assert (status, "no such file" in told) == (1, True)
    assert not out.exists()
