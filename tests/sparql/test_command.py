"""`kg2instruct kb fetch`: the program, its resumption after kill -9, and merging with dumps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cli.app import app, run
from kg2instruct.wikidata.store import Store


def kg2instruct(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["kg2instruct", *map(str, arguments)])
    return run()


def test_titles_and_ids_of_files_are_fetched_and_what_is_missing_is_told(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "titles.txt").write_text("# towns\n华沙\n\n没有这一页\n", "utf-8")
    (tmp_path / "ids.txt").write_text("http://www.wikidata.org/entity/Q64\nq183\n")
    fetch = ["kb", "fetch", "--sparql", engine.url, "--out", tmp_path / "kb", "--workers", 1]
    chosen = ["--titles", tmp_path / "titles.txt", "--qids", tmp_path / "ids.txt"]
    chosen += ["--properties", "https://www.wikidata.org/wiki/Property:P17"]
    assert kg2instruct(monkeypatch, *fetch, *chosen) == 0
    told = capsys.readouterr().err
    assert "title without an entity" in told and "zh: 没有这一页" in told
    store = Store.open(tmp_path / "kb")
    assert store.find_title("zh", "华沙") == 270
    assert any(claim.property == 17 for claim in store.claims(64))
    assert kg2instruct(monkeypatch, *fetch, *chosen, "--strict", "--quiet") == 1
    assert kg2instruct(monkeypatch, *fetch, "--qids", "Berlin") == 1
    assert "--qids Berlin: BERLIN; expected ids" in capsys.readouterr().err
    assert kg2instruct(monkeypatch, *fetch) == 1
    assert "say which entities" in capsys.readouterr().err
    assert kg2instruct(monkeypatch, *fetch, "--titles", f"fr={tmp_path / 'titles.txt'}") == 1
    assert "add fr to --lang" in capsys.readouterr().err


def test_a_fetched_folder_and_a_dump_are_built_into_one(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = {"zh": {"language": "zh", "value": "私有之物"}}
    private = {
        "type": "item",
        "id": "Q999999999",
        "labels": label,
        "aliases": {},
        "claims": {},
        "sitelinks": {},
    }
    (tmp_path / "private.jsonl").write_text(json.dumps(private) + "\n")
    fetch = ["kb", "fetch", "--sparql", engine.url, "--qids", "Q64", "--quiet", "--workers", 1]
    assert kg2instruct(monkeypatch, *fetch, "--out", tmp_path / "fetched") == 0
    both = [tmp_path / "fetched", tmp_path / "private.jsonl"]
    assert kg2instruct(monkeypatch, "kb", "build", *both, "--out", tmp_path / "kb", "--quiet") == 0
    store = Store.open(tmp_path / "kb")
    assert (store.label(999999999, "zh"), store.label(64, "en")) == ("私有之物", "Berlin")


def test_a_folder_of_something_else_is_not_touched(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "thesis.tex").write_text("…")
    fetch = ["kb", "fetch", "--sparql", engine.url, "--qids", "Q64", "--out", tmp_path]
    assert kg2instruct(monkeypatch, *fetch) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_fetch_that_is_killed_goes_on_and_ends_with_the_same_bytes(engine: Any, tmp_path: Path) -> None:
    def command(out: Path) -> list[str]:
        ids = ["--qids", "Q64,Q90,Q270,Q7186,Q42,Q35", "--depth", "1", "--batch", "3", "--workers", "1"]
        return [
            sys.executable,
            "-m",
            "kg2instruct",
            "kb",
            "fetch",
            "--sparql",
            engine.url,
            *ids,
            "--out",
            str(out),
        ]

    subprocess.run(command(tmp_path / "whole"), check=True, capture_output=True)
    engine.queries.clear()
    running: list[subprocess.Popen[bytes]] = []

    def kill(engine: Any, *_: object) -> None:
        if len(engine.queries) >= 6:
            os.kill(running[0].pid, signal.SIGKILL)

    engine.spoil = kill
    with subprocess.Popen(
        command(tmp_path / "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        running.append(process)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "manifest.json").exists()
    answered = engine.queries[:4]  # two are in flight
    engine.spoil, engine.queries = None, []
    subprocess.run(command(tmp_path / "killed"), check=True, capture_output=True)
    # Only the calls in flight are asked again.
    assert not set(answered) & set(engine.queries)
    for file in ("fetched/entities.jsonl", "manifest.json"):
        assert (tmp_path / "killed" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.parametrize("what", ["a long pause", "a query that does not end"])
def test_an_interrupt_key_ends_a_fetch_at_once(what: str, engine: Any, reply: Any, tmp_path: Path) -> None:
    waiting, over = threading.Event(), threading.Event()

    def spoil(engine: Any, *_: object) -> Any:
        if len(engine.queries) < 3:
            return None
        waiting.set()
        if what == "a long pause":
            return reply(429, b"slow down", {"Retry-After": "60"})
        over.wait(60)
        return None

    engine.spoil = spoil
    command = [sys.executable, "-m", "kg2instruct", "kb", "fetch", "--sparql", engine.url, "--qids", "Q64"]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "kb")], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert waiting.wait(60)
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=20)
    finally:
        over.set()
        process.kill()
    assert process.returncode == 130
    assert told.strip() == "stopped; the same command goes on from here"


def test_the_command_is_one_of_the_program() -> None:
    group = next(group for group in app.registered_groups if group.name == "kb")
    assert group.typer_instance is not None
    assert {command.name for command in group.typer_instance.registered_commands} >= {
        "build",
        "fetch",
        "info",
    }
