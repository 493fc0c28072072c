"""Rows of every make become instruction rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kg2instruct.mix.content import content_of
from kg2instruct.mix.recipe import Defaults, SourceSpec
from kg2instruct.mix.rows import NotARowError, language_of, to_rows

SPEC = SourceSpec(name="s", kind="rows", defaults=Defaults(task="cot"))


def texts(record: dict[str, Any], spec: SourceSpec = SPEC) -> list[tuple[str, str, str]]:
    return [(row.instruction, row.input, row.output) for row in to_rows(record, spec, "s-0")]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"instruction": "译", "input": "a", "output": "b"}, [("译", "a", "b")]),
        ({"instruction": "Say it", "output": "b"}, [("Say it", "", "b")]),
        ({"instruction": "", "input": "only input", "output": "b"}, [("only input", "", "b")]),
        ({"prompt": "p", "response": "r"}, [("p", "", "r")]),
        ({"question": "q", "answer": "a"}, [("q", "", "a")]),
        (  # tool learning, first and second stage
            {
                "instruction": "Answer; a calculator may help.",
                "input": "12/60*50?",
                "output": "calculator(12/60*50)",
            },
            [("Answer; a calculator may help.", "12/60*50?", "calculator(12/60*50)")],
        ),
        (
            {
                "query": "q",
                "responses": ["a", "b(1)", "c"],
                "scores": [5, 20, 20],
                "origin": [],
                "answer": ["1"],
            },
            [("q", "", "b(1)")],
        ),
        (  # information extraction and conversation
            {
                "cate": "人物",
                "input": "林岚生于青川。",
                "instruction": "抽取",
                "output": "(林岚,出生地,青川)",
                "id": 7,
            },
            [("抽取", "林岚生于青川。", "(林岚,出生地,青川)")],
        ),
        ({"instruction": "i", "output": ["one"]}, [("i", "", "one")]),
        ({"instruction": "i", "output": {"a": ["人"]}}, [("i", "", '{"a": ["人"]}')]),
        (
            {"instruction": "i", "instances": [{"input": "1", "output": "a"}, {"input": "2", "output": "b"}]},
            [("i", "1", "a"), ("i", "2", "b")],
        ),
        (
            {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
            [("q", "", "a")],
        ),
        (
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "q1"},
                    {"role": "assistant", "content": "a1"},
                    {"role": "user", "content": "q2"},
                    {"role": "assistant", "content": "a2"},
                ]
            },
            [("Be brief.\nq1", "", "a1"), ("Be brief.\nq2", "User: q1\nAssistant: a1", "a2")],
        ),
    ],
)
def test_makes(record: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert texts(record) == expected


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"instruction": "i", "output": ""}, "no output"),
        ({"output": "o"}, "no instruction, but output; `fields` says which it is"),
        ({"instruction": "i", "label": "o"}, "no output, but instruction, label; `fields` says which it is"),
        ({"query": "q", "responses": ["a"], "scores": [1, 2]}, "responses without a score for each"),
        ({"query": "q", "responses": [{}], "scores": [1]}, "responses that are no texts"),
        ({"conversations": [{"from": "human", "value": "q"}]}, "no answer in the conversation"),
        ({"conversations": [{"from": "who", "value": "q"}]}, "a turn of the conversation is by 'who'"),
        ({"conversations": [7]}, "a turn of the conversation is no object"),
        ({"messages": [{"role": "user"}]}, "a turn of the conversation has no text"),
    ],
)
def test_what_is_no_row_says_why(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotARowError, match=reason):
        texts(record)


def test_fields_may_have_other_names() -> None:
    spec = SourceSpec(name="s", kind="rows", fields={"instruction": "frage", "output": "antwort"})
    assert texts({"frage": "q", "antwort": "a"}, spec) == [("q", "", "a")]


def test_what_a_row_does_not_say_comes_from_the_recipe_and_the_text() -> None:
    row = next(to_rows({"instruction": "什么是水？", "output": "水是 H2O。"}, SPEC, "s-7"))
    assert (row.id, row.task, row.lang, row.source, row.cate) == ("s-7", "cot", "zh", "s", None)


def test_rows_of_iepile_keep_task_schema_and_text() -> None:
    instruction = json.dumps(
        {"instruction": "抽取", "schema": ["人物"], "input": "柏林是首都。"}, ensure_ascii=False
    )
    row = next(to_rows({"task": "NER", "instruction": instruction, "output": "{}"}, SPEC, "x"))
    assert (row.task, row.schema, row.lang) == ("ner", '["人物"]', "zh")
    assert content_of(row).text == "柏林是首都。"


def test_languages_are_told_apart_by_their_share_of_chinese() -> None:
    assert language_of("写一个 Python 函数 that sorts") == "zh"
    assert language_of("What does 你 mean in this sentence, please?") == "en"
    assert language_of("") == "en"
