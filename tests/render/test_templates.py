"""Template files: enough of them, varied, well-formed, and clear words about one that is not."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from rapidfuzz import fuzz

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.render.diversity import words
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.tasks import TASKS
from kg2instruct.render.templates import TemplateSet, template_sets

DEFAULT = [f"{task}/{lang}" for task in TASKS for lang in ("zh", "en")]


@pytest.mark.parametrize("name", DEFAULT)
def test_every_task_and_language_has_twenty_closed_and_ten_open_wordings(name: str) -> None:
    templates = template_sets()[name].templates
    assert len(templates["closed"]) >= 20
    assert len(templates["open"]) >= 10


@pytest.mark.parametrize("name", DEFAULT)
def test_no_two_wordings_of_a_file_are_alike(name: str) -> None:
    templates = [x for kind in ("closed", "open") for x in template_sets()[name].templates[kind]]
    for one, other in combinations(templates, 2):
        texts = [" ".join(x.text) if name.endswith("zh") else x.text for x in (one, other)]
        assert fuzz.token_set_ratio(*texts) / 100 < 0.85, (one.name, other.name)


@pytest.mark.parametrize("name", list(template_sets()))
def test_every_template_can_be_filled(name: str) -> None:
    values = {"schema": "<S>", "format": "<F>", "input": "<I>", "events": "<E>"}
    for kind, templates in template_sets()[name].templates.items():
        for template in templates:
            text = template.fill(values)
            assert "$" not in text
            assert ("<S>" in text) == (kind == "closed")
            assert ("<I>" in text) == template.holds_text


def test_some_wordings_hold_the_text_and_some_leave_it_to_the_input() -> None:
    for name in DEFAULT:
        closed = template_sets()[name].templates["closed"]
        assert {x.holds_text for x in closed} == {True, False}, name


def test_the_schema_stands_before_the_text_in_some_wordings_and_after_it_in_others() -> None:
    for name in DEFAULT:
        orders = {
            x.text.index("$schema") < x.text.index("$input")
            for x in template_sets()[name].templates["closed"]
            if x.holds_text
        }
        assert orders == {True, False}, name


def test_both_languages_have_the_same_sets() -> None:
    names = set(template_sets())
    assert {x.removesuffix("zh") for x in names if x.endswith("/zh")} == {
        x.removesuffix("en") for x in names if x.endswith("/en")
    }


def test_zhixi_prompts_come_in_their_shapes_and_formats() -> None:
    zh, en = (template_sets()[f"re/zhixi/{lang}"].templates["closed"] for lang in ("zh", "en"))
    assert (len(zh), len(en)) == (4, 14)
    assert {x for template in zh for x in template.formats} == {"tuple", "lines", "json_list"}
    assert {x for template in en for x in template.formats} == {"json", "tuple", "square", "curly", "angle"}


def test_a_field_name_ends_where_chinese_begins(tmp_path: Path) -> None:
    path = tmp_path / "zh.yaml"
    path.write_text("closed:\n  - '找出$schema这些，$format价$$5'\n", encoding="utf-8")
    template = TemplateSet("ner/zh", path).templates["closed"][0]
    assert template.fill({"schema": "人物", "format": "。"}) == "找出人物这些，。价$5"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("closed:\n  - fine $schema $format\n  - bad $shema $format\n", 3, "did you mean 'schema'"),
        ("closed:\n  - no labels $format\n", 2, "needs $schema"),
        ("open:\n  - labels $schema $format\n", 2, "has no $schema"),
        ("closd:\n  - $schema $format\n", 1, "did you mean 'closed'"),
        ("closed:\n  - {text: $schema $format, formats: [tupel]}\n", 2, "did you mean 'tuple'"),
        ("closed:\n  - {txt: $schema $format}\n", 2, "text and formats"),
        ("closed: yes\n", 1, "list of texts"),
        ("closed:\n  - 'open quote $schema\n", 3, "not YAML"),
        ("closed:\n  - costs 5$ $schema $format\n", 2, "$$"),
        ("- a\n- b\n", 1, "keys closed, open, keyed"),
    ],
)
def test_a_bad_file_is_told_with_file_and_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "en.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        _ = TemplateSet("ner/en", path).templates
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "zh.yaml"
    path.write_bytes("closed: [找$schema。$format]".encode("gb18030"))
    with pytest.raises(InputError, match=r"zh\.yaml: cannot be read as UTF-8"):
        _ = TemplateSet("re/zh", path).templates


def test_one_output_format_needs_no_list(tmp_path: Path) -> None:
    path = tmp_path / "zh.yaml"
    path.write_text("closed:\n  - {text: 找$schema。$format, formats: tuple}\n", "utf-8")
    assert TemplateSet("re/zh", path).templates["closed"][0].formats == ("tuple",)


def test_a_folder_without_templates_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no templates; they are files"):
        template_sets(tmp_path / "none")


def test_an_unknown_set_is_told_with_a_near_name() -> None:
    with pytest.raises(UnknownName, match="did you mean 're/zh'"):
        template_sets()["re/hz"]


def test_a_users_folder_takes_the_place_of_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "ner").mkdir()
    (tmp_path / "ner" / "en.yaml").write_text("closed:\n  - $schema! $format\n", encoding="utf-8")
    assert list(template_sets(tmp_path)) == ["ner/en"]


def test_every_output_format_has_words_in_both_languages() -> None:
    from kg2instruct.render.words import format_words

    for lang in ("zh", "en"):
        assert set(format_words()[lang]) == set(FORMATS)


def test_tokens_are_words_and_single_chinese_characters() -> None:
    assert words("找出entity names。") == ["找", "出", "entity", "names", "。"]
