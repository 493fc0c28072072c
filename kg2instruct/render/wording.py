"""How labels, given events and the form of the answer are put into words in an instruction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from kg2instruct.render.asked import Asked, shown
from kg2instruct.render.draws import Draws
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.json_text import json_text
from kg2instruct.render.tasks import TASKS, Item, Task
from kg2instruct.render.words import format_words, task_words

COMMA = {"zh": "、", "en": ", "}
SEMICOLON = {"zh": "；", "en": "; "}
COLON = {"zh": "：", "en": ": "}
SPACE = {"zh": "", "en": " "}
GROUP = {"zh": "（{}）", "en": " ({})"}
ARROW = {"zh": "{0}的{1}（{2}）", "en": "{1} (from {0} to {2})"}
TRIGGERED = {"zh": "{0}（触发词：{1}）", "en": "{0} (trigger: {1})"}


def schema_text(task: Task, asked: Sequence[Asked], lang: str, *, as_json: bool, definitions: bool) -> str:
    """The labels in one line: listed or as JSON, with definitions where there are any and wanted."""
    if definitions and any(x.definition for x in asked):
        return SEMICOLON[lang].join(
            [
                f"{_words(task, x, lang)}{COLON[lang]}{x.definition}"
                if x.definition
                else _words(task, x, lang)
                for x in asked
            ]
        )
    if as_json:
        return json_text([x.names[0] if task.plain else shown(task, x) for x in asked])
    if task.pair:
        return SEMICOLON[lang].join([_words(task, x, lang) for x in asked])
    if task.name == "spo":
        return COMMA[lang].join([ARROW[lang].format(*x.names) for x in asked])
    return COMMA[lang].join([x.names[0] for x in asked])


def _words(task: Task, asked: Asked, lang: str) -> str:
    """One label with what belongs to it: its roles, types or given triggers."""
    if task.name == "spo":
        return ARROW[lang].format(*asked.names)
    name = asked.names[0]
    if asked.triggers:
        name = TRIGGERED[lang].format(name, COMMA[lang].join(asked.triggers))
    if task.pair and asked.roles:
        return name + GROUP[lang].format(COMMA[lang].join(asked.roles))
    return name


def events_text(asked: Sequence[Asked], lang: str) -> str:
    """The given events of task eea, without roles."""
    return SEMICOLON[lang].join(
        [TRIGGERED[lang].format(x.names[0], COMMA[lang].join(x.triggers)) for x in asked]
    )


@lru_cache(maxsize=256)
def format_texts(name: str, task: str, lang: str, *, is_open: bool, typed: bool = False) -> tuple[str, ...]:
    """What instructions say of an output format, in several wordings, shown on an item of field names.

    `typed` answers name the types of a relation's ends, where the format leaves them out if it can.
    """
    shape, output_format = TASKS[task], FORMATS[name]
    words = task_words()[task][lang]
    fields = tuple(words["fields"])
    pair = words.get("pair")
    sample = Item(fields, ((pair[0], pair[1]),) if pair else ())
    names = tuple([fields[i] for i in shape.labels])
    asked = (Asked(names, names),)
    text = "…".join([*(fields[i] for i in shape.spans), *(x for _, x in sample.pairs)])
    example = output_format.render((sample,), shape, () if is_open or typed else asked, lang, text)
    nothing = output_format.render((), shape, () if is_open else asked, lang, "")
    absent = words.get("absent", "") if output_format.names_absent and not is_open else ""
    return tuple(
        x.replace("{example}", example).replace("{nothing}", nothing) + (absent and SPACE[lang] + absent)
        for x in _said_of(name, lang, "open" if is_open else "closed")
    )


def _said_of(name: str, lang: str, kind: str) -> list[str]:
    """The wordings of a format for questions that list labels ("closed") or none ("open")."""
    given = [x if isinstance(x, str) else x.get(kind) for x in format_words()[lang][name]]
    return [x for x in given if x]


def format_text(name: str, task: str, lang: str, rng: Draws, *, is_open: bool, typed: bool = False) -> str:
    """One of the wordings of an output format."""
    return rng.one(format_texts(name, task, lang, is_open=is_open, typed=typed))
