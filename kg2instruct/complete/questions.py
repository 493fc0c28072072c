"""What is asked for a record: all relations of its topic, a few in each question, worded by the templates."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from kg2instruct.chat import Model, Request, Tokens, make_request
from kg2instruct.complete.judge import Judge
from kg2instruct.complete.options import CompleteOptions
from kg2instruct.records import Example, InstructionRow, Lang
from kg2instruct.render import FORMATS, TASKS, LabelSchema, RenderOptions, render_example
from kg2instruct.render.asked import read_schema
from kg2instruct.render.labels import Topic as LabelTopic
from kg2instruct.render.layouts import prompt_of
from kg2instruct.render.rows import wording_lang
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.schema import LANGS, SchemaSet, Topic, load_schemas
from kg2instruct.wikidata.store import Store

# Room for an answer: of the tokens of the question in this share, and so many more.
_ROOM_SHARE, _ROOM_MORE, _REASONING_ROOM = 1.5, 500, 8000
# Tokens that an answer is likely to have: a line for each label, and a few triples.
_PER_LABEL, _TRIPLES, _THOUGHTS = 6, 150, 600


@dataclass(frozen=True)
class Desk:
    """All that the questions on a record need, the same for every one."""

    options: CompleteOptions
    judge: Judge
    labels: Mapping[Lang, LabelSchema]
    model: Model
    tokens: Tokens

    @classmethod
    def of(cls, options: CompleteOptions, model: Model, schemas: SchemaSet | None = None) -> Desk:
        """Load schemas and knowledge base; raises ConfigError or InputError where they are not in order."""
        schemas = schemas or load_schemas(options.schemas)
        store = Store.open(options.kb) if options.kb else None
        labels = {lang: label_schema(schemas, lang, both_ends=True) for lang in LANGS}
        return cls(options, Judge(schemas, store), labels, model, Tokens(model.name))

    def labels_of(self, lang: Lang, topics: Sequence[Topic]) -> tuple[LabelSchema, str | None]:
        """The labels of topics as those of one, and its name; all labels without a topic."""
        labels, names = self.labels[lang], [topic.name[lang] for topic in topics]
        if len(names) < 2:
            return labels, names[0] if names else None
        key = " ".join(names)
        if (lang, key) not in self._joint:
            parts = [labels.topics[name] for name in names]
            joint = LabelTopic(
                frozenset().union(*(x.entities for x in parts)),
                frozenset().union(*(x.relations for x in parts)),
            )
            self._joint[lang, key] = dataclasses.replace(labels, topics={key: joint})
        return self._joint[lang, key], key

    @cached_property
    def _joint(self) -> dict[tuple[Lang, str], LabelSchema]:
        return {}


def questions(example: Example, desk: Desk, topics: Sequence[Topic]) -> Iterator[list[InstructionRow]]:
    """For each sample the questions on a record; none where it has no text or its language no schema."""
    lang = lang_of(example)
    if lang is None:
        return
    labels, cate = desk.labels_of(lang, topics)
    for number in range(desk.options.samples):
        yield _render(example, labels, cate, desk.options, desk.options.task, number)


def type_question(example: Example, desk: Desk) -> InstructionRow | None:
    """A question for the types of what a record names, where it has no mention with a type and no store helps."""
    lang = lang_of(example)
    if lang is None or desk.judge.store or any(m.entity_type for m in example.entity):
        return None
    rows = _render(example, desk.labels[lang], None, desk.options, "ner", 0, split_num=0)
    return rows[0] if rows else None


def lang_of(example: Example) -> Lang | None:
    """The language of a record, where it is one of the schema's."""
    return next((lang for lang in LANGS if lang == example.lang), None)


def _render(
    example: Example,
    labels: LabelSchema,
    cate: str | None,
    options: CompleteOptions,
    task: str,
    number: int,
    split_num: int | None = None,
) -> list[InstructionRow]:
    # Without what it has: an answer must not be read from the question.
    bare = msgspec.structs.replace(example, cate=cate, entity=(), relation=(), event=())
    return render_example(
        bare,
        labels,
        RenderOptions(
            tasks=(task,),
            formats=options.formats,
            wording=options.wording,
            template_set=options.template_set,
            open_rate=0.0,
            split_num=options.labels if split_num is None else split_num,
            negatives=math.inf,
            synonyms=0.0,
            definitions=0.5,
            seed=options.seed + number,
        ),
    )


def request_for(row: InstructionRow, attempt: int, desk: Desk) -> Request:
    """The call that asks a question."""
    messages = [{"role": "user", "content": prompt_of(row)}]
    size = desk.tokens.count(messages[0]["content"])
    labels = len(read_schema(TASKS[row.task], row.schema))
    thinking = desk.model.reasons
    return make_request(
        messages,
        desk.model,
        desk.tokens,
        room=round(_ROOM_SHARE * size) + _ROOM_MORE + (_REASONING_ROOM if thinking else 0),
        expected=_PER_LABEL * labels + _TRIPLES + (_THOUGHTS if thinking else 0),
        temperature=desk.options.temperature,
        attempt=attempt,
    )


def read_answer(row: InstructionRow, output: str) -> tuple[list[Mapping[str, str]], bool]:
    """What an answer says, by field in the records' own words, and whether anything of it could be read."""
    task = TASKS[row.task]
    asked = read_schema(task, row.schema)
    parsed = FORMATS[row.format].parse(output, task, asked, wording_lang(row))
    names = {x.names: x.key for x in asked}
    found: list[Mapping[str, str]] = []
    for item in parsed.answer:
        fields = list(item.fields)
        key = names.get(task.key(item))
        if key is not None:
            for position, name in zip(task.labels, key, strict=True):
                fields[position] = name
        found.append(dict(zip(task.fields, fields, strict=True)))
    return found, bool(parsed.answer) or not parsed.problems
