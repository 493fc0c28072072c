"""Aligned records against gold claims."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import InputError
from kg2instruct.evaluate.alignment import (
    Found,
    GoldClaim,
    covered,
    kind_of,
    same_tail,
    score_folder,
    score_triples,
    triples_of,
)
from kg2instruct.jsonl import write_jsonl
from kg2instruct.records import Example, PageRef, Triple

SHARED = Path(__file__).parents[2] / ".." / "shared" / "gold"


def claim(head: str, pid: str, tail: str, evidence: str = "柏林是德国首都", **more: Any) -> GoldClaim:
    fields = {"head_text": "柏林", "tail_text": "德国", "kind": kind_of(tail), **more}
    return GoldClaim(page="柏林", evidence=evidence, head=head, property=pid, tail=tail, **fields)


def found(
    head: str, pid: str, tail: str, passage: str = "柏林是德国首都，也是一个州。", page: str = "柏林"
) -> Found:
    return Found(page, passage, head, pid, tail)


def overall(gold: list[GoldClaim], triples: list[Found]) -> tuple[int, int, int]:
    figures = score_triples(gold, triples).figures["overall"]
    return figures.right, figures.wrong, figures.found


CAPITAL = claim("Q64", "P1376", "Q183")


def test_a_triple_that_the_passage_states_is_right() -> None:
    assert overall([CAPITAL], [found("Q64", "P1376", "Q183")]) == (1, 0, 1)


@pytest.mark.parametrize(
    "triple",
    [
        found("Q64", "P17", "Q183"),
        found("Q64", "P1376", "Q142"),
        found("Q64", "P1376", "Q183", page="波恩"),
        found("Q64", "P1376", "Q183", passage="这里说的是别的事。"),
    ],
)
def test_page_property_tail_and_passage_must_agree(triple: Found) -> None:
    assert overall([CAPITAL], [triple]) == (0, 1, 0)


def test_half_of_the_evidence_is_enough() -> None:
    assert overall([CAPITAL], [found("Q64", "P1376", "Q183", passage="德国首都")]) == (1, 0, 1)
    assert overall([CAPITAL], [found("Q64", "P1376", "Q183", passage="德国")]) == (0, 1, 0)


def test_a_fact_may_be_given_from_the_other_end() -> None:
    assert overall([CAPITAL], [found("Q183", "P36", "Q64")]) == (1, 0, 1)


def test_two_lines_from_both_ends_count_as_one() -> None:
    scores = score_triples([CAPITAL, claim("Q183", "P36", "Q64")], [])
    assert scores.figures["overall"].gold == 1


def test_the_same_triple_twice_counts_once_and_finds_one_line() -> None:
    twice = [found("Q64", "P1376", "Q183")] * 2
    assert overall([CAPITAL, CAPITAL], twice) == (1, 0, 1)


def test_one_triple_for_two_paragraphs_finds_one_line_two_find_both() -> None:
    lines = [CAPITAL, claim("Q64", "P1376", "Q183", "首都柏林位于德国")]
    first, second = found("Q64", "P1376", "Q183"), found("Q64", "P1376", "Q183", "首都柏林位于德国东部。")
    assert overall(lines, [first]) == (1, 0, 1)
    assert overall(lines, [first, second]) == (2, 0, 2)


def test_classes_and_lines_without_words_are_neither_missed_nor_wrong() -> None:
    lines = [claim("Q64", "P31", "Q515"), claim("Q64", "P17", "Q183", tail_text="")]
    triples = [found("Q64", "P31", "Q515"), found("Q64", "P31", "Q1"), found("Q64", "P17", "Q183")]
    figures = score_triples(lines, triples).figures["overall"]
    assert (figures.right, figures.wrong, figures.gold) == (0, 0, 0)
    assert figures.f1 == 0.0


@pytest.mark.parametrize(
    ("gold", "tail", "same"),
    [
        ("+1889-04-20/11", "+1889-00-00/9", True),
        ("+1889-04-20/11", "+1889-04-20T00:00:00Z/11", True),
        ("+1889-04-20/11", "+1889-05-00/10", False),
        ("-0044-00-00/9", "+0044-00-00/9", False),
        ("+1800-00-00/7", "+1800-00-00/7", False),
        ("+2.5/Q828224", "+2500/Q11573", True),
        ("+2.5/Q828224", "+2.52/Q828224", False),
        ("+94441/1", "+94441/Q199", True),
        ("+10/Q4917", "+10/Q4916", False),
        ("Ａ Day", "a day", True),
        ("Q64", "Q65", False),
    ],
)
def test_tails_are_compared_by_meaning(gold: str, tail: str, same: bool) -> None:
    assert same_tail(kind_of(gold), gold, tail) is same


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_what_stands_in_a_passage_is_covered_wholly(before: str, evidence: str, after: str) -> None:
    share = covered(evidence, before + evidence + after)
    assert 0 <= share <= 1
    assert share == 1 or not evidence.strip() or evidence != before + evidence + after


def test_triples_of_records_have_their_page_and_literal_tails() -> None:
    triple = Triple("柏林", "地", 0, "Q64", "人口", "P1082", "3", "数量", 3, None, "+3/1", "wikidata")
    loose = Triple("柏林", "地", 0, None, "x", None, "3", "数量", 3, None)
    example = Example(
        "a", "zh", "wikipedia", None, "柏林有3人", relation=(triple, loose), page=PageRef("柏林", 1, 2)
    )
    assert list(triples_of([example])) == [Found("柏林", "柏林有3人", "Q64", "P1082", "+3/1")]


def test_folders_that_are_no_gold_set_or_no_run_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no gold\.jsonl"):
        score_folder(tmp_path, tmp_path)
    (tmp_path / "gold.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match=r"holds no aligned/\*\.jsonl"):
        score_folder(tmp_path, tmp_path)
    (tmp_path / "aligned").mkdir()
    (tmp_path / "aligned" / "zh-00000.jsonl").touch()
    with pytest.raises(InputError, match=r"gold\.jsonl:1: is no GoldClaim record"):
        score_folder(tmp_path, tmp_path)


def test_a_run_of_other_pages_is_told(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "gold.jsonl", [CAPITAL])
    born = Triple("甲", "人物", 0, "Q1", "出生地", "P19", "乙", "城市", 4, "Q2")
    page = Example("x", "zh", "wikipedia", "人物", "甲出生于乙。", (), (born,), page=PageRef("甲", 1, 2))
    write_jsonl(tmp_path / "aligned" / "zh-00000.jsonl", [page])
    with pytest.raises(InputError, match=r"has none of the pages of .*, such as 柏林; align those pages"):
        score_folder(tmp_path, tmp_path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_figures_are_those_of_the_sets_own_scorer(lang: str, tmp_path: Path) -> None:
    if not (SHARED / "score.py").exists():
        pytest.skip("the gold sets are not here")
    from kg2instruct.config import BuildConfig
    from kg2instruct.pipeline.build import build

    gold = SHARED / lang
    inputs = {"wikipedia": (str(gold / "pages.xml"),), "wikidata": (str(gold / "entities.jsonl"),)}
    build(BuildConfig(lang=(lang,), **inputs), tmp_path / "out", workers=2, render=False)
    lines = [
        json.dumps(
            {"page": t.page, "passage": t.passage, "head": t.head, "property": t.property, "tail": t.tail},
            ensure_ascii=False,
        )
        for path in (tmp_path / "out" / "aligned").glob("*.jsonl")
        for example in path.read_text("utf-8").splitlines()
        for t in triples_of([_decode(example)])
    ]
    (tmp_path / "predictions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    command = [
        sys.executable,
        str(SHARED / "score.py"),
        str(gold),
        str(tmp_path / "predictions.jsonl"),
        "--json",
    ]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ours = {name: figures.to_json() for name, figures in score_folder(gold, tmp_path / "out").figures.items()}
    ours["hard=true"], ours["hard=false"] = ours.pop("hard"), ours.pop("not hard")
    assert ours == theirs


def _decode(line: str) -> Example:
    import msgspec

    return msgspec.json.decode(line, type=Example)
