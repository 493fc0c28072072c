"""Annotations are found again in a translation, or dropped with all that hangs on them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Argument, Event, Example, Mention, Triple
from kg2instruct.translate.labels import Labels
from kg2instruct.translate.project import mark_mentions, project, read_marks

RECORDS = Path(__file__).parents[1] / "data" / "render" / "records.jsonl"

EXAMPLE = Example(
    id="a",
    lang="zh",
    source="wikipedia",
    cate="地理地区",
    text="柏林位于德国，柏林市长是恩斯特。",
    entity=(
        Mention("柏林", "地理地区", 0, 2, "Q64", "title"),
        Mention("德国", "地理地区", 4, 6, "Q183", "link"),
        Mention("柏林", "地理地区", 7, 9, "Q64", "repeat"),
        Mention("柏林市长", "职业", 7, 11, None, "corpus"),
        Mention("恩斯特", "人物", None, None, None, "corpus"),
    ),
    relation=(
        Triple("柏林", "地理地区", 0, "Q64", "位于", "P17", "德国", "地理地区", 4, "Q183", via="wikidata"),
        Triple("柏林", "地理地区", 7, "Q64", "长官", None, "恩斯特", "人物", None, None),
    ),
    event=(Event("任职", "市长", 9, (Argument("人", "恩斯特", 12),)),),
)
ANSWER = "⟦a1⟧Berlin⟦/a1⟧ lies in ⟦a2⟧Germany⟦/a2⟧, and ⟦a6⟧Ernst⟦/a6⟧ is ⟦a3⟧⟦a4⟧Berlin⟦/a4⟧'s ⟦a5⟧mayor⟦/a5⟧⟦/a3⟧."


def translated(answer: str = ANSWER) -> tuple[Example, Counter[str]]:
    counts: Counter[str] = Counter()
    return project(EXAMPLE, answer, "en", Labels("en"), counts), counts


def test_brackets_enclose_what_is_marked_the_outer_around_the_inner() -> None:
    marked = mark_mentions(EXAMPLE).masked.text
    assert marked == (
        "⟦a1⟧柏林⟦/a1⟧位于⟦a2⟧德国⟦/a2⟧，⟦a3⟧⟦a4⟧柏林⟦/a4⟧⟦a5⟧市长⟦/a5⟧⟦/a3⟧是⟦a6⟧恩斯特⟦/a6⟧。"
    )


def test_mentions_triples_and_events_are_moved() -> None:
    record, counts = translated()
    assert record.text == "Berlin lies in Germany, and Ernst is Berlin's mayor."
    assert [(m.entity, m.start) for m in record.entity] == [
        ("Berlin", 0), ("Germany", 15), ("Berlin", 37), ("Berlin's mayor", 37), ("Ernst", None),
    ]  # fmt: skip
    assert all(m.start is None or record.text[m.start : m.end] == m.entity for m in record.entity)
    assert [(t.head, t.head_start, t.tail, t.tail_start) for t in record.relation] == [
        ("Berlin", 0, "Germany", 15), ("Berlin", 37, "Ernst", None),
    ]  # fmt: skip
    assert record.event[0].event_trigger == "mayor"
    assert record.event[0].arguments[0].argument == "Ernst"
    assert (record.id, record.lang) == ("a-en", "en")
    assert not [name for name in counts if "dropped" in name]


def test_labels_take_the_names_of_the_schemas() -> None:
    record, _ = translated()
    assert record.cate == "Geographic region"
    assert record.entity[0].entity_type == "Geographic region"
    assert record.relation[0].relation not in ("", "位于")
    labels = Labels("en", {"任职": "Appointment"})
    assert project(EXAMPLE, ANSWER, "en", labels, Counter()).event[0].event_type == "Appointment"


def test_what_lost_its_brackets_is_dropped_with_its_triples_and_counted() -> None:
    record, counts = translated(ANSWER.replace("⟦a2⟧", "").replace("⟦/a6⟧", "⟦/a6⟧⟦/a6⟧"))
    assert [m.entity for m in record.entity] == ["Berlin", "Berlin", "Berlin's mayor"]
    assert record.relation == ()
    assert counts["mention dropped"] == 2
    assert counts["triple dropped"] == 2
    assert "⟦" not in record.text


@given(
    st.text(alphabet="ab⟦⟧12/ 柏林\n", max_size=30).map(str.strip),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
)
@hypothesis.example("111111⟦1⟧", [(2, 9)])  # a mention around a mark of the text's own
@hypothesis.example("111111⟦1⟧", [(2, 8)])
@hypothesis.example("a⟦⟦a1⟧⟧b", [(2, 3), (0, 8)])
@hypothesis.example("```\n⟦1⟧\n```", [(0, 3)])
def test_a_translation_that_changes_nothing_gives_the_same_record(
    text: str, spans: list[tuple[int, int]]
) -> None:
    mentions = tuple(
        Mention(text[a:b], "x", a, min(b, len(text)))
        for a, b in spans
        if text[a:b] and text[a:b].strip() == text[a:b]
    )
    marked = mark_mentions(Example("e", "zh", "s", None, text, mentions))
    clean, places = read_marks(marked.masked.text, marked)
    assert clean == text
    assert places == {span: span for span in marked.spans}


def test_records_of_all_tasks_come_through() -> None:
    for example in read_jsonl(RECORDS, Example):
        to: Any = "en" if example.lang == "zh" else "zh"
        counts: Counter[str] = Counter()
        twin = project(example, mark_mentions(example).masked.text, to, Labels(to), counts)
        assert twin.text == example.text.strip(), json.dumps(counts)
