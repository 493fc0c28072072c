"""What an answer says, as table, graph and marks."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg2instruct.records import Example
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.tasks import TASKS
from trainer.inference.serve.drawing import Hues, graph, highlighted, table
from trainer.inference.serve.found import Edge, Found, Mark, mark, read
from trainer.inference.serve.layout import place
from trainer.inference.serve.view import view


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_shown(records: list[Example], task: str) -> None:
    shown = 0
    for example in records:
        answer = TASKS[task].gold(example)
        if not answer or len(example.text) > 400:
            continue
        output = FORMATS["json"].render(answer, TASKS[task], (), example.lang, example.text)
        found = read(output, example.text, task, "json", (), example.lang)
        width = len(found.header)
        assert found.rows
        assert all(len(row) in (width, width - 2) for row in found.rows)
        assert not found.problems
        assert bool(found.edges) == (task in ("re", "spo") or any(item.pairs for item in answer))
        ElementTree.fromstring(f"<r>{view(found, example.text, example.lang)}</r>")
        shown += 1
    assert shown


def test_names_that_do_not_stand_in_the_text_are_told() -> None:
    found = read('{"职位": [{"head": "林岚", "tail": "省长"}]}', "林岚是市长", "re", "json", (), "zh")
    assert found.missing == ("省长",)
    assert '<td class="kg-missing">省长</td>' in table(found)


def test_an_answer_that_cannot_be_read_is_told() -> None:
    found = read("我不知道", "文", "re", "json", (), "zh")
    assert found.problems
    assert "未能读懂" in view(found, "文", "zh")


def test_of_overlapping_names_the_longest_is_marked() -> None:
    text = "北京大学在北京"
    assert mark(text, {"北京": "地点", "北京大学": "机构"}) == [Mark(0, 4, "机构"), Mark(5, 7, "地点")]


_NAMES = st.text(st.sampled_from('ab甲<&"'), min_size=1, max_size=3)


@given(text=st.text(st.sampled_from('ab甲乙<&" '), max_size=30), names=st.dictionaries(_NAMES, _NAMES))
@settings(max_examples=80, deadline=None)
def test_marks_never_change_the_text(text: str, names: dict[str, str]) -> None:
    html = highlighted(text, mark(text, names), Hues(list(names.values())))
    assert "".join(ElementTree.fromstring(html).itertext()) == text


def test_what_a_model_says_is_never_markup() -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    found = Found(
        ("头", "关系", "尾"),
        ((evil, evil, evil),),
        (Edge(evil, evil, "b"),),
        ((evil, evil),),
        (evil,),
        (),
        (evil,),
    )
    shown = view(found, evil, "zh")
    assert "<script" not in shown
    assert "<img" not in shown
    ElementTree.fromstring(f"<r>{shown}</r>")


@given(
    edges=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25),
    widths=st.lists(st.integers(30, 300), min_size=12, max_size=12),
)
@settings(max_examples=15, deadline=None)
def test_no_node_lies_upon_another(edges: list[tuple[int, int]], widths: list[int]) -> None:
    sizes = [(float(width), 30.0) for width in widths]
    points = place(sizes, edges)
    assert (points.min(axis=0) >= 0).all()
    for (a, size_a), (b, size_b) in itertools.combinations(zip(points, sizes, strict=True), 2):
        assert (
            abs(a[0] - b[0]) >= (size_a[0] + size_b[0]) / 2 or abs(a[1] - b[1]) >= (size_a[1] + size_b[1]) / 2
        )


def test_a_graph_has_a_node_for_each_name_and_an_arrow_for_each_pair() -> None:
    edges = (
        Edge("甲", "同事", "乙"),
        Edge("甲", "朋友", "乙"),
        Edge("乙", "老师", "甲"),
        Edge("甲", "自称", "甲"),
    )
    found = Found((), (), edges, (("甲", "人物"), ("乙", "")), (), (), ())
    drawn = ElementTree.fromstring(graph(found, Hues(["人物"])))
    kinds = [element.get("class") for element in drawn.iter()]
    assert (kinds.count("kg-node"), kinds.count("kg-edge")) == (2, 3)
    assert "同事 / 朋友" in "".join(drawn.itertext())
