"""What a model names must stand in the text."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg2instruct.chat import Answer, Model
from kg2instruct.complete import CompleteOptions
from kg2instruct.complete.ground import NO_HEAD, NO_TAIL, OVERLAP, ground, spans_of
from kg2instruct.complete.judge import Given, Judge
from kg2instruct.complete.questions import Desk
from kg2instruct.complete.talk import converse
from kg2instruct.records import Example
from kg2instruct.schema import SchemaSet


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("她出生于华沙，死于华沙。", "华沙", ["华沙", "华沙"]),
        ("Marie Curie was born in Warsaw.", "marie curie", ["Marie Curie"]),
        ("臺灣大學位於臺北。", "台湾大学", ["臺灣大學"]),
        ("ＡＢＣ公司", "ABC公司", ["ＡＢＣ公司"]),
        ("《红高粱》是小说。", "《红高粱》", ["红高粱"]),
        ("Warsawa is no city.", "Warsaw", []),
        ("在1934年", "193", []),
        ("她出生于华沙。", "", []),
        ("她出生于华沙。", "《》", []),
    ],
)
def test_a_name_is_found_where_it_stands_whole(text: str, name: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in spans_of(text, name)] == found


def test_the_nearest_of_several_places_are_taken() -> None:
    assert ground("华沙很大。而她出生于华沙。", "她", "华沙") == ((6, 7), (10, 12))


def test_why_there_is_no_place_is_told() -> None:
    assert ground("她出生于华沙。", "他", "华沙") == NO_HEAD
    assert ground("她出生于华沙。", "她", "巴黎") == NO_TAIL
    assert ground("巴黎大学很老。", "巴黎大学", "巴黎") == OVERLAP


_NAMES = st.one_of(
    st.sampled_from(
        ["居里夫人", "华沙", "1867年", "1934年7月4日", "巴黎大学", "女儿", "伊雷娜", "皮埃尔", "不在文中"]
    ),
    st.text(max_size=6),
)
_SAID = st.lists(
    st.tuples(
        _NAMES, st.sampled_from(["出生地", "子女", "出生日期", "身高", "国籍", "昵称", "编造的"]), _NAMES
    ),
    max_size=6,
)


@given(said=_SAID, noise=st.text(max_size=10), samples=st.integers(1, 2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_model_answers_nothing_enters_that_does_not_stand_in_the_text(
    record: Example, schemas: SchemaSet, said: Any, noise: str, samples: int
) -> None:
    desk = _desk(schemas, samples)
    talk = converse(record, desk)
    answers = [
        noise + json.dumps({relation: [{"head": h, "tail": t}]}, ensure_ascii=False)
        for h, relation, t in said
    ]
    next(talk)
    n = 0
    while True:
        try:
            talk.send(Answer(answers[n % len(answers)] if answers else noise, "stop"))
            n += 1
        except StopIteration as stop:
            done = stop.value.example
            break
    for x in done.relation:
        assert record.text[x.head_start :].startswith(x.head)
        assert record.text[x.tail_start :].startswith(x.tail)
        assert x.head and x.tail
    for m in done.entity:
        assert record.text[m.start : m.end] == m.entity
    kept = done.relation[: len(record.relation)]
    assert [(x.head, x.property, x.tail, x.via) for x in kept] == [
        (x.head, x.property, x.tail, x.via) for x in record.relation
    ]


def _desk(schemas: SchemaSet, samples: int, cache: dict[int, Desk] = {}) -> Desk:  # noqa: B006
    if samples not in cache:
        cache[samples] = Desk.of(CompleteOptions(samples=samples, labels=200), Model("m"), schemas)
    return cache[samples]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("居里夫人", "出生日期", "1867年"), "1867年11月7日"),
        (("居里夫人", "死亡日期", "1934年7月4日"), "1934年7月4日"),
        (("居里夫人", "出生日期", "华沙"), "the tail is no date"),
        (("居里夫人", "身高", "1895年"), "the tail is no amount"),
        (("居里夫人", "出生地", "皮埃尔·居里"), "the types do not fit the relation"),
        (("居里夫人", "配偶", "玛丽·居里"), "both ends are the same"),
        (("居里夫人", "配偶", "1895年"), "an end is a date or amount where an entity belongs"),
        (("居里夫人", "养子女", "伊雷娜"), "the relation is not in the schema"),
        (("华沙", "出生地", "居里夫人"), "the types do not fit the relation"),
        (("居里夫人", "配偶", "女"), "the tail does not stand in the text"),
        (("她", "配偶", "皮埃尔·居里"), "the head does not stand in the text"),
        (("居里夫人", "雇主", "巴黎大学"), "the type of an end is unknown"),
    ],
)
def test_an_answer_is_typed_and_read_by_meaning_or_told_what_is_wrong(
    record: Example, schemas: SchemaSet, said: tuple[str, str, str], expected: str
) -> None:
    found = Judge(schemas).judge(Given(*said), record, "zh")
    assert (found if isinstance(found, str) else found.tail) == expected


@pytest.mark.parametrize(
    ("text", "relation", "tail", "value"),
    [
        ("金星公转一周需要224.7天。", "公转周期", "224.7天", "+224.7/Q573"),
        ("金星公转一周需要224.7天。", "半径", "224.7天", "the amount is of another dimension"),
        ("金星半径6052公里。", "半径", "6052公里", "+6052/Q828224"),
    ],
)
def test_an_amount_measures_what_the_relation_asks_for(
    schemas: SchemaSet, text: str, relation: str, tail: str, value: str
) -> None:
    star = Example("1", "zh", "x", "天文对象", text)
    found = Judge(schemas).judge(Given("金星", relation, tail, "天文对象"), star, "zh")
    assert (found if isinstance(found, str) else found.tail_value) == value


def test_what_is_left_out_is_counted(record: Example, schemas: SchemaSet, model_saying: Any) -> None:
    model = model_saying([("居里夫人", "子女", "艾芙"), ("居里夫人", "子女", "伊雷娜")])
    talk, counts = converse(record, _desk(schemas, 1)), Counter[str]()
    request = next(talk)
    try:
        while True:
            request = talk.send(model([request])[0])
    except StopIteration as stop:
        counts = stop.value.counts
    assert counts == {NO_TAIL: 1, "added": 1}
