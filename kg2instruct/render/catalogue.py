"""What is registered, as plain data, for listing and showing: templates, output formats, tasks, layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kg2instruct.records import Argument, Event, Example, Mention, Triple
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.labels import LabelSchema
from kg2instruct.render.layouts import LAYOUTS
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import render_example
from kg2instruct.render.tasks import TASKS
from kg2instruct.render.templates import KINDS, template_sets
from kg2instruct.render.words import task_words


def sample_example(lang: str) -> Example:
    """A small record that serves every task, for showing templates and formats."""
    zh = lang == "zh"
    person, place, act = ("人物", "城市", "上任") if zh else ("person", "city", "taking office")
    name, city, born, trigger = (
        ("林岚", "青川市", "出生地", "就任")
        if zh
        else ("Ada Lind", "Northvale", "place of birth", "took office")
    )
    text = (
        f"{name}生于{city}，2019年{trigger}市长。"
        if zh
        else f"{name}, born in {city}, {trigger} as mayor in 2019."
    )
    year, role, time = ("2019年", "上任者", "时间") if zh else ("2019", "official", "time")
    at = text.index
    return Example(
        f"sample-{lang}",
        lang,
        "sample",
        None,
        text,
        (
            Mention(name, person, at(name), at(name) + len(name)),
            Mention(city, place, at(city), at(city) + len(city)),
        ),
        (Triple(name, person, at(name), None, born, None, city, place, at(city), None),),
        (Event(act, trigger, at(trigger), (Argument(role, name, at(name)), Argument(time, year, at(year)))),),
    )


def describe_templates(name: str | None = None, folder: Path | None = None) -> list[dict[str, Any]]:
    """All template sets with how many templates of each kind they have; of one set, all its templates.

    Raises UnknownName for an unknown set, InputError for a bad file.
    """
    sets = template_sets(folder)
    if name is None:
        return [
            {"name": x.name, **{kind: len(x.templates[kind]) for kind in KINDS}, "file": str(x.path)}
            for x in sets.values()
        ]
    return [
        {"name": x.name, "kind": x.kind, "text": x.text, "formats": list(x.formats)}
        for kind in KINDS
        for x in sets[name].templates[kind]
    ]


def describe_formats(name: str | None = None, lang: str = "zh") -> list[dict[str, Any]]:
    """All output formats, or one, with the answer to each task on a sample text."""
    example = sample_example(lang)
    chosen = [FORMATS[name]] if name else list(FORMATS.values())
    return [
        {
            "name": x.name,
            "lossless": x.lossless,
            "examples": {
                task.name: x.render(task.gold(example), task, (), lang, example.text)
                for task in TASKS.values()
            },
        }
        for x in chosen
    ]


def describe_tasks(lang: str = "zh") -> list[dict[str, Any]]:
    """All tasks with the names of their fields."""
    words = task_words()
    return [
        {"task": x.name, **words[x.name][lang], "labels_per_instruction": x.split_num} for x in TASKS.values()
    ]


def describe_layouts(lang: str = "zh") -> list[dict[str, Any]]:
    """All layouts with one row in each."""
    example = sample_example(lang)
    options = RenderOptions(tasks=("re",), formats=("json",), open_rate=0)
    row = render_example(example, LabelSchema.from_examples([example]), options)[0]
    return [{"name": name, "example": layout(row)} for name, layout in LAYOUTS.items()]
