"""Corpus recipes: paths found, and all mistakes told at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.errors import ConfigError
from trainer.corpus.recipe_file import read_recipe


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "web").mkdir()
    for name in ("web/b.jsonl", "web/a.jsonl", "words.txt"):
        (tmp_path / name).touch()
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "tokenizer: tokenizer\n"
        "max_tokens: 2048\n"
        "sources:\n"
        "  - name: web\n"
        "    kind: rows\n"
        "    path: web/*.jsonl\n"
        "    clean:\n"
        "      steps: [personal, unicode]\n"
        "      words: {lists: words.txt}\n"
    )
    return path


def test_paths_are_relative_to_the_recipe(recipe: Path, tmp_path: Path) -> None:
    found = read_recipe(recipe)
    assert found.tokenizer == str(tmp_path / "tokenizer")
    assert found.sources[0].path == (str(tmp_path / "web/a.jsonl"), str(tmp_path / "web/b.jsonl"))
    assert found.sources[0].clean.words.lists == (str(tmp_path / "words.txt"),)
    assert found.sources[0].steps == ("unicode", "personal")


def test_settings_win(recipe: Path) -> None:
    found = read_recipe(recipe, settings=["web.limit=5", "max_tokens=64", "dedup.near=false"])
    assert (found.sources[0].limit, found.max_tokens, found.dedup.near) == (5, 64, False)


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "tokenizer: nowhere\n"
        "max_tokens: 4\n"
        "max_token: 1024\n"
        "sources:\n"
        "  - {name: a, kind: row, path: a.jsonl, weight: 1}\n"
        "  - {name: b c, kind: wikipedia, path: b.xml, weight: 2}\n"
        "  - {name: c, kind: code, languages: [pythn]}\n"
        "  - {name: c, kind: text, path: ., clean: {steps: [unicod]}}\n"
    )
    with pytest.raises(ConfigError) as told:
        read_recipe(path)
    lines = str(told.value).splitlines()
    for where, said in (
        ("3", "unknown key 'max_token', did you mean 'max_tokens'?"),
        ("5", "unknown kind 'row', did you mean 'rows'?"),
        ("6", "name 'b c'"),
        ("6", "b c: lang is zh or en"),
        ("6", "b c: b.xml does not exist"),
        ("7", "unknown language 'pythn', did you mean 'python'?"),
        ("7", "c: path is missing"),
        ("7", "weight is missing"),
        ("8", "unknown steps 'unicod', did you mean 'unicode'?"),
    ):
        assert any(line.startswith(f"{path}:{where}: ") and said in line for line in lines), (
            where,
            said,
            lines,
        )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "sources: a list of at least one source"),
        ("- a\n", "expected keys and values"),
        (
            "tokenizer: .\nsources: [{name: a, kind: text, path: .}]\nmax_tokens: 4\n",
            "max_tokens is at least 16",
        ),
        (
            "tokenizer: .\nsources: [{name: a, kind: text, path: .}]\nheld_out: 1\n",
            "held_out is a share below 1",
        ),
    ],
)
def test_what_cannot_be_a_recipe_is_told(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=said):
        read_recipe(path)


def test_weights_that_are_all_nothing_are_told(recipe: Path) -> None:
    with pytest.raises(ConfigError, match=r"weight is 0 for all sources"):
        read_recipe(recipe, settings=["web.weight=0"])
