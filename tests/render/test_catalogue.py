"""What is registered can be listed and shown."""

from __future__ import annotations

import json

import pytest

from kg2instruct.records import Example
from kg2instruct.render import FORMATS, TASKS, LabelSchema, RenderOptions, render_examples
from kg2instruct.render.catalogue import (
    describe_formats,
    describe_layouts,
    describe_tasks,
    describe_templates,
    sample_example,
)
from kg2instruct.render.diversity import diversity
from kg2instruct.render.layouts import LAYOUTS
from kg2instruct.render.tasks import canonical


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sample_serves_every_task(lang: str) -> None:
    example = sample_example(lang)
    assert all(canonical(task.gold(example)) for task in TASKS.values())
    assert all(example.text[x.start : x.end] == x.entity for x in example.entity)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_format_is_shown_for_every_task(lang: str) -> None:
    shown = describe_formats(lang=lang)
    assert [x["name"] for x in shown] == list(FORMATS)
    assert all(set(x["examples"]) == set(TASKS) and all(x["examples"].values()) for x in shown)


def test_template_sets_are_listed_with_their_numbers_and_one_is_shown_whole() -> None:
    found = next(x for x in describe_templates() if x["name"] == "re/zh")
    assert found["closed"] >= 20 and found["open"] >= 10
    assert len(describe_templates("re/zh")) == found["closed"] + found["open"]


def test_tasks_and_layouts_are_listed() -> None:
    assert [x["task"] for x in describe_tasks("en")] == list(TASKS)
    assert [x["name"] for x in describe_layouts()] == list(LAYOUTS)
    assert json.dumps(describe_layouts())


def test_the_diversity_report_is_per_task_and_language(records: list[Example]) -> None:
    schema = LabelSchema.from_examples(x for x in records if x.lang == "zh")
    options = RenderOptions(tasks=("ner", "re"), templates_per_record=20)
    rows = list(render_examples([x for x in records if x.lang == "zh"], schema, options))
    report = diversity(rows)
    assert list(report) == ["ner/zh", "re/zh"]
    assert report["re/zh"]["templates"] > 15
    assert report["re/zh"]["distinct_instructions"] > 60
    assert 0 < report["re/zh"]["distinct_2"] < 1 and 0.2 < report["re/zh"]["mean_similarity"] < 0.95
    assert diversity(rows) == report
