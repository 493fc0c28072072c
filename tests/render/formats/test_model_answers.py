"""What models really write is read as far as it can be, and nothing that they write raises."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats import FORMATS, Parsed
from kg2instruct.render.tasks import TASKS, Item, canonical

CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "data" / "render" / "model_answers.yaml").read_text(encoding="utf-8")
)


def item(values: list[Any]) -> Item:
    return Item(
        tuple(x for x in values if isinstance(x, str)), tuple(tuple(x) for x in values if isinstance(x, list))
    )


@pytest.mark.parametrize("case", CASES, ids=[f"{x['format']}: {x['name']}" for x in CASES])
def test_a_models_answer_is_read_as_far_as_possible(case: dict[str, Any]) -> None:
    asked = tuple(Asked((x,), (x,)) for x in case["asked"])
    lang = "zh" if any(x > "\u2e80" for x in "".join(case["asked"])) else "en"
    parsed = FORMATS[case["format"]].parse(case["output"], TASKS[case["task"]], asked, lang)
    assert canonical(parsed.answer) == canonical(item(x) for x in case["items"])
    if case.get("exact", True):
        assert bool(parsed.problems) == case.get("problems", False), parsed.problems


SCRAPS = st.sampled_from(
    [
        *"{}[]()<>'\",，:：|\n=/“”\\\x00",
        "```",
        "无",
        "NAN",
        "null",
        "results = [",
        "Entity(",
        "Relation(head=",
        "<results>",
        "<relation ",
        "</head>",
        "| --- |",
        "](",
        "1=",
        "1.头",
        "人物",
        "裁员",
        "e" * 30,
    ]
)
ENDLESS = ['{"a": [', "[[[[", "((((", 'Entity(entity="', "<entity", "“", "[a](", "| a ", "\\", '"']
ENDLESS += ["a, b = ", "Entity((((", "人物："]


@pytest.mark.parametrize("name", list(FORMATS))
@settings(max_examples=150, deadline=None)
@given(
    output=st.text() | st.lists(SCRAPS, max_size=30).map("".join), task=st.sampled_from(list(TASKS.values()))
)
def test_no_text_makes_a_parser_raise(name: str, output: str, task: Any) -> None:
    label = ("人物",) * len(task.labels)
    for strict in (False, True):
        parsed = FORMATS[name].parse(output, task, (Asked(label, label),), "zh", strict=strict)
        for x in parsed.answer:
            assert len(x.fields) == len(task.fields)
            assert all(isinstance(y, str) for y in (*x.fields, *(z for pair in x.pairs for z in pair)))


@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("scrap", ENDLESS)
def test_a_model_that_does_not_stop_is_read_in_time(name: str, scrap: str) -> None:
    def seconds(times: int) -> float:
        start = time.process_time()
        FORMATS[name].parse(scrap * times, TASKS["ner"], (Asked(("人物",), ("人物",)),), "zh")
        return time.process_time() - start

    # Ten times as much takes about ten times as long, not a hundred times. The fastest of a few: a collection of
    # the garbage that other tests left is no part of the question.
    small, large = (min(seconds(times) for _ in range(3)) for times in (300, 3000))
    assert large < 40 * max(small, 0.01)


ANSWERABLE = [x for x in FORMATS if FORMATS[x].says_empty]


@pytest.mark.parametrize("name", ANSWERABLE)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_answer_that_nothing_was_found_is_read_once(
    name: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = type(FORMATS[name])
    read, times = form.read, []

    def counted(*given: Any, **options: Any) -> Parsed:
        times.append(options)
        return read(*given, **options)

    monkeypatch.setattr(form, "read", counted)
    for task in TASKS.values():
        times.clear()
        label = ("人物",) * len(task.labels)
        asked = (Asked(label, label, ("角色",) if task.pair else ()),)
        output = FORMATS[name].render((), task, asked, lang, "文")
        assert FORMATS[name].parse(output, task, asked, lang) == Parsed(())
        assert times == [{"strict": True}]


@pytest.mark.parametrize("name", ANSWERABLE)
@settings(max_examples=150, deadline=None)
@given(output=st.lists(SCRAPS, max_size=6).map("".join), task=st.sampled_from(list(TASKS.values())))
def test_what_says_to_the_letter_that_nothing_was_found_can_be_read_in_no_other_way(
    name: str, output: str, task: Any
) -> None:
    label = ("人物",) * len(task.labels)
    asked = (Asked(label, label),)
    if FORMATS[name].read(output, task, asked, "zh", strict=True) == Parsed(()):
        assert FORMATS[name].read(output, task, asked, "zh", strict=False) == Parsed(())
