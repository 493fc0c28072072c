"""A mix is the same every time: whatever the workers, the hash seed and interruptions."""

from __future__ import annotations

import importlib
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

from kg2instruct.errors import Kg2InstructError
from kg2instruct.mix import mix, read_recipe

CHINESE = [chr(code) for code in range(0x4E00, 0x5000)]


def text(seed: object, length: int = 80) -> str:
    """A text that has nothing in common with others."""
    return "".join(random.Random(str(seed)).choices(CHINESE, k=length))


def row(name: str, **more: str) -> dict[str, str]:
    return {"id": name, "instruction": name, "output": "无", **more}


@pytest.fixture
def recipe(write: Any, tmp_path: Path) -> Path:
    rng = random.Random(5)
    rows = [row(f"zhwiki-{i // 3}-1-{i}", input=text(rng.randrange(900)), task="re") for i in range(1500)]
    write("one.jsonl", rows)
    write("two.jsonl", [row(text(i)) for i in range(800, 1200)])
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "sources:\n  - {name: one, path: one.jsonl, count: 700, cap: 500}\n  - {name: two, path: two.jsonl}\n"
    )
    return path


def content(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
    }


def run(recipe: Path, out: Path, *more: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kg2instruct", "mix", str(recipe), "--out", str(out), *more],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_workers_hash_seeds_and_interruptions_change_no_byte(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kg2instruct.mix.records as records

    monkeypatch.setattr(records, "_BYTES", 50_000)
    mix(read_recipe(recipe), tmp_path / "one")
    mix(read_recipe(recipe), tmp_path / "two", workers=3)
    whole = content(tmp_path / "one")
    assert content(tmp_path / "two") == whole
    mixing = importlib.import_module("kg2instruct.mix.run")

    for step in ("decide", "pack", "publish"):  # broken off at each of the later steps
        with monkeypatch.context() as broken:
            broken.setattr(mixing, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                mix(read_recipe(recipe), tmp_path / "three")
        assert not (tmp_path / "three" / "manifest.json").exists()
    mix(read_recipe(recipe), tmp_path / "three")
    assert content(tmp_path / "three") == whole


def test_hash_seeds_change_no_byte_and_a_killed_program_goes_on(recipe: Path, tmp_path: Path) -> None:
    first = run(recipe, tmp_path / "one", "--workers", "1", PYTHONHASHSEED="1")
    assert first.wait(60) == 0, first.communicate()
    killed = run(recipe, tmp_path / "two", "--workers", "2", PYTHONHASHSEED="2")
    until = time.monotonic() + 20
    while not list((tmp_path / "two").glob(".work/read/*.done.json")) and time.monotonic() < until:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    again = run(recipe, tmp_path / "two", "--workers", "2", PYTHONHASHSEED="3")
    assert again.wait(60) == 0, again.communicate()
    again.communicate()
    first.communicate()
    assert content(tmp_path / "two") == content(tmp_path / "one")


def test_a_finished_mix_is_not_made_again_and_not_overwritten_by_another(
    recipe: Path, tmp_path: Path
) -> None:
    assert not mix(read_recipe(recipe), tmp_path / "out").finished_before
    again = mix(read_recipe(recipe), tmp_path / "out")
    assert again.finished_before and sum(again.rows.values()) > 0
    with pytest.raises(Kg2InstructError, match=r"differs in: .*seed"):
        mix(read_recipe(recipe, seed=4), tmp_path / "out")
    other = mix(read_recipe(recipe, seed=4), tmp_path / "out", fresh=True)
    assert other.rows != again.rows or other.stats != again.stats


def test_the_program_mixes_and_shows_what_it_did(recipe: Path, tmp_path: Path) -> None:
    done = run(recipe, tmp_path / "out", "--scale", "0.1")
    _, said = done.communicate(timeout=60)
    assert done.returncode == 0, said
    assert "left out" in said and "load_dataset" in said
    stats = subprocess.run(
        [sys.executable, "-m", "kg2instruct", "stats", str(tmp_path / "out"), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    profile = json.loads(stats.stdout)["profile"]
    assert profile["repeated"] == {"rows said before": 0, "texts in more than one split": 0}
    assert profile["tasks"]["re"] == 70
