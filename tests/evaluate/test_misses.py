"""Why stated claims were not found, told from what a run wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.evaluate import misses as m
from kg2instruct.evaluate.alignment import GoldClaim
from kg2instruct.jsonl import write_jsonl
from kg2instruct.records import Dropped, Example, Mention, PageRef, Triple
from kg2instruct.schema import load_schemas

TEXT = "柏林位于施普雷河畔，1237年建城。"
PAGE = PageRef("柏林", 1, 10)
SPREE = Mention("施普雷河", "地理地区", 4, 8, "Q1684", "link")
BERLIN = Mention("柏林", "地理地区", 0, 2, "Q64", "title")


def triple(head: str, pid: str, tail: str) -> Triple:
    return Triple("柏林", "地理地区", 0, head, "r", pid, "施普雷河", "地理地区", 4, tail)


def claim(head: str, pid: str, tail: str, evidence: str = TEXT) -> GoldClaim:
    return GoldClaim("柏林", evidence, head, pid, tail, "柏林", "施普雷河", "entity")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    examples = [Example("zhwiki-1-10-0", "zh", "wikipedia", None, TEXT, (BERLIN, SPREE), page=PAGE)]
    write_jsonl(tmp_path / "aligned" / "zh-00000.jsonl", examples)
    page = {"page": PAGE, "seen": "①位于②畔"}
    dropped = [
        Dropped("zhwiki-1-10-0", "align", "not stated", triple=triple("Q64", "P206", "Q1684"), **page),
        Dropped("zhwiki-1-10-0", "align", "one enumeration", triple=triple("Q64", "P131", "Q9"), **page),
        Dropped("zhwiki-1-10-7", "align", "denied", triple=triple("Q64", "P47", "Q1684"), **page),
        Dropped("zhwiki-1-10-8", "align", "passage that names nothing", page=PAGE),
    ]
    write_jsonl(tmp_path / "rejects" / "zh-00000.jsonl", dropped)
    return tmp_path


@pytest.mark.parametrize(
    ("missed", "why"),
    [
        (claim("Q64", "P206", "Q1684"), "not stated"),
        (claim("Q9", "P150", "Q64"), "one enumeration"),  # the record says it from the other end
        (claim("Q64", "P47", "Q1684"), m.NO_CLAIM),  # dropped in another passage only
        (claim("Q64", "P99999", "Q1684"), m.NO_RELATION),
        (claim("Q64", "P206", "Q1684", "完全不是这一页上的话"), m.NO_PASSAGE),
        (claim("Q7", "P206", "Q1684"), m.NO_HEAD),
        (claim("Q64", "P206", "Q7"), m.NO_TAIL),
    ],
)
def test_a_miss_is_told_with_what_stands_behind_it(run: Path, missed: GoldClaim, why: str) -> None:
    assert [miss.why for miss in m.explain_misses([missed], run, load_schemas())] == [why]


def test_the_sentence_that_a_rule_judged_is_shown(run: Path) -> None:
    (miss,) = m.explain_misses([claim("Q64", "P206", "Q1684")], run, load_schemas())
    assert miss.seen == "①位于②畔"


def test_a_run_without_rejects_tells_nothing(run: Path, tmp_path: Path) -> None:
    assert m.has_rejects(run)
    (tmp_path / "rejects" / "zh-00000.jsonl").unlink()
    assert not m.has_rejects(run)
