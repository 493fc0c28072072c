"""A recipe says where rows come from; its mistakes are told all at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.errors import ConfigError
from kg2instruct.mix import read_recipe

ROOT = Path(__file__).parents[2]


def written(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str, **more: object) -> list[str]:
    with pytest.raises(ConfigError) as told:
        read_recipe(written(folder, text), **more)  # type: ignore[arg-type]
    return str(told.value).replace(f"{folder}/", "").splitlines()


def test_all_mistakes_are_told_at_once_with_line_and_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    told = mistakes(
        tmp_path,
        """\
sourcs: 1
temperature: warm
dedup: {treshold: 0.9}
sources:
  - name: a
    kind: rovs
    path: rows.jsonl
  - name: b
    path: row.jsonl
    lang: fr
  - name: a
    path: rows.jsonl
    count: 3
    weight: 2
  - name: c
    kind: convert
    corpus: duie3
    path: rows.jsonl
    render: {tasks: [er]}
""",
    )
    assert [line for line in told if line.startswith("recipe.yaml:1:")] == [
        "recipe.yaml:1: unknown key 'sourcs', did you mean 'sources'?"
    ]
    assert "recipe.yaml:2: temperature: expected float, found 'warm'" in told
    assert "recipe.yaml:3: unknown key 'treshold', did you mean 'threshold'?" in told
    assert "recipe.yaml:6: unknown kind 'rovs', did you mean 'rows'?" in told
    assert any(
        x.startswith("recipe.yaml:9: b: row.jsonl does not exist, did you mean 'rows.jsonl'?") for x in told
    )
    assert "recipe.yaml:10: b: lang 'fr' is not zh or en" in told
    assert "recipe.yaml:11: source 'a' is named twice, first in recipe.yaml:5" in told
    assert "recipe.yaml:14: a: give either count or weight, not both" in told
    assert any(x.startswith("recipe.yaml:19: unknown task 'er'") for x in told)


def test_an_unknown_corpus_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    told = mistakes(
        tmp_path, "sources:\n  - {name: c, kind: convert, path: rows.jsonl,\n     corpus: duie3}\n"
    )
    assert told[0].startswith("recipe.yaml:3: c: unknown corpus 'duie3', did you mean 'duie")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "recipe.yaml:1: sources: a list of at least one source is needed"),
        ("- a\n", "recipe.yaml:1: expected keys and values such as `sources:`"),
        ("a: [\n", "recipe.yaml:2: not YAML: expected the node content, but found '<stream end>'"),
        ("seed: 1\nseed: 2\nsources: []\n", "recipe.yaml:2: seed is said twice, first in recipe.yaml:1"),
        ("sources:\n  - {name: a}\n", "recipe.yaml:2: a: path is missing"),
        ("sources: [{name: a, path: x, weight: -3}]", "recipe.yaml:1: weight: not below 0, found -3"),
        ("sources: [{name: a, path: x, weight: .inf}]", "weight: expected a finite number, found inf"),
        ("sources: [{name: a, path: x, corpus: json}]", "the corpus json needs a mapping"),
        ("sources: [{name: a, path: x, schema: y}]", "a: schema: y does not exist; known by name: wikipedia"),
        (
            "sources: [{name: a, path: x, labels: duie3}]",
            "a: labels: duie3 does not exist; known by name: ace2005, ",
        ),
        ("sources: [{name: a, path: x, labels: duie2, schema: wikipedia}]", "give either schema or labels"),
        ("split: {test: 0.9, validation: 0.2}\nsources: [{name: a, path: x}]", "together below 1"),
    ],
)
def test_what_is_no_recipe_is_told(tmp_path: Path, text: str, message: str) -> None:
    assert message in "\n".join(mistakes(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.yaml: No such file"):
        read_recipe(tmp_path / "no.yaml")


def test_settings_win_over_the_file_and_are_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "here.jsonl").write_text("")
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "recipes", "sources:\n  - {name: a, path: nowhere}\n")
    recipe = read_recipe(
        path, settings=["a.path=here.jsonl", "a.count=5", "dedup.near=false"], scale=0.5, seed=9
    )
    source = recipe.sources[0]
    assert (source.path, source.count) == (("here.jsonl",), 5)
    assert (recipe.dedup.near, recipe.scale, recipe.seed) == (False, 0.5, 9)


def test_a_setting_of_an_unknown_source_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    told = mistakes(tmp_path, "sources:\n  - {name: general, path: x}\n", settings=["genral.count=5"])
    assert told[0] == "--set genral.count: unknown source 'genral', did you mean 'general'?"


def test_kind_and_name_follow_from_the_path_where_they_are_not_said(tmp_path: Path) -> None:
    (tmp_path / "built" / "data").mkdir(parents=True)
    (tmp_path / "rows.jsonl").write_text("")
    recipe = read_recipe(written(tmp_path, "sources:\n  - {path: built}\n  - {path: rows.jsonl}\n"))
    assert [(source.name, source.kind) for source in recipe.sources] == [
        ("built", "folder"),
        ("rows", "rows"),
    ]


def test_paths_may_have_wildcards(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "c.txt"):
        (tmp_path / name).write_text("")
    recipe = read_recipe(written(tmp_path, "sources:\n  - {name: s, path: '*.jsonl'}\n"))
    assert [Path(name).name for name in recipe.sources[0].path] == ["a.jsonl", "b.jsonl"]


def test_the_knowlm_recipe_has_the_published_numbers(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    names = ("ie-zh", "ie-en", "cot", "general", "code")
    settings = [f"{name}.path={tmp_path}/rows.jsonl" for name in names]
    recipe = read_recipe(ROOT / "recipes" / "knowlm.yaml", settings=settings)
    assert {source.name: source.count for source in recipe.sources} == {
        "ie-zh": 486_768,
        "ie-en": 537_429,
        "cot": 202_333,
        "general": 105_216,
        "code": 44_688,
    }


def test_the_knowlm_recipe_asks_for_each_path_that_is_not_there() -> None:
    with pytest.raises(ConfigError) as told:
        read_recipe(ROOT / "recipes" / "knowlm.yaml")
    assert [f"--set {x}.path=" in str(told.value) for x in ("ie-zh", "ie-en", "cot", "general", "code")] == [
        True
    ] * 5
