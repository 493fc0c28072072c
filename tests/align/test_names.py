"""What a page as a whole says about names."""

from __future__ import annotations

from typing import Any

import pytest

from kg2instruct.align.names import bare_title, find_subject, read_names
from kg2instruct.lang.fold import fold


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("柏林", "柏林"),
        ("汉江 (韩国)", "汉江"),
        ("汉江（韩国）", "汉江"),
        ("Han River (Korea)", "Han River"),
        ("? (film)", "?"),
        ("(film)", "(film)"),
        ("A (b) c", "A (b) c"),
        ("", ""),
    ],
)
def test_a_title_stands_without_its_disambiguation(title: str, bare: str) -> None:
    assert bare_title(title) == bare


def read(align: Any, lang: Any, title: str, text: str) -> Any:
    article = align.article(lang, title, text)
    return read_names(article, [fold(passage.text) for passage in article.passages], align.context(lang))


@pytest.mark.parametrize(
    ("lang", "title", "subject"),
    [
        ("zh", "汉江 (韩国)", 39907),
        ("zh", "汉江", 233255),
        ("en", "Berlin", 64),
        ("zh", "扬子江", 5413),  # no page's title, but a name that one entity has
        ("zh", "王伟", None),  # a name of two
        ("zh", "没有的页面", None),
    ],
)
def test_the_subject_is_the_entity_of_the_page_or_the_only_one_of_its_name(
    align: Any, lang: Any, title: str, subject: int | None
) -> None:
    assert find_subject(align.article(lang, title, "x"), align.context(lang)) == subject


def test_own_names_are_title_names_bold_names_and_family_name(align: Any) -> None:
    names = read(align, "zh", "阿尔伯特·爱因斯坦", "'''爱氏'''即'''爱因斯坦'''。")
    assert set(names.own) >= {fold("阿尔伯特·爱因斯坦"), fold("爱因斯坦"), fold("爱氏")}
    assert set(names.own.values()) == {937}


def test_a_place_has_no_family_name(align: Any) -> None:
    assert "korea" not in read(align, "en", "South Korea", "'''South Korea''' is a country.").own


def test_links_tell_what_their_words_mean(align: Any) -> None:
    names = read(align, "zh", "首尔", "[[汉江 (韩国)|汉江]]与[[没有的页面|某处]]。")
    assert names.linked == {"汉江": 39907}
    assert names.entities == {39907}


def test_neighbours_are_near_from_both_sides(align: Any) -> None:
    names = read(align, "zh", "乌尔姆", "'''乌尔姆'''")
    assert {183, 985, 1653} <= names.near  # what Ulm's claims say
    assert 937 in names.near  # who was born in Ulm
    assert names.vouches_for(937)
    assert not names.vouches_for(23114)
