"""Of A in B, B in C and A in C only the first two are kept, where that is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kg2instruct.align.chains import most_specific

TEXT = "'''利川市'''位于[[韩国]][[京畿道]]。"


def located(example: Any) -> list[str]:
    return sorted(f"{t.head} | {t.tail}" for t in example.relation if t.property == "P131")


def test_what_follows_from_two_others_is_left_out(align: Any) -> None:
    (example,) = align("zh", "利川市", TEXT).examples
    assert located(example) == ["京畿道 | 韩国", "利川市 | 京畿道"]
    first, second = (t for t in example.relation if t.property == "P131")
    inner, outer = (first, second) if first.tail_qid == second.head_qid else (second, first)
    whole = replace(inner, tail=outer.tail, tail_start=outer.tail_start, tail_qid=outer.tail_qid)
    longer = replace(example, relation=(*example.relation, whole))
    assert len(located(longer)) == 3
    assert most_specific(longer, align.schemas) == example


def test_a_relation_that_is_no_chain_stays_whole(align: Any) -> None:
    (example,) = align("zh", "利川市", TEXT).examples
    assert [t for t in most_specific(example, align.schemas).relation if t.property == "P17"]


def test_an_example_without_a_chain_stays_as_it_is(align: Any) -> None:
    (example,) = align("zh", "鲁迅", "'''鲁迅'''出生于[[绍兴]]。").examples
    assert most_specific(example, align.schemas) is example
