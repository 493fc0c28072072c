"""A dataset on the Hub is a source of a recipe, read at one commit, and what goes wrong is told in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest


def put(hub: Any, name: str, files: dict[str, list[dict[str, str]]]) -> str:
    """A dataset of JSON lines on the stand-in; returns its commit."""
    repo = hub.add_repo(name)
    commit = repo.refs["main"][-1]
    kind = type(next(iter(commit.files.values())))
    for path, rows in files.items():
        commit.files[path] = kind("".join(json.dumps(row) + "\n" for row in rows).encode(), False)
    return str(commit.oid)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg2instruct", *command],
        env={**os.environ, "HF_DATASETS_CACHE": str(folder / "cache")},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_rows_of_a_dataset_on_the_hub_are_mixed_and_its_commit_is_noted(hub: Any, tmp_path: Path) -> None:
    rows = [
        {"instruction": f"Question {i} of many: {i * i}?", "input": "", "output": f"{i}"} for i in range(20)
    ]
    commit = put(hub, "grace/chat", {"train.jsonl": rows[:15], "test.jsonl": rows[15:]})
    recipe = "sources:\n  - {name: chat, kind: hub, path: grace/chat, split: keep, license: mit}\n"
    (tmp_path / "recipe.yaml").write_text(recipe)
    done = run(tmp_path, "mix", "recipe.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    sides = {
        x: pq.read_table(next((tmp_path / "out/data").glob(f"{x}-*"))).num_rows for x in ("train", "test")
    }
    assert sides == {"train": 15, "test": 5}
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["identity"]["inputs"] == {"chat: grace/chat": commit}
    card = (tmp_path / "out/README.md").read_text()
    assert "[chat](https://huggingface.co/datasets/grace/chat)" in card


@pytest.mark.usefixtures("hub")
def test_a_dataset_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("sources:\n  - {name: chat, kind: hub, path: grace/none}\n")
    done = run(tmp_path, "mix", "recipe.yaml", "--out", "out")
    assert done.returncode == 1
    assert "source chat: dataset grace/none: " in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
