"""What is drawn of a record, and the drawing that notebooks show."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Argument, Event, Example, InstructionRow, Mention, Triple
from kg2instruct.report.drawing import COLOURS, drawing, look
from kg2instruct.report.lines import place, text_width
from kg2instruct.report.notebook import show
from kg2instruct.report.page import asset
from kg2instruct.report.routes import End, Wire, routes
from kg2instruct.report.svg import record_svg

EVIL = "<img src=x onerror=alert(1)>"
ROW = InstructionRow("i-re-0", "re", "zh", "w", None, EVIL, "", "甲", "[]", "re/zh/closed/1", "json")


def triple(head: str, at: int | None, tail: str, tail_at: int | None) -> Triple:
    return Triple(head, "人物", at, "Q1", "位于", "P1", tail, "地理地区", tail_at, "Q2")


def test_ends_without_a_mention_are_marked_and_those_inside_longer_names_are_not() -> None:
    mention = Mention("德国总理", "职务", 0, 4, "Q3")
    example = Example("x", "zh", "w", None, "德国总理在柏林", (mention,), (triple("德国", 0, "柏林", 5),))
    drawn = drawing(example)
    assert [(m.start, m.end) for m in drawn.marks] == [(0, 4), (5, 7)]
    assert [(arc.head, arc.tail) for arc in drawn.arcs] == [(0, 1)]


def test_an_end_that_is_left_out_has_no_mark() -> None:
    drawn = drawing(Example("x", "zh", "w", None, "在柏林", (), (triple("某甲", None, "柏林", 1),)))
    assert [(arc.head, arc.tail) for arc in drawn.arcs] == [(None, 0)]


def test_both_languages_of_a_type_look_the_same_and_common_types_differ() -> None:
    assert look("人物") == look("Person")
    common = [
        look(kind) for kind in ("人物", "地理地区", "组织", "时间", "作品", "生物", "事件", "数量", "职业")
    ]
    assert len(set(common)) == len(common)
    assert look("PER") == look("PER")


def test_page_and_notebooks_have_the_same_colours() -> None:
    light = asset("record.css").split("@media")[0]
    assert tuple(re.findall(r"--h\d: (#\w+)", light)) == COLOURS


@given(
    st.text("甲乙。，（）ab c\n", max_size=80),
    st.lists(st.tuples(st.integers(0, 79), st.integers(1, 6)), max_size=8),
)
def test_lines_hold_all_of_the_text_in_order_and_within_the_width(
    text: str, spans: list[tuple[int, int]]
) -> None:
    mentions = tuple(
        Mention(text[a : a + n], "人物", a, min(len(text), a + n)) for a, n in spans if a < len(text)
    )
    drawn = drawing(Example("x", "zh", "w", None, text, mentions))
    placed = place(drawn, width=300, size=16, tag_size=10)
    assert "".join(p.piece.text for p in placed).replace(" ", "") == text.replace(" ", "")
    for one, other in pairwise(placed):
        assert (one.line, one.left) <= (other.line, other.left)
    assert all(p.left == 0 or p.left + p.piece.width <= 400 for p in placed)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_no_two_runs_of_a_line_meet_on_one_level(pairs: list[tuple[int, int]]) -> None:
    ends = [End(number // 4, 60.0 + 150 * (number % 4)) for number in range(10)]
    wires = [Wire(a, b, "关系", 40.0) for a, b in pairs if a != b]
    runs = routes(wires, ends, 780)
    assert sum(len(run.drops) for run in runs) == len(wires)
    for run in runs:
        assert (run.rise is None) or ends[run.head].line == run.line
        for other in runs:
            if other is not run and (other.line, other.level) == (run.line, run.level):
                assert run.high <= other.low or other.high <= run.low


def test_the_drawing_is_well_formed_and_says_all(sample: Path) -> None:
    for example in list(read_jsonl(sample / "aligned" / "zh-00000.jsonl", Example))[:60]:
        svg = ElementTree.fromstring(record_svg(example))
        told = "".join(element.text or "" for element in svg.iter() if element.tag.endswith("text"))
        drawn = [a for a in drawing(example).arcs if None not in (a.head, a.tail) and a.head != a.tail]
        assert all(arc.triple.relation in told for arc in drawn)
        assert all(mention.entity in told for mention in example.entity if " " not in mention.entity)


def test_records_show_themselves_in_notebooks(records: list[Example]) -> None:
    for record in records:
        assert record._repr_html_().startswith('<div class="kg-record"')
    assert "instruction" in ROW._repr_html_()


def test_what_a_notebook_shows_is_escaped() -> None:
    mention = Mention(EVIL, EVIL, 0, len(EVIL), "Q1")
    event = Event(EVIL, EVIL, 0, (Argument(EVIL, EVIL, 0),))
    example = Example(EVIL, "zh", EVIL, EVIL, EVIL, (mention,), (triple(EVIL, None, EVIL, 0),), (event,))
    for html in (example._repr_html_(), ROW._repr_html_(), show([example])._repr_html_()):
        assert "<img" not in html


def test_a_list_shows_the_first_and_says_that_there_are_more() -> None:
    html = show([ROW] * 5, limit=2)._repr_html_()
    assert html.count("kg-record") == 2
    assert "…" in html
    assert "…" not in show([ROW] * 2, limit=2)._repr_html_()


def test_the_records_import_nothing_that_draws() -> None:
    import subprocess
    import sys

    code = "import sys, kg2instruct.records; print([m for m in sys.modules if 'report' in m])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(("narrow", "wide"), [("i", "m"), ("a", "甲"), ("e\u0301", "ee")])
def test_wide_letters_are_wider(narrow: str, wide: str) -> None:
    assert text_width(narrow, 10) < text_width(wide, 10)


def test_a_notebook_runs_it(sample: Path) -> None:
    """As a kernel asks for it."""
    formatters: Any = pytest.importorskip("IPython.core.formatters", reason="needs IPython")
    example = next(read_jsonl(sample / "aligned" / "en-00000.jsonl", Example))
    shown = formatters.HTMLFormatter()(example)
    assert shown is not None and "<svg" in shown
