"""Claims that are looked at and not kept, as records for those who ask for them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kg2instruct.align.article import align_article
from kg2instruct.records import Dropped

_TEXT = "'''柏林'''很大，[[德国]]也很大。\n\n它不是[[德国]]的首都。\n\n柏林是[[德国]]的首都，德国首都柏林。"


def dropped(align: Any) -> list[Dropped]:
    found: list[Dropped] = []
    align_article(align.article("zh", "柏林", _TEXT), align.context("zh"), drops=found.append)
    return found


def test_a_dropped_claim_is_told_with_its_rule_and_the_sentence_as_the_rule_saw_it(align: Any) -> None:
    told = {
        f"{d.record_id} | {d.reason} | {d.triple.head} | {d.triple.property} | {d.triple.tail} | {d.seen}"
        for d in dropped(align)
        if d.triple is not None
    }
    assert "zhwiki-1-2-0 | not stated | 柏林 | P17 | 德国 | ①很大，②也很大。" in told
    assert "zhwiki-1-2-1 | denied | 柏林 | P17 | 德国 | ①不是②的首都。" in told
    assert "zhwiki-1-2-2 | said from the other end | 德国 | P36 | 柏林 | ②是①的首都，①首都②。" in told


def test_what_is_seen_has_the_head_and_tail_of_the_record_whichever_end_claims_it(align: Any) -> None:
    capitals = [d.seen for d in dropped(align) if d.triple is not None and d.triple.property == "P36"]
    assert len(capitals) > 3
    assert all(seen in ("②很大，①也很大。", "②不是①的首都。", "②是①的首都，①首都②。") for seen in capitals)


def test_every_drop_of_the_funnel_is_told_once(align: Any) -> None:
    counts = align("zh", "柏林", _TEXT).counts
    told = Counter(f"dropped: {d.reason}" for d in dropped(align))
    assert told == {
        name: number for name, number in counts.items() if name.startswith("dropped: ") and number
    }
    assert told.total() + counts["triples"] == counts["candidates"]


def test_asking_for_them_changes_nothing_else(align: Any) -> None:
    article, context = align.article("zh", "柏林", _TEXT), align.context("zh")
    assert align_article(article, context, drops=lambda _: None) == align_article(article, context)
