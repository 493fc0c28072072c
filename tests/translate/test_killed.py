"""Killed at any moment, the same command completes, and pays again only for what was under way."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.chat import Journal

ROOT = Path(__file__).parents[2]
CONCURRENCY = 8


def command(endpoint: Any, file: Path, out: Path) -> list[str]:
    flags = ["--to", "zh", "--model", "test-model", "--base-url", endpoint.url, "--out", str(out), "--quiet"]
    return [
        sys.executable,
        "-m",
        "kg2instruct",
        "translate",
        str(file),
        *flags,
        "--concurrency",
        str(CONCURRENCY),
    ]


def write_rows(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as out:
        for n in range(count):
            row = {
                "instruction": f"Tell me about the bridge with number {n}.",
                "output": f"It has {n} old stones.",
            }
            out.write(json.dumps(row) + "\n")
    return path


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_bytes(
    endpoint: Any, replies: Any, tmp_path: Path
) -> None:
    rows, kills = 300, 5
    file = write_rows(tmp_path / "in.jsonl", rows)

    def script(call: Any) -> Any:
        reply = replies.translator(call)
        reply.delay = 0.02
        return reply

    endpoint.script = script
    rng = random.Random(7)
    again = command(endpoint, file, tmp_path / "killed.jsonl")
    for kill in range(kills):
        before, process = len(endpoint.calls), subprocess.Popen(again, cwd=ROOT)
        deadline = time.monotonic() + 30
        while len(endpoint.calls) == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, rows * 0.02 / CONCURRENCY / (kills - kill + 1)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.05)
    subprocess.run(again, cwd=ROOT, check=True, timeout=120)
    paid = len(endpoint.calls)
    assert rows <= paid <= rows + kills * CONCURRENCY
    subprocess.run(again, cwd=ROOT, check=True, timeout=120)
    assert len(endpoint.calls) == paid, "a whole journal needs no call"
    whole = tmp_path / "whole.jsonl"
    subprocess.run(command(endpoint, file, whole), cwd=ROOT, check=True, timeout=120)
    assert whole.read_bytes() == (tmp_path / "killed.jsonl").read_bytes()


def test_an_interrupt_lets_calls_under_way_end_and_keeps_their_answers(
    endpoint: Any, replies: Any, tmp_path: Path
) -> None:
    file = write_rows(tmp_path / "in.jsonl", 60)

    def script(call: Any) -> Any:
        reply = replies.translator(call)
        reply.delay = 0.4
        return reply

    endpoint.script = script
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(command(endpoint, file, out), cwd=ROOT, stderr=subprocess.DEVNULL)
    while len(endpoint.calls) < CONCURRENCY and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert not out.exists()
    started = len(endpoint.calls)
    assert started < 60
    endpoint.script = replies.translator
    subprocess.run(command(endpoint, file, out), cwd=ROOT, check=True, timeout=60)
    assert len(endpoint.calls) == 60, "no call was paid twice"


def test_a_second_run_on_the_same_journal_is_refused(endpoint: Any, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "in.jsonl", 4)
    with Journal(tmp_path / "out.jsonl.journal"):  # as a first run holds it
        second = subprocess.run(
            command(endpoint, file, tmp_path / "out.jsonl"), cwd=ROOT, capture_output=True, text=True, timeout=60,
            env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
    assert second.returncode == 1
    assert "another run uses this journal" in second.stderr
    assert not endpoint.calls
