"""Examples in, instruction rows out: the labels asked, a wording, an output format and the answer in it.

Everything random is drawn from the seed, the record's id and the task, so neither order nor shards nor
workers matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec.structs import replace

from kg2instruct.errors import ConfigError
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render.asked import Asked, shown, write_schema
from kg2instruct.render.chains import most_specific
from kg2instruct.render.cut import cut_example
from kg2instruct.render.draws import Draws
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.formats.keyed import needs_types
from kg2instruct.render.grounded import grounded
from kg2instruct.render.json_text import json_text
from kg2instruct.render.labels import LabelSchema
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.pools import Choice
from kg2instruct.render.questions import batches
from kg2instruct.render.tasks import TASKS, Answer, Item, Task
from kg2instruct.render.templates import Template, TemplateSet, template_sets
from kg2instruct.render.wording import events_text, format_text, schema_text

# Of the instructions whose labels stand apart, the share that list them as JSON.
JSON_SCHEMAS = 0.5
NOWHERE = 1 << 60
# Longer texts, in characters, do not stand within a sentence of the instruction.
LONG_TEXT = 80
# Attributes asked for in one instruction of task kg, unless the record has more of its own.
MOST_ATTRIBUTES = 12

SchemaOf = Callable[[Example], LabelSchema]


def render_examples(
    examples: Iterable[Example], schema: LabelSchema | SchemaOf, options: RenderOptions
) -> Iterator[InstructionRow]:
    """The rows of all records, one record after the other."""
    for example in examples:
        labels = schema if isinstance(schema, LabelSchema) else schema(example)
        yield from render_example(example, labels, options)


def render_example(example: Example, schema: LabelSchema, options: RenderOptions) -> list[InstructionRow]:
    """The rows of one record; none for a task that it or the schema cannot serve, see `unservable`."""
    rows: list[InstructionRow] = []
    example = grounded(example)
    if options.most_specific:
        example = most_specific(example, schema.chained)
    for piece in cut_example(example, options.max_chars, options.max_tokens):
        for name in options.tasks:
            task = TASKS[name]
            if not unservable(piece, task, schema):
                rows += _Renderer(piece, task, schema, options).rows()
    return rows


def unservable(example: Example, task: Task, schema: LabelSchema) -> str:
    """Why a record cannot serve a task; empty where it can."""
    if not example.text.strip():
        return "no text"
    if (
        task.name == "spo"
        and example.relation
        and not any(x.head_type and x.tail_type for x in example.relation)
    ):
        return "relations without types"
    if task.name == "ner" and example.entity and not any(x.entity_type for x in example.entity):
        return "entities without types"
    if task.name in ("ee", "eet") and example.event and not any(x.event_trigger for x in example.event):
        return "events without triggers"
    if task.name == "eea" and not any(x.event_trigger for x in example.event):
        return "no events given"
    if not schema.pool(task, example.cate, example.lang).choices:
        return f"no labels of the kind {task.kind} in the schema"
    return ""


class _Renderer:
    """One record and task; a class only so that its parts need not pass ten values around."""

    def __init__(self, example: Example, task: Task, schema: LabelSchema, options: RenderOptions) -> None:
        self.example, self.task, self.schema, self.options = example, task, schema, options
        self.rng = Draws(f"{options.seed}:{example.id}:{task.name}")
        self.gold = [(task.key(item), item) for item in sorted(task.gold(example), key=_place)]
        self.answers: dict[tuple[str, ...], list[Item]] = {}
        for key, item in self.gold:
            self.answers.setdefault(key, []).append(item)
        self.made: list[InstructionRow] = []

    def rows(self) -> list[InstructionRow]:
        """The rows of all repetitions."""
        rng, options = self.rng, self.options
        for _ in range(options.templates_per_record):
            lang = self._lang()
            pool = self.schema.pool(self.task, self.example.cate, lang)
            known = [choice for x in self.answers if (choice := pool.choice(x))]
            if self.task.name == "eea":
                questions = [known] if known else []
            else:
                questions = batches(self.task, known, pool, self.schema, options, rng)
            sets = _template_set(self.task.name, lang, options.template_set, options.template_folder)
            if questions and sets.templates["open"] and rng.random() < options.open_rate:
                self._open(sets, lang)
            else:
                for question in questions:
                    self._closed(question, sets, lang)
        return self.made

    def _lang(self) -> str:
        """The language of the wording."""
        wording = self.options.wording
        if wording == "both":
            return "zh" if self.rng.random() < 0.5 else "en"
        return self.example.lang if wording == "record" else wording

    def _open(self, sets: TemplateSet, lang: str) -> None:
        task = self.task
        answer = tuple([item for _, item in self.gold])
        given = [self._given(x, x, ()) for x in self.answers] if task.name == "eea" else []
        for name in self._formats(sets, "open"):
            template = self._template(sets, "open", name)
            values = {
                "format": format_text(name, task.name, lang, self.rng, is_open=True),
                "input": self.example.text,
                "events": events_text(given, lang),
            }
            self._add(template, name, values, (), answer, lang)

    def _closed(self, question: Sequence[Choice], sets: TemplateSet, lang: str) -> None:
        plain = not self.task.pair
        asked = told_apart([x.asked if plain and not x.synonyms else self._asked(x, lang) for x in question])
        answer = self._answer(asked)
        kind = "keyed" if sets.templates["keyed"] else "closed"
        for name in self._formats(sets, kind):
            defined = self.rng.random() < self.options.definitions and any(x.definition for x in asked)
            template = self._template(sets, kind, name, listing=defined)
            values = {} if kind == "keyed" else self._values(template, asked, name, lang, defined)
            self._add(template, name, values, asked, answer, lang)

    def _values(
        self, template: Template, asked: tuple[Asked, ...], name: str, lang: str, defined: bool
    ) -> dict[str, str]:
        """What fills the fields of a template."""
        typed = self.task.name == "spo" and needs_types(asked)
        as_json = template.lists_labels and self.rng.random() < JSON_SCHEMAS
        return {
            "schema": schema_text(self.task, asked, lang, as_json=as_json, definitions=defined),
            "format": format_text(name, self.task.name, lang, self.rng, is_open=False, typed=typed),
            "input": self.example.text,
        }

    def _given(self, key: tuple[str, ...], names: tuple[str, ...], roles: tuple[str, ...]) -> Asked:
        return Asked(key, names, roles, tuple(x.fields[1] for x in self.answers[key]))

    def _asked(self, choice: Choice, lang: str) -> Asked:
        asked, rng = choice.asked, self.rng
        if choice.synonyms and rng.random() < self.options.synonyms:
            asked = rng.one(choice.synonyms)
        if not self.task.pair:
            return asked
        roles = self._roles(asked)
        if self.task.name == "eea":
            return self._given(asked.key, asked.names, roles)
        names = self._attributes(roles, lang) if self.task.name == "kg" else roles
        return Asked(asked.key, asked.names, names, (), asked.definition, roles if names != roles else ())

    def _attributes(self, relations: tuple[str, ...], lang: str) -> tuple[str, ...]:
        """The relations in the language of the wording, those under the records' own name whose other another has."""
        labels = self.schema.relations
        names = [(label.names.get(lang) if (label := labels.get(x)) else None) or x for x in relations]
        counts = Counter([*names, *(x for x, name in zip(relations, names, strict=True) if x != name)])
        return tuple([name if counts[name] == 1 else x for x, name in zip(relations, names, strict=True)])

    def _roles(self, asked: Asked) -> tuple[str, ...]:
        """The roles of an event type, or some attributes of an entity type, with all that the record has."""
        own = {x: None for item in self.answers.get(asked.key, ()) for x, _ in item.pairs}
        said = {x for role in own for x in self.schema.inverses.get(role, ())}
        roles = [x for x in asked.roles if x not in own and x not in said]
        if self.task.name == "kg":
            roles = self.rng.some(roles, max(MOST_ATTRIBUTES - len(own), len(own), 1))
        return tuple(self.rng.shuffled([*roles, *own]))

    def _answer(self, asked: tuple[Asked, ...]) -> Answer:
        """The record's items that have the labels asked for, under the names that the question gives them."""
        named = {x.key: x for x in asked}
        items = []
        for key, item in self.gold:
            if found := named.get(key):
                same = found.names == key and not found.role_keys
                items.append(item if same else renamed(item, self.task, found.names, found.roles_by_key))
        return tuple(items)

    def _formats(self, sets: TemplateSet, kind: str) -> Sequence[str]:
        """The output formats of one question, out of those that the template set can ask for."""
        names = sets.formats(kind, self.options.formats)
        if not names:
            raise ConfigError(
                f"template set {sets.name} has no {kind} template for {', '.join(self.options.formats)}"
            )
        return names if self.options.each_format else (self.rng.one(names),)

    def _template(self, sets: TemplateSet, kind: str, name: str, *, listing: bool = False) -> Template:
        text = self.example.text
        long = len(text) > LONG_TEXT or "\n" in text
        return self.rng.one(sets.for_question(kind, name, listing=listing, long=long))

    def _add(
        self,
        template: Template,
        name: str,
        values: dict[str, str],
        asked: tuple[Asked, ...],
        answer: Answer,
        lang: str,
    ) -> None:
        example, task = self.example, self.task
        schema = write_schema(task, asked)
        instruction, text = template.fill(values), "" if template.holds_text else example.text
        if template.kind == "keyed":
            labels = [shown(task, x) for x in asked]
            form = {"instruction": instruction, "schema": labels, "input": text}
            instruction, text = json_text(form), ""
        self.made.append(
            InstructionRow(
                f"{example.id}-{task.name}-{len(self.made)}",
                task.name,
                example.lang,
                example.source,
                example.cate,
                instruction,
                text,
                FORMATS[name].render(answer, task, asked, lang, example.text),
                schema,
                template.name,
                name,
            )
        )


