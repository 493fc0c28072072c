"""Options from files and flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.config import BuildConfig, read_config, read_options
from kg2instruct.errors import ConfigError
from kg2instruct.render.options import RenderOptions


def written(folder: Path, text: str) -> Path:
    path = folder / "build.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_file_and_flags_all_is_default() -> None:
    assert read_config(None, {}) == BuildConfig()


def test_flags_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    path = written(tmp_path, "seed: 7\nlang: [zh, en]\nwiki: {passage: sentence, max_chars: 300}\n")
    config = read_config(path, {"seed": 8, "wiki.max_chars": 200})
    assert (config.seed, config.lang) == (8, ("zh", "en"))
    assert (config.wiki.passage, config.wiki.max_chars) == ("sentence", 200)
    assert config.render == RenderOptions()


def test_one_value_may_stand_for_a_list_and_nothing_for_the_default(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, "lang: en\nrender:\n  formats: json\n  negatives: 2\nseed:\n"), {})
    assert config.lang == ("en",)
    assert config.render.formats == ("json",)
    assert config.render.negatives == 2.0
    assert config.seed == 0


def test_all_mistakes_are_told_at_once_with_near_names(tmp_path: Path) -> None:
    path = written(
        tmp_path, "sed: 1\nlimit: many\nwiki: {pasage: x, max_chars: 2.5}\nrender: {tasks: 3}\nalign: 4\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_config(path, {})
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    for said in (
        "unknown key sed, did you mean 'seed'?",
        "limit: expected int, found 'many'",
        "unknown key wiki.pasage, did you mean 'passage'?",
        "wiki.max_chars: expected int, found 2.5",
        "render.tasks: expected a list",
        "align: expected keys and values",
    ):
        assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lang: [zh, fr]", "'fr' is not zh or en"),
        ("lang: [zh, zh]", "twice"),
        ("wiki: {passage: chapter}", "wiki.passage: 'chapter' is not one of paragraph, sentence"),
        ("wiki: {variant: zh-xx}", "'zh-xx' is not one of zh-hans"),
        ("render: {formats: [jsn]}", "did you mean 'json'?"),
        ("render: {open_rate: 3}", "open_rate is a share between 0 and 1"),
        ("split: {test: 0.9, validation: 0.2}", "together below 1"),
        ("compress: zip", "'zip' is not zst"),
        ("kb: a\nwikidata: b\nwikipedia: c", "only one of kb"),
        ("- a\n- b", "expected keys and values, such as"),
        ("a: [", "not YAML"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(written(tmp_path, text), {})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_dataset_records_beside_its_options_is_no_mistake(tmp_path: Path) -> None:
    path = written(tmp_path, "seed: 3\nversions: {python: '3'}\ninputs: {a: b}\nwiki: {templates: null}\n")
    assert read_config(path, {}) == BuildConfig(seed=3)


def test_one_section_serves_a_command_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, "seed: 3\nrender: {negatives: 0}\n")
    options = read_options(RenderOptions, path, "render", {"tasks": ["re"]})
    assert (options.negatives, options.tasks) == (0, ("re",))
    with pytest.raises(ConfigError, match=r"unknown key render\.task, did you mean 'tasks'"):
        read_options(RenderOptions, None, "render", {"task": ["re"]})
