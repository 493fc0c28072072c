"""`kg2instruct corpus` from the command line: what is shown, and one clear line for each mistake."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kg2instruct.errors import Kg2InstructError, OutputError
from trainer.cli.corpus import app
from trainer.corpus.recipe_file import read_recipe


@pytest.fixture
def run() -> Callable[..., Any]:
    def runner(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return runner


@pytest.fixture
def recipe(tmp_path: Path, tokenizer_folder: Path, article: Any, write_rows: Any) -> Path:
    write_rows(
        tmp_path / "a.jsonl", [*(article(i, 20) for i in range(30)), "太短", "mail a@b.cn " + article("x")]
    )
    path = tmp_path / "recipe.yaml"
    path.write_text(
        f"tokenizer: {tokenizer_folder}\nsources: [{{name: a, kind: rows, path: a.jsonl, lang: zh}}]\n"
    )
    return path


def test_build_and_inspect(run: Any, recipe: Path, tmp_path: Path, article: Any) -> None:
    out = tmp_path / "out"
    built = run("build", recipe, "--out", out, "--max-tokens", 200, "--workers", 1)
    assert built.exit_code == 0, built.stderr
    assert re.search(r"a +32 +30 +1 ", built.stderr)
    assert "1 too short" in built.stderr
    assert "1 masked: email" in built.stderr
    shown = run("inspect", out, "--samples", 40, "--drops", 1, "--chars", 5000, "--verify").stdout
    assert "samples of up to 200 tokens" in shown
    assert (
        "<|begin_of_text|>" + article(0, 20)[:40] in shown
        or "<|begin_of_text|>" + article(1, 20)[:40] in shown
    )
    assert "太短" in shown
    assert re.search(r"176–200 +\d+ █", shown)
    told = json.loads(run("inspect", out, "--json").stdout)
    assert sum(told["sources"]["a"]["lengths"]) == told["sources"]["a"]["train"]["samples"]
    weight, prefix = run("inspect", out, "--blend").stdout.split()
    assert float(weight) == 1
    assert Path(prefix + ".idx").exists()
    assert "finished before" in run("build", recipe, "--out", out, "--max-tokens", 200).stderr


def test_a_limit_takes_the_first_documents(run: Any, recipe: Path, tmp_path: Path) -> None:
    run("build", recipe, "--out", tmp_path / "out", "--limit", 5, "--workers", 1)
    told = json.loads(run("inspect", tmp_path / "out", "--json").stdout)
    assert told["sources"]["a"]["documents read"] == 5


def test_merge(run: Any, recipe: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run("build", recipe, "--out", tmp_path / name, "--workers", 1, "-q")
    assert run("merge", tmp_path / "one", tmp_path / "two", "--out", tmp_path / "both").exit_code == 0
    assert "a" in run("inspect", tmp_path / "both").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "no.yaml", "--out", "x"], "no.yaml: No such file"),
        (["build", "{recipe}", "--out", "x", "--tokenizer", "no"], "tokenizer: no does not exist"),
        (["build", "{recipe}", "--out", "x", "--set", "a.path=no.jsonl"], "no.jsonl does not exist"),
        (["build", "{recipe}", "--out", "{recipe}"], "is a file; name a folder with --out"),
        (["inspect", "no"], "no: not a corpus: manifest.json: No such file"),
        (["merge", "no", "--out", "x"], "no: not a corpus"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(
    run: Any, recipe: Path, arguments: list[str], said: str, tmp_path: Path
) -> None:
    error = run(*(argument.format(recipe=recipe) for argument in arguments)).exception
    assert isinstance(error, Kg2InstructError)
    assert said in str(error)
    assert not (tmp_path / "x").exists()


def test_a_full_disk_is_one_line_and_the_build_goes_on_when_there_is_space(
    run: Any, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = os.fsync, 7

    def full(file: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file)

    monkeypatch.setattr(os, "fsync", full)
    failed = run("build", recipe, "--out", tmp_path / "out", "--workers", 1).exception
    assert isinstance(failed, OutputError)
    assert str(failed).endswith(": No space left on device")
    inspected = run("inspect", tmp_path / "out").exception
    assert "its build did not finish: run it again" in str(inspected)
    monkeypatch.setattr(os, "fsync", real)
    assert run("build", recipe, "--out", tmp_path / "out", "--workers", 1).exit_code == 0


def test_megatron_reads_what_was_built(run: Any, recipe: Path, tmp_path: Path) -> None:
    megatron: Any = pytest.importorskip(
        "megatron.core.datasets.indexed_dataset", reason="megatron-core (installed --no-deps) is not there"
    )
    run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    _, prefix = run("inspect", tmp_path / "out", "--blend").stdout.split()
    theirs = megatron.IndexedDataset(prefix)
    told = json.loads(run("inspect", tmp_path / "out", "--json").stdout)["sources"]["a"]["train"]
    assert len(theirs) == told["samples"]
    assert sum(len(theirs[i]) for i in range(len(theirs))) == told["tokens"]
    assert len(theirs.document_indices) - 1 == told["documents"]


def test_the_recipe_in_the_guide_is_one(tmp_path: Path, tokenizer_folder: Path) -> None:
    guide = Path(__file__).parents[3] / "docs" / "howto" / "pretraining-corpus.md"
    text = guide.read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "recipe.yaml"
    path.write_text(text.replace("models/Qwen3-0.6B-Base", str(tokenizer_folder)), "utf-8")
    (tmp_path / "web").mkdir()
    (tmp_path / "repositories").mkdir()
    names = (
        "zhwiki-1-pages-articles.xml.bz2",
        "enwiki-1-pages-articles.xml.bz2",
        "web/a.jsonl.zst",
        "my-words.txt",
    )
    for name in names:
        (tmp_path / name).touch()
    assert [source.weight for source in read_recipe(path).sources] == [3, 1, 5, 1]