def told_apart(asked: Sequence[Asked]) -> tuple[Asked, ...]:
    """The labels of a question, those under the records' own name whose other name or synonym another has too."""
    if len({x.names for x in asked}) == len(asked):
        return tuple(asked)
    counts = Counter([x.names for x in asked])
    return tuple([x if counts[x.names] == 1 else replace(x, names=x.key) for x in asked])


def _place(item: Item) -> tuple[int, ...]:
    """Where an item stands in the text; what has no place comes last, in the order of the record."""
    return tuple([x[0] if x else NOWHERE for x in item.starts])


def example_id(row: InstructionRow) -> str:
    """The id of the record, or of the piece of one, that a row was made from."""
    return row.id.rsplit("-", 2)[0]


def wording_lang(row: InstructionRow) -> str:
    """The language of a row's instruction, which may not be that of its text."""
    parts = row.template.split("/")
    return next((x for x in parts if x in ("zh", "en")), row.lang)


def renamed(item: Item, task: Task, names: tuple[str, ...], roles: Mapping[str, str]) -> Item:
    """The item with other names for its labels and for some roles."""
    fields = list(item.fields)
    for position, name in zip(task.labels, names, strict=True):
        fields[position] = name
    pairs = tuple([(roles.get(role, role), value) for role, value in item.pairs]) if roles else item.pairs
    return Item(tuple(fields), pairs, item.starts)


@lru_cache(maxsize=256)
def _template_set(task: str, lang: str, name: str, folder: str) -> TemplateSet:
    sets = template_sets(Path(folder) if folder else None)
    return sets[f"{task}/{name}/{lang}" if name else f"{task}/{lang}"]
