"""What is asked for a record: all relations of its topic, a few in each question, worded by the templates."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kg2instruct.chat import Model, Request, Tokens, make_request
from kg2instruct.complete.judge import Given, Judge
from kg2instruct.complete.options import CompleteOptions
from kg2instruct.records import Example, InstructionRow, Lang
from kg2instruct.render import FORMATS, TASKS, LabelSchema, RenderOptions, render_example
from kg2instruct.render.asked import read_schema
from kg2instruct.render.layouts import prompt_of
from kg2instruct.render.rows import wording_lang
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.schema import LANGS, SchemaSet, load_schemas
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
        labels = {lang: label_schema(schemas, lang) for lang in LANGS}
        return cls(options, Judge(schemas, store), labels, model, Tokens(model.name))


def questions(example: Example, desk: Desk) -> Iterator[list[InstructionRow]]:
    """For each sample the questions on a record; none where it has no text or its language no schema."""
    options = desk.options
    labels = next((schema for lang, schema in desk.labels.items() if lang == example.lang), None)
    if labels is None:
        return
    # Without what it has: an answer must not be read from the question.
    bare = dataclasses.replace(example, entity=(), relation=(), event=())
    for number in range(options.samples):
        yield render_example(
            bare,
            labels,
            RenderOptions(
                tasks=(options.task,),
                formats=options.formats,
                wording=options.wording,
                template_set=options.template_set,
                open_rate=0.0,
                split_num=options.labels,
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


def read_answer(row: InstructionRow, output: str) -> tuple[list[Given], bool]:
    """What an answer says in the records' own words, and whether anything of it could be read."""
    task = TASKS[row.task]
    asked = read_schema(task, row.schema)
    parsed = FORMATS[row.format].parse(output, task, asked, wording_lang(row))
    names = {x.names: x.key for x in asked}
    found = []
    for item in parsed.answer:
        fields = list(item.fields)
        key = names.get(task.key(item))
        if key is not None:
            for position, name in zip(task.labels, key, strict=True):
                fields[position] = name
        named = dict(zip(task.fields, fields, strict=True))
        found.append(Given(**named))
    return found, bool(parsed.answer) or not parsed.problems
