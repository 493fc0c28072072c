"""The template table: what rule files may say, which rule counts, and what is told when one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.records import Link, Page
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.braces import match_braces, split_arguments
from kg2instruct.wiki.templates import TemplateTable


def table_of(tmp_path: Path, text: str, lang: str = "zh") -> TemplateTable:
    file = tmp_path / "templates.yaml"
    file.write_text(text, encoding="utf-8")
    return TemplateTable.load(lang, file)


def shown(table: TemplateTable, wikitext: str, lang: str = "zh") -> str:
    options = WikiOptions(variant="none", min_chars=1, templates=table)
    passages = parse_article(Page(1, "T", 0, 1, wikitext), lang=lang, options=options).passages
    return "\n".join(passage.text for passage in passages)


def test_a_users_rule_shows_its_parameters(tmp_path: Path) -> None:
    table = table_of(tmp_path, '- names: [站码, 車站編號]\n  text: "{3|1}[（{note}）]号"\n')
    assert shown(table, "{{站碼|甲|乙|K1|note=注}}和{{車站編號|K2}}。") == "K1（注）号和K2号。"


def test_a_users_rule_overrides_a_built_in_one(tmp_path: Path) -> None:
    table = table_of(tmp_path, '- names: [convert]\n  text: "<{1}>"\n- names: [CHN]\n  text: 中華\n')
    assert shown(table, "{{convert|5|km}}，{{CHN}}。") == "<5>，中華。"


def test_a_users_link_goes_to_another_wiki(tmp_path: Path) -> None:
    table = table_of(tmp_path, '- names: [路]\n  link: {target: "{2}", text: "{3|1}", lang: "{lang}"}\n')
    options = WikiOptions(variant="none", templates=table)
    page = Page(1, "T", 0, 1, "在{{路|甲|Foo|lang=en}}和{{路|乙}}旁。")
    passage = parse_article(page, lang="zh", options=options).passages[0]
    assert passage.text == "在甲和乙旁。"
    assert passage.links == (Link(1, 2, "Foo", "en"), Link(3, 4, "乙"))


def test_a_joined_list_and_a_pattern_for_names(tmp_path: Path) -> None:
    table = table_of(tmp_path, '- names: ["甲*丙"]\n  join: 、\n')
    assert shown(table, "有{{甲乙丙|一||二}}。") == "有一、二。"


def test_brackets_are_written_with_a_backslash(tmp_path: Path) -> None:
    table = table_of(tmp_path, "- names: [方]\n  text: '\\[{1}\\]'\n")
    assert shown(table, "有{{方|一}}。") == "有[一]。"


def test_a_full_name_wins_over_a_pattern(tmp_path: Path) -> None:
    table = table_of(tmp_path, '- names: [甲乙]\n  text: 全\n- names: ["甲*"]\n  text: 部\n')
    assert shown(table, "是{{甲乙}}和{{甲丙}}。") == "是全和部。"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("names: [a]", "should be a list"),
        ("- text: x", "should have `names`"),
        ("- names: [a]", "no way to render"),
        ("- names: [a]\n  txet: x", "unknown key 'txet'"),
        ("- names: [a]\n  text: x\n  join: y", "has"),
        ("- names: [a]\n  text: '{1'", "cannot read"),
        ("- names: [a]\n  text: '[{1}'", "unclosed"),
        ("- names: [a]\n  link: x", "link should have target"),
        ("- names: [yes]\n  text: x", "put quotes around"),
        ("- names: [a\n", "not a YAML file"),
    ],
)
def test_a_wrong_rule_is_told_with_file_and_entry(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"templates\.yaml") as error:
        table_of(tmp_path, text)
    assert told in str(error.value)


def test_an_unknown_function_is_told_with_what_is_close(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'convert'"):
        table_of(tmp_path, "- names: [a]\n  code: convrt\n")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        TemplateTable.load("zh", tmp_path / "none.yaml")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_built_in_tables_are_large(lang: str) -> None:
    table = TemplateTable.load(lang)
    assert len(table.rules) + len(table.patterns) + len(table.codes) > 1500


def test_names_are_compared_folded() -> None:
    table = TemplateTable.load("zh")
    rule, _ = table.find("出生日期與年齡")
    assert rule is not None
    assert rule is table.find("出生日期与年龄")[0]
    assert table.find("birth_date and  age")[0] is table.find("Birth date and age")[0]


def test_country_codes_mind_their_case() -> None:
    table = TemplateTable.load("zh")
    assert table.find("KOR")[0] is not table.find("kor")[0]


def test_braces_are_matched_innermost_first() -> None:
    braces = match_braces("{{a|{{{b|c}}}|{{d}}}}")
    assert braces.parameters == {4: 13}
    assert braces.templates == {14: 19, 0: 21}


def test_bars_inside_links_and_templates_do_not_part_parameters() -> None:
    text = "{{a|[[b|c]]|{{d|e}}|f}}"
    spans = split_arguments(text, 2, len(text) - 2, match_braces(text))
    assert [text[start:end] for start, end in spans] == ["a", "[[b|c]]", "{{d|e}}", "f"]


def test_an_unclosed_link_does_not_swallow_parameters() -> None:
    text = "{{a|[[b|c|d}}"
    spans = split_arguments(text, 2, len(text) - 2, match_braces(text))
    assert [text[start:end] for start, end in spans] == ["a", "[[b", "c", "d"]
