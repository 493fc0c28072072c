"""Instructions built from choices: schema, task, labels, output format, one of the wordings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from kg2instruct.errors import ConfigError
from kg2instruct.records import Lang
from kg2instruct.render.asked import Asked
from kg2instruct.render.label_files import load_labels, published
from kg2instruct.render.labels import LabelSchema
from kg2instruct.render.tasks import TASKS, Task
from kg2instruct.render.templates import Template, template_sets
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.render.wording import format_texts, schema_text
from kg2instruct.schema import load_schemas

# Event arguments are asked for events that are given: there is nothing to choose from.
BUILT = tuple(name for name in TASKS if name != "eea")
EVERYTHING = "wikipedia"
_USUAL = ("person", "place", "organization", "work")
_EVERYTHING = {"zh": "全部主题", "en": "all topics"}

_ROLES = re.compile(r"^(.+?)\s*[(（:：]\s*(.*?)\s*[)）]?$")
_COMMAS = re.compile(r"\s*[,，、;；]\s*")
_DASHES = re.compile(r"\s*(?:->|→|\||>|—|–| - |，|,)\s*")


class Schemas:
    """Where labels come from: the project's topics, published corpora, and a file of one's own."""

    def __init__(self, own: Path | None = None) -> None:
        """Raises InputError where `own` is no file of labels."""
        self._own = own
        self._topics = load_schemas()
        self._loaded: dict[tuple[str, Lang], LabelSchema] = {}
        self._labels: dict[tuple[str, str, Lang], Mapping[str, Asked]] = {}
        if own:
            load_labels(own, "zh")

    def names(self, task: str, lang: Lang) -> dict[str, str]:
        """Names to choose from, as shown, and their ids; those that have labels for the task."""
        shown = {self._own.name: str(self._own)} if self._own else {}
        shown |= {_EVERYTHING[lang]: EVERYTHING}
        shown |= {topic.name[lang]: topic.id for topic in self._topics.topics.values()}
        shown |= {name: name for name in published()}
        return {name: key for name, key in shown.items() if _serves(self._schema(key, lang), TASKS[task])}

    def labels(self, schema: str, task: str, lang: Lang) -> Mapping[str, Asked]:
        """The labels of a schema for a task, by how they are shown."""
        key = schema, task, lang
        if key not in self._labels:
            topic = self._topics.topics.get(schema)
            pool = self._schema(schema, lang).pool(TASKS[task], topic.name[lang] if topic else None, lang)
            found = [x.asked for x in pool.choices]
            if topic and task != "ner":  # a topic's own relations before those that all topics share
                order = {
                    self._topics.relation_name(pid, lang, topic): i for i, pid in enumerate(topic.relations)
                }
                found.sort(key=lambda asked: order.get(asked.name, len(order)))
            self._labels[key] = {shown(TASKS[task], asked, lang): asked for asked in found}
        return self._labels[key]

    def usual(self, labels: Sequence[str], lang: Lang) -> list[str]:
        """Of entity types, those that most texts have something of."""
        names = [self._topics.topics[x].name[lang] for x in _USUAL if x in self._topics.topics]
        return [name for name in names if name in labels]

    def _schema(self, schema: str, lang: Lang) -> LabelSchema:
        name = EVERYTHING if schema in self._topics.topics else schema
        if (name, lang) not in self._loaded:
            own = name == EVERYTHING
            loaded = label_schema(self._topics, lang) if own else load_labels(Path(name), lang)
            self._loaded[name, lang] = loaded
        return self._loaded[name, lang]


def _serves(schema: LabelSchema, task: Task) -> bool:
    """Whether a schema has anything that the task can ask for."""
    if task.name in ("spo", "kg"):
        return bool(schema.facts)
    return bool({"entity": schema.entities, "relation": schema.relations, "event": schema.events}[task.kind])


def shown(task: Task, asked: Asked, lang: str) -> str:
    """A label as people choose it: as instructions list it."""
    return schema_text(task, (asked,), lang, as_json=False, definitions=False)


def typed(task: Task, text: str) -> Asked:
    """A label that somebody typed: `name`; `type: role, role`; `head type - relation - tail type`.

    Raises ConfigError where it lacks a part.
    """
    text = text.strip()
    if task.name == "spo":
        parts = tuple(part.strip() for part in _DASHES.split(text) if part.strip())
        if len(parts) != 3:
            raise ConfigError(f"{text!r}: expected a typed relation such as: person → place of birth → city")
        return Asked(parts, parts)
    if task.pair:
        match = _ROLES.match(text)
        if not match or not match[2]:
            raise ConfigError(
                f"{text!r}: expected a type with its {task.plural}, such as: layoffs: company, time"
            )
        return Asked((match[1],), (match[1],), tuple(x for x in _COMMAS.split(match[2]) if x))
    return Asked((text,), (text,))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be asked; `wording` counts through the wordings there are."""

    task: str
    lang: Lang
    format: str
    asked: tuple[Asked, ...]
    wording: int = 0
    definitions: bool = False


def choose(schemas: Schemas, schema: str, task: str, lang: Lang, labels: Sequence[str]) -> tuple[Asked, ...]:
    """The labels chosen or typed. Raises ConfigError for a typed one that lacks a part."""
    known = schemas.labels(schema, task, lang)
    return tuple(known.get(label) or typed(TASKS[task], label) for label in labels if label.strip())


def templates(wish: Wish) -> tuple[Template, ...]:
    """The wordings that fit; those with the text apart from the instruction, as the page has two fields."""
    kind = "closed" if wish.asked else "open"
    found = template_sets()[f"{wish.task}/{wish.lang}"].of_kind(kind, wish.format)
    apart = tuple(x for x in found if not x.holds_text)
    listing = tuple(x for x in apart if x.lists_labels) if wish.definitions else ()
    return listing or apart or found


def instruction(wish: Wish, text: str = "") -> str:
    """The instruction in one of the wordings; `text` stands in it only where no wording leaves it out."""
    task, found = TASKS[wish.task], templates(wish)
    template = found[wish.wording % len(found)]
    forms = format_texts(wish.format, wish.task, wish.lang, is_open=not wish.asked)
    values = {
        "schema": schema_text(task, wish.asked, wish.lang, as_json=False, definitions=wish.definitions),
        "format": forms[Random(wish.wording).randrange(len(forms)) if wish.wording else 0],
        "input": text,
    }
    return template.fill(values)
