"""Rows to answers: in order, resumable, the same bytes after any interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import ConfigError, OutputError
from kg2instruct.evaluate import evaluate_file
from kg2instruct.jsonl import write_jsonl
from kg2instruct.records import InstructionRow
from trainer.inference.decoding import Reply
from trainer.inference.predict import Question, journal_of, predict

ROOT = Path(__file__).parents[3]


def rows(count: int) -> list[InstructionRow]:
    """Rows whose right answers are their outputs."""
    return [
        InstructionRow(
            *(f"r{i}-ner-0", "ner", "zh", "test", None, "找出人物", f"林岚{i}号" + "。" * (i * 7 % 11)),
            *(f'{{"人物": ["林岚{i}号"]}}', '["人物"]', "ner/zh/closed/1", "json"),
        )
        for i in range(count)
    ]


class Scripted:
    """Says the rows' own outputs; a company other than that of the first run shows in `asked`."""

    def __init__(self, *, stop_after: int | None = None, name: str = "scripted") -> None:
        self.identity: Mapping[str, Any] = {"model": name}
        self.asked: list[list[str]] = []
        self._stop_after = stop_after

    def lengths(self, rows: Sequence[InstructionRow]) -> list[int]:
        return [len(row.input) for row in rows]

    def run(self, questions: Iterable[Question]) -> Iterator[tuple[Question, list[Reply]]]:
        for question in questions:
            if len(self.asked) == self._stop_after:
                raise KeyboardInterrupt
            self.asked.append([row.id for row in question.rows])
            too_long = [row.id == "r3-ner-0" for row in question.rows]
            yield (
                question,
                [
                    Reply("", "too long") if long else Reply(f"{row.output}", "stop")
                    for long, row in zip(too_long, question.rows, strict=True)
                ],
            )


def test_answers_come_in_the_order_of_rows_and_evaluate_reads_them(tmp_path: Path) -> None:
    given, out = rows(150), tmp_path / "answers.jsonl"
    write_jsonl(tmp_path / "rows.jsonl", given)
    done = predict(given, Scripted(), out, batch_size=2)
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [x["id"] for x in answers] == [row.id for row in given if row.id != "r3-ner-0"]
    assert done.finishes == {"stop": 149, "too long": 1}
    assert done.too_long == ["r3-ner-0"]
    scores = evaluate_file(tmp_path / "rows.jsonl", answers=out)
    assert (scores.missing, scores.micro.right, scores.micro.wanted) == (1, 149, 150)


def test_rows_of_like_length_go_together_longest_first(tmp_path: Path) -> None:
    given, script = rows(60), Scripted()
    predict(given, script, tmp_path / "out.jsonl", batch_size=4)
    length = {row.id: len(row.input) for row in given}
    asked = [length[name] for batch in script.asked for name in batch]
    assert asked == sorted(asked, reverse=True)
    assert {len(batch) for batch in script.asked} == {4}


@pytest.mark.parametrize("stop_after", [0, 1, 63, 64, 65, 74])
def test_an_interrupted_run_goes_on_with_the_same_batches_and_ends_with_the_same_bytes(
    tmp_path: Path, stop_after: int
) -> None:
    given, whole, out = rows(150), tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    undisturbed, first, second = Scripted(), Scripted(stop_after=stop_after), Scripted()
    predict(given, undisturbed, whole, batch_size=2)
    with pytest.raises(KeyboardInterrupt):
        predict(given, first, out, batch_size=2)
    assert not out.exists()
    done = predict(given, second, out, batch_size=2)
    assert first.asked + second.asked == undisturbed.asked
    assert out.read_bytes() == whole.read_bytes()
    assert done.earlier == 2 * stop_after


def test_a_line_cut_off_by_a_kill_is_made_again(tmp_path: Path) -> None:
    given, out = rows(40), tmp_path / "out.jsonl"
    predict(given, Scripted(), out, batch_size=4)
    whole, journal = out.read_bytes(), journal_of(out)
    lines = journal.read_bytes().splitlines(keepends=True)
    for cut in (0, 10, len(lines[0]), len(lines[0]) + 7, len(b"".join(lines)) - 1):
        journal.write_bytes(b"".join(lines)[:cut])
        out.unlink()
        again = Scripted()
        predict(given, again, out, batch_size=4)
        assert out.read_bytes() == whole
        assert len(again.asked) == 10 - max(0, b"".join(lines)[:cut].count(b"\n") - 1)


def test_a_finished_run_asks_nothing_again(tmp_path: Path) -> None:
    predict(rows(9), Scripted(), tmp_path / "out.jsonl")
    again = Scripted()
    assert predict(rows(9), again, tmp_path / "out.jsonl").earlier == 9
    assert again.asked == []


@pytest.mark.parametrize(
    ("count", "name", "batch_size", "told"),
    [
        (9, "another", 4, "another model"),
        (9, "scripted", 3, "another batch size"),
        (8, "scripted", 4, "other rows"),
        (300, "scripted", 4, "other rows"),
    ],
)
def test_answers_of_another_run_are_not_mixed_in(
    tmp_path: Path, count: int, name: str, batch_size: int, told: str
) -> None:
    out = tmp_path / "out.jsonl"
    predict(rows(9), Scripted(), out, batch_size=4)
    before = journal_of(out).read_bytes()
    with pytest.raises(ConfigError, match=rf"{told}.*--fresh"):
        predict(rows(count), Scripted(name=name), out, batch_size=batch_size)
    assert journal_of(out).read_bytes() == before
    done = predict(rows(count), Scripted(name=name), out, batch_size=batch_size, fresh=True)
    assert (done.answers, done.earlier) == (count, 0)


def test_two_runs_do_not_write_the_same_answers(tmp_path: Path) -> None:
    class Nested(Scripted):
        def lengths(self, rows: Sequence[InstructionRow]) -> list[int]:
            child = subprocess.run(
                [sys.executable, "-c", _CHILD, str(tmp_path / "out.jsonl"), "0"],
                capture_output=True,
                text=True,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            assert "OutputError" in child.stderr
            assert "another run" in child.stderr
            return super().lengths(rows)

    predict(rows(4), Nested(), tmp_path / "out.jsonl")


_CHILD = """
import sys, time
from pathlib import Path
sys.path.insert(0, "tests/trainer/inference")
from test_predict import Scripted, rows
from trainer.inference.predict import predict

class Slow(Scripted):
    def run(self, questions):
        for done in super().run(questions):
            time.sleep(float(sys.argv[2]))
            yield done

predict(rows(120), Slow(), Path(sys.argv[1]), batch_size=2)
"""


def test_a_run_killed_at_any_moment_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    predict(rows(120), Scripted(), whole, batch_size=2)
    command = [sys.executable, "-c", _CHILD, str(out), "0.02"]
    seen = 0
    for _ in range(2):
        child = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        while child.poll() is None and _lines(journal_of(out)) < seen + 12:
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        seen = _lines(journal_of(out))
    assert not out.exists()
    done = predict(rows(120), Scripted(), out, batch_size=2)
    assert 0 < done.earlier < 120
    assert out.read_bytes() == whole.read_bytes()


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    script = Scripted()
    with pytest.raises(OutputError):
        predict(rows(2), script, tmp_path / "file" / "out.jsonl")
    assert script.asked == []
