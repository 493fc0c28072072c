"""Sentences as one claim sees them: ① head, ② tail, ③ other entities, ④ other dates and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from kg2instruct.align.article import introductions
from kg2instruct.align.cases import cases_of
from kg2instruct.records import Passage

CASES = [
    # What a claim looks at is masked, notions stay: they are the words that state relations.
    ("zh", "柏林", "'''柏林'''是[[德国]]的首都。", "P36", "②是①的首都。"),
    ("zh", "柏林", "'''柏林'''是[[德国]]的城市。", "P17", "①是②的城市。"),
    ("en", "Berlin", "'''Berlin''' is the capital of [[Germany]].", "P36", "② is the capital of ①."),
    # What is in the last of nested places is in all of them; other entities stand each on its own.
    ("zh", "利川市", "'''利川市'''位于韩国京畿道。", "P131", "①位于②。"),
    ("en", "Kurt Gödel", "'''Gödel''' worked in [[Vienna]], [[Austria]].", "P17", "③ worked in ①, ②."),
    # Dates and numbers: the one of the claim is the tail, the others are values.
    ("zh", "鲁迅", "'''鲁迅'''（1881年9月25日－1936年10月19日）。", "P569", "①（②－④）。"),
    ("zh", "鲁迅", "'''鲁迅'''（1881年9月25日－1936年10月19日）。", "P570", "①（④－②）。"),
    ("en", "Albert Einstein", "'''Einstein''' (14 March 1879 – 18 April 1955)", "P569", "① (② – ④)"),
    # Of a number the unit stays: it is evidence.
    ("zh", "多瑙河", "'''多瑙河'''全长2850公里。", "P2043", "①全长②公里。"),
    ("en", "Danube", "The '''Danube''' is 2,850 km long.", "P2043", "The ① is ② km long."),
    # Members of an enumeration count as the one that is claimed.
    ("zh", "鲁迅", "'''鲁迅'''是[[作家]]、[[翻译家]]。", "P106", "①是②。"),
    (
        "en",
        "Albert Einstein",
        "'''Einstein''' studied at [[ETH Zurich]] and the [[University of Zurich]].",
        "P69",
        "① studied at ②.",
    ),
    # A place and the one it lies in are no two members; the places listed are.
    ("zh", "鲁迅", "'''鲁迅'''到过法国巴黎、德国柏林以及奥地利维也纳。", "P17", "③到过③③、②①以及③③。"),
    ("zh", "鲁迅", "'''鲁迅'''到过韩国京畿道[[利川市]]、[[首尔]]。", "P131", "③到过③②①。"),
    ("zh", "鲁迅", "'''鲁迅'''到过法国巴黎、德国柏林及[[乌尔姆]]。", "P17", "③到过③③、②①。"),
    # Those who are listed stay apart where places are nested elsewhere in the sentence.
    ("zh", "鲁迅", "'''鲁迅'''、[[周作人]]和[[许广平]]到过韩国京畿道。", "P3373", "②、①和③到过③③。"),
    # The subject stands where a pronoun does, else at the start.
    ("zh", "鲁迅", "他出生于[[绍兴]]。", "P19", "①出生于②。"),
    ("zh", "鲁迅", "其妻[[许广平]]。", "P26", "①妻②。"),
    ("zh", "鲁迅", "1936年10月19日病逝。", "P570", "①②病逝。"),
    ("en", "Albert Einstein", "He was born in [[Ulm]].", "P19", "① was born in ②."),
    ("en", "Google", "The company was founded in 1998.", "P571", "① was founded in ②."),
    ("en", "Spirited Away", "Directed by [[Hayao Miyazaki]].", "P57", "① Directed by ②."),
    # Points that end no sentence would end what an expression may skip.
    (
        "en",
        "Google",
        "Founded in 1998 by Mrs. K. Page of Acme Inc. of St. Ives, it is new.",
        "P571",
        "Founded in ② by Mrs K Page of Acme Inc of St Ives, ① is new.",
    ),
    # 其中 and 其他 are no pronouns; 他们 are others.
    ("zh", "鲁迅", "其中[[绍兴]]是出生地。", "P19", "①其中②是出生地。"),
    ("zh", "鲁迅", "他们在[[绍兴]]出生。", "P19", "①他们在②出生。"),
    # A name that occurs twice is masked twice.
    ("zh", "柏林", "'''柏林'''是[[德国]]首都，柏林在德国东部。", "P17", "①是②首都，①在②东部。"),
]


@pytest.mark.parametrize(("lang", "title", "text", "pid", "masked"), CASES)
def test_a_sentence_is_masked_for_a_claim(
    align: Any, lang: Any, title: str, text: str, pid: str, masked: str
) -> None:
    seen = [
        c.masked
        for c in cases_of(align.article(lang, title, text), align.context(lang))
        if f"P{c.property}" == pid
    ]
    assert masked in [line.strip() for line in seen], seen


def test_only_claims_whose_ends_are_there_are_asked_for(align: Any) -> None:
    article = align.article("zh", "鲁迅", "'''鲁迅'''写过关于[[绍兴]]的文章。")
    assert [(c.property, c.masked) for c in cases_of(article, align.context("zh"))] == [
        (19, "①写过关于②的文章。")
    ]


def test_what_introduces_an_english_list_begins_with_a_word() -> None:
    announcing = Passage(
        "Shanghai became a sister city of Yokohama in 1973. Other sister cities are:", kind="paragraph"
    )
    item = Passage("Osaka, since 1974", kind="list")
    assert introductions([announcing, item], "en") == [
        "",
        " a sister city of Yokohama in 1973. Other sister cities are: ",
    ]
