"""What is found in texts that have no links."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg2instruct.align.context import AlignContext
from kg2instruct.annotate import Annotated, AnnotateOptions, Document, annotate_document
from kg2instruct.records import Lang

Contexts = Callable[[Lang], AlignContext]
WORDS = ["柏林", "德国", "爱因斯坦", "《蒙娜丽莎》", "Berlin", "1879年3月14日", "是", "的首都，", "。", "\n"]


def facts(found: Annotated) -> set[str]:
    return {f"{t.head} | {t.property} | {t.tail}" for e in found.examples for t in e.relation}


def names(found: Annotated) -> set[str]:
    return {f"{m.entity}@{m.qid}" for e in found.examples for m in e.entity if m.qid}


@pytest.mark.parametrize(
    ("lang", "text", "stated"),
    [
        ("zh", "柏林是德国的首都。", {"德国 | P36 | 柏林"}),
        ("zh", "据报道，爱因斯坦1879年出生于乌尔姆。", {"爱因斯坦 | P569 | 1879年", "爱因斯坦 | P19 | 乌尔姆"}),
        ("en", "Einstein was born in Ulm in 1879.", {"Einstein | P19 | Ulm", "Einstein | P569 | 1879"}),
        ("en", "The Eiffel Tower is a tower in Paris. It is 330 metres tall.", {"Eiffel Tower | P2048 | 330 metres"}),
    ],
)  # fmt: skip
def test_a_text_states(context: Contexts, lang: Lang, text: str, stated: set[str]) -> None:
    assert stated <= facts(annotate_document(Document("t", text), context(lang)))


def test_persons_go_on_by_their_family_name(context: Contexts) -> None:
    text = "We read of Albert Einstein.\nEinstein died in Princeton in 1955."
    assert "Einstein | P20 | Princeton" in facts(annotate_document(Document("t", text), context("en")))


def test_being_named_together_states_nothing(context: Contexts) -> None:
    found = annotate_document(Document("t", "爱因斯坦从没有到过乌尔姆和北京大学。"), context("zh"))
    assert facts(found) == set()


def test_a_common_word_is_no_name(context: Contexts) -> None:
    lower = annotate_document(Document("t", "He went reading by the water in may."), context("en"))
    assert not names(lower)


def test_a_word_that_means_a_notion_first_is_no_name(context: Contexts) -> None:
    found = annotate_document(Document("t", "苹果是一种水果。\n苹果公司是一家美国公司。"), context("zh"))
    assert names(found) == {"苹果公司@Q312", "美国@Q30"}
    assert found.examples[0].cate is None


def test_company_decides_between_two_readings(context: Contexts) -> None:
    country = annotate_document(
        Document("t", "We spoke of Georgia, whose capital is Tbilisi."), context("en")
    )
    assert "Georgia@Q230" in names(country)


def test_a_name_with_two_readings_of_one_weight_is_left_out(context: Contexts) -> None:
    unsure = AnnotateOptions(margin=1000.0)
    found = annotate_document(Document("t", "Yesterday we spoke of Georgia."), context("en"), unsure)
    assert not names(found)
    assert found.counts["names left out: two readings"] == 1


def test_the_first_sentence_says_what_the_text_is_about(context: Contexts) -> None:
    text = "上海浦东国际机场是中国的一座机场。\n1999年9月16日启用。"
    found = annotate_document(Document("t", text), context("zh"))
    assert "上海浦东国际机场 | P1619 | 1999年9月16日" in facts(found)
    assert {example.cate for example in found.examples} == {"运输"}


def test_a_title_says_what_the_text_is_about(context: Contexts) -> None:
    text = "1999年9月16日启用，机场标高约4米。"
    untitled = annotate_document(Document("t", text), context("zh"))
    titled = annotate_document(Document("t", text, "上海浦东国际机场"), context("zh"))
    assert facts(untitled) == set()
    assert "上海浦东国际机场 | P1619 | 1999年9月16日" in facts(titled)


def test_records_are_numbered_passages(context: Contexts) -> None:
    text = "柏林是德国的首都。\n\n  巴黎是法国的首都。"
    found = annotate_document(Document("news-7", text), context("zh"), AnnotateOptions(max_chars=20))
    assert [(e.id, e.text, e.page, e.source) for e in found.examples] == [
        ("news-7-0", "柏林是德国的首都。", None, "text"),
        ("news-7-1", "巴黎是法国的首都。", None, "text"),
    ]


def test_an_empty_text_has_no_records(context: Contexts) -> None:
    assert annotate_document(Document("t", " \n\n"), context("zh")).examples == []


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(
        st.one_of(
            st.sampled_from(WORDS),
            st.text(max_size=6),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_every_offset_is_exact_in_any_text(context: Contexts, parts: list[str]) -> None:
    for example in annotate_document(Document("t", "".join(parts)), context("zh")).examples:
        for mention in example.entity:
            assert example.text[mention.start : mention.end] == mention.entity
        for triple in example.relation:
            if triple.head_start is not None:
                assert example.text.startswith(triple.head, triple.head_start)
            if triple.tail_start is not None:
                assert example.text.startswith(triple.tail, triple.tail_start)
