"""What an instruction says of the form of an answer is what the answer then looks like."""

from __future__ import annotations

import pytest

from kg2instruct.records import Argument, Event, Example, Triple
from kg2instruct.render import FORMATS, LabelSchema, RenderOptions, render_example
from kg2instruct.render.wording import format_texts


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("is_open", [True, False])
def test_every_format_has_words_for_questions_with_labels_and_without(
    name: str, lang: str, is_open: bool
) -> None:
    texts = format_texts(name, "re", lang, is_open=is_open)
    assert texts and not any("{example}" in x or "{nothing}" in x for x in texts)


def test_an_open_question_does_not_speak_of_labels_to_be_kept() -> None:
    assert not any("保留" in x or "值留空" in x for x in format_texts("json", "re", "zh", is_open=True))
    assert not any("keeps an empty" in x for x in format_texts("json", "re", "en", is_open=True))


def test_absent_arguments_are_announced_where_the_format_writes_them() -> None:
    assert all("NAN" in x for x in format_texts("json", "ee", "zh", is_open=False))
    assert all("NAN" in x for x in format_texts("oneke", "eea", "en", is_open=False))
    assert not any("NAN" in x for x in format_texts("json", "ee", "zh", is_open=True))
    assert not any("NAN" in x for x in format_texts("tuple", "ee", "zh", is_open=False))
    event = Event("裁员", "裁掉", 2, (Argument("裁员方", "猛龙", 0),))
    more = Event("裁员", "裁撤", None, (Argument("时间", "五月"),))
    record = Example("a", "zh", "x", None, "猛龙裁掉三人。", event=(event,))
    schema = LabelSchema.from_examples([record, Example("b", "zh", "x", None, "裁撤", event=(more,))])
    (row,) = render_example(record, schema, RenderOptions(tasks=("ee",), formats=("json",), open_rate=0.0))
    assert '"NAN"' in row.output and "NAN" in row.instruction


@pytest.mark.parametrize("open_rate", [0.0, 1.0])
def test_typed_answers_are_shown_with_types(open_rate: float) -> None:
    def born(head: str, head_type: str) -> Triple:
        return Triple(head, head_type, None, None, "出生地", None, "青川", "地点", None, None)

    record = Example(
        "a", "zh", "x", None, "林岚、阿黄生于青川。", (), (born("林岚", "人物"), born("阿黄", "动物"))
    )
    options = RenderOptions(tasks=("spo",), formats=("json",), open_rate=open_rate)
    (row,) = render_example(record, LabelSchema.from_examples([record]), options)
    assert '"subject_type": "人物"' in row.output and '"subject_type": "头实体类型"' in row.instruction
