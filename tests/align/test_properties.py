"""What holds for every page: spans, order, and no crash on anything at all."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg2instruct.align.article import align_article
from kg2instruct.records import Article, Example, Lang, Link, Passage

NAMES: dict[Lang, list[str]] = {
    "zh": [
        *(
            "柏林",
            "德国",
            "鲁迅",
            "周树人",
            "绍兴",
            "爱因斯坦",
            "阿尔伯特·爱因斯坦",
            "汉江",
            "长江",
            "中国人民大学",
        ),
        *("中国", "北京", "京", "波兰语", "波兰", "许广平", "德国总理", "大熊猫"),
    ],
    "en": [
        *("Berlin", "Germany", "Albert Einstein", "Einstein", "Ulm", "Mileva Marić", "Han River", "Poland"),
        *("Polish", "Berlin Victory Column Memorial", "chancellor", "giant panda", "ETH Zurich", "Eduard"),
    ],
}
WORDS: dict[Lang, list[str]] = {
    "zh": [
        *(
            "出生于",
            "是",
            "的首都",
            "、",
            "和",
            "，",
            "。",
            "（",
            "）",
            "《",
            "》",
            "1881年9月25日",
            "1879年",
        ),
        *("全长494公里", "他", "生于", "妻子", "语", "人", "·", "位于", "获得", "\n", " "),
    ],
    "en": [
        *(" was born in ", " is the capital of ", ", ", " and ", ". ", " (", ") ", "14 March 1879", " 1879"),
        *(" 2,850 km", "He ", "'s ", "s", "-", " the ", "\n", " "),
    ],
}
TITLES: dict[Lang, list[str]] = {
    "zh": ["鲁迅", "柏林", "阿尔伯特·爱因斯坦", "汉江 (韩国)", "没有的页面", ""],
    "en": ["Albert Einstein", "Berlin", "Han River (Korea)", "No such page", ""],
}
LANGS: st.SearchStrategy[Lang] = st.sampled_from(["zh", "en"])
KINDS: st.SearchStrategy[Literal["paragraph", "list"]] = st.sampled_from(["paragraph", "list"])


def check_example(example: Example) -> None:
    """Spans are in the text, mentions in order and apart, ends of triples among them."""
    spans = []
    for mention in example.entity:
        assert mention.start is not None
        assert mention.end is not None
        assert example.text[mention.start : mention.end] == mention.entity != ""
        spans.append((mention.start, mention.end))
    assert spans == sorted(set(spans))
    for triple in example.relation:
        for text, start in ((triple.head, triple.head_start), (triple.tail, triple.tail_start)):
            assert text
            if start is not None:
                assert example.text[start : start + len(text)] == text
        assert (triple.tail_qid is None) != (triple.tail_value is None)
        assert triple.head_type
        assert triple.tail_type


def check_mentions_apart(example: Example) -> None:
    """No two names overlap, but for the beginning of another one where both are ends: 德国 and 德国总理.

    A date or number may hold what an entity's name holds.
    """
    ends = {start for triple in example.relation for start in (triple.head_start, triple.tail_start)}
    names = [mention for mention in example.entity if mention.via != "value"]
    for first, second in pairwise(names):
        both_ends = first.start == second.start and first.start in ends
        assert both_ends or (first.end or 0) <= (second.start or 0), (first, second)


@st.composite
def passages(draw: st.DrawFn, lang: Lang) -> Passage:
    """Names and words in any mixture; some of the names are links, some bold."""
    parts = draw(st.lists(st.sampled_from(NAMES[lang] + WORDS[lang]), min_size=1, max_size=24))
    text, links, bold = "", [], []
    for part in parts:
        start, text = len(text), text + part
        if part in NAMES[lang]:
            kind = draw(st.sampled_from(["", "link", "other", "bold"]))
            if kind == "link":
                links.append(Link(start, len(text), part))
            elif kind == "other":
                links.append(Link(start, len(text), draw(st.sampled_from(NAMES[lang]))))
            elif kind == "bold":
                bold.append((start, len(text)))
    return Passage(text, tuple(links), tuple(bold), draw(st.sampled_from(["", "症状", "A / B"])), draw(KINDS))


@st.composite
def articles(draw: st.DrawFn) -> Article:
    lang = draw(LANGS)
    found = draw(st.lists(passages(lang), min_size=1, max_size=3))
    return Article(7, draw(st.sampled_from(TITLES[lang])), 8, lang, tuple(found))


@settings(max_examples=150, deadline=None)
@given(article=articles())
def test_every_span_holds_what_it_says(align: Any, article: Article) -> None:
    for example in align_article(article, align.context(article.lang)).examples:
        check_example(example)
        check_mentions_apart(example)


@settings(max_examples=60, deadline=None)
@given(article=articles(), era_years=st.booleans(), implied=st.booleans(), ambiguity=st.integers(1, 12))
def test_every_span_holds_what_it_says_with_any_options(
    align: Any, article: Article, era_years: bool, implied: bool, ambiguity: int
) -> None:
    options = {"era_years": era_years, "implied_subject": implied, "max_ambiguity": ambiguity}
    for example in align_article(article, align.context(article.lang, **options)).examples:
        check_example(example)


@settings(max_examples=60, deadline=None)
@given(article=articles())
def test_a_page_gives_the_same_whatever_came_before_it(align: Any, article: Article) -> None:
    context = align.context(article.lang)
    warm = [align_article(article, context) for _ in range(2)][1]
    assert warm == align_article(article, align.context(article.lang))


@settings(max_examples=60, deadline=None)
@given(article=articles())
def test_a_fact_is_found_once_a_passage(align: Any, article: Article) -> None:
    for example in align_article(article, align.context(article.lang)).examples:
        facts = [(t.head_qid, t.property, t.tail_qid or t.tail_value) for t in example.relation]
        assert len(facts) == len(set(facts))


@settings(max_examples=60, deadline=None)
@given(article=articles())
def test_every_triple_is_a_claim_of_the_store(align: Any, article: Article) -> None:
    """Either as it stands, or from the other end where the schema writes it so."""
    for example in align_article(article, align.context(article.lang)).examples:
        for triple in example.relation:
            assert triple.head_qid
            assert triple.property
            head, pid = int(triple.head_qid[1:]), int(triple.property[1:])
            if triple.tail_qid is None:
                assert any(claim.property == pid for claim in align.store.claims(head))
                continue
            tail = int(triple.tail_qid[1:])
            ends = {pid, *align.schemas.relations[pid].inverses}
            assert pid in align.store.properties_between(head, tail) or ends & set(
                align.store.properties_between(tail, head)
            )


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200), title=st.text(max_size=8), lang=LANGS)
def test_any_text_at_all_is_read(align: Any, text: str, title: str, lang: Lang) -> None:
    half = len(text) // 2
    passage = Passage(text, (Link(0, half, title or "x"),), ((half, len(text)),))
    result = align_article(Article(1, title, 1, lang, (passage,)), align.context(lang))
    assert [example.text for example in result.examples] == [text]
    check_example(result.examples[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "①②③④",
        "（",
        "）（" * 40,
        "𠮷野家",
        "İstanbul",
        "e\u0301",
        "\u200b中国\u200b",
        "。" * 300,
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_odd_passages_are_read(align: Any, text: str, lang: Lang) -> None:
    result = align_article(Article(1, "柏林", 1, lang, (Passage(text),)), align.context(lang))
    assert len(result.examples) == 1


def test_a_page_without_passages_gives_no_examples(align: Any) -> None:
    assert align_article(Article(1, "柏林", 1, "zh", ()), align.context("zh")).examples == []


def test_a_page_that_no_entity_has_gives_examples_without_a_topic(align: Any) -> None:
    page = align("zh", "没有的页面", "[[鲁迅]]出生于[[绍兴]]。")
    assert page.facts == ["鲁迅 | P19 | 绍兴"]
    assert page.examples[0].cate is None


# --- order


PAGES: list[tuple[Lang, str, str]] = [
    (
        "zh",
        "阿尔伯特·爱因斯坦",
        "'''爱因斯坦'''（1879年3月14日－1955年4月18日），出生于[[乌尔姆]]，[[美国]]与[[瑞士]]双重国籍的[[物理学家]]、[[教授]]，妻子[[米列娃·马利奇]]，获[[诺贝尔物理学奖]]。",
    ),
    ("zh", "武汉", "'''武汉'''位于[[长江]]与汉江交汇处，王伟出生于武汉。"),
    (
        "en",
        "Germany",
        "'''Germany''' borders [[France]], [[Poland]] and [[Austria]]; its capital is [[Berlin]]. "
        "It covers 357,386 km2.",
    ),
]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_entities_and_claims_in_the_dump_changes_nothing(
    align: Any, make_aligner: Callable[..., Any], entities: list[Any], tmp_path: Path, seed: int
) -> None:
    shuffle = random.Random(seed).shuffle
    mixed = []
    for found in entities:
        groups = list(found["claims"].items())
        for _, group in groups:
            shuffle(group := list(group))
        shuffle(groups)
        mixed.append(
            found | {"claims": {pid: random.Random(seed).sample(group, len(group)) for pid, group in groups}}
        )
    shuffle(mixed)
    other = make_aligner(mixed, tmp_path)
    for lang, title, text in PAGES:
        assert other(lang, title, text).examples == align(lang, title, text).examples
