"""Rows of any make to InstructionRow: our own, Alpaca's, ShareGPT's, chat messages, IEPile's.

{"instruction": …, "input": …, "output": …}                               Alpaca, KnowLM, IEPile
{"conversations": [{"from": "human", "value": …}, {"from": "gpt", …}]}    ShareGPT
{"messages": [{"role": "user", "content": …}, …]}                         chat
{"instruction": …, "instances": [{"input": …, "output": …}]}              Self-Instruct
{"prompt": …, "response": …}                                              and other pairs of names
{"query": …, "responses": […], "scores": […]}                             ranked answers, the best is taken (TRICE)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from kg2instruct.mix.recipe import SourceSpec
from kg2instruct.records import InstructionRow

# Names under which rows keep the three texts, ours first.
_NAMES = {
    "instruction": ("instruction", "prompt", "query", "question"),
    "input": ("input", "context"),
    "output": ("output", "response", "answer", "completion", "target"),
}
# A row of ours has all fields, these of them with something in it.
_OURS = {field.name for field in msgspec.structs.fields(InstructionRow)}
_ALWAYS = ("id", "task", "lang", "source", "instruction", "input", "output", "schema", "template", "format")
_USER = ("human", "user", "prompter")
_MODEL = ("gpt", "assistant", "model", "chatgpt", "bing", "bard")
_CHINESE_SHARE = 0.1
_SHOWN = 8  # names of a row, where none is known


class NotARowError(ValueError):
    """A record that holds no instruction with an output; the message says why."""


def to_rows(record: Mapping[str, Any], spec: SourceSpec, place: str) -> Iterator[InstructionRow]:
    """The rows that a record holds; a conversation has one for each answer of the model.

    `place` becomes the id of a record that has none. Raises NotARowError.
    """
    if record.keys() == _OURS and not spec.fields and all(isinstance(record[x], str) for x in _ALWAYS):
        yield InstructionRow(**record)
        return
    turns = record.get("conversations") or record.get("messages") or record.get("conversation")
    if isinstance(turns, list) and not spec.fields:
        yield from _turns(turns, record, spec, place)
        return
    instances = record.get("instances")
    if isinstance(instances, list) and not spec.fields:
        if not instances or not all(isinstance(instance, Mapping) for instance in instances):
            raise NotARowError("instances are no list of objects")
        for number, instance in enumerate(instances):
            one = {**record, **instance, "instances": None, "id": f"{record.get('id') or place}-{number}"}
            yield from to_rows(one, spec, place)
        return
    if isinstance(record.get("responses"), list) and not spec.fields:
        record = {**record, "output": _best(record), "responses": None}
    texts = {name: _text(record, name, spec) for name in _NAMES}
    if not texts["instruction"].strip():
        if not texts["input"].strip():
            raise NotARowError(_lacks("instruction", record))
        texts["instruction"], texts["input"] = texts["input"], ""
    if not texts["output"].strip():
        raise NotARowError(_lacks("output", record))
    yield _row(record, spec, place, **texts)


def _lacks(name: str, record: Mapping[str, Any]) -> str:
    """What is missing; of rows that have other names, which."""
    if any(x in record for x in _NAMES[name]):
        return f"no {name}"
    return f"no {name}, but {', '.join(map(str, islice(record, _SHOWN)))}; `fields` says which it is"


def _best(record: Mapping[str, Any]) -> str:
    """The first of the answers with the highest score."""
    answers, scores = record["responses"], record.get("scores")
    if not isinstance(scores, list) or len(scores) != len(answers):
        raise NotARowError("responses without a score for each")
    if not all(isinstance(x, str) for x in answers) or not all(isinstance(x, int | float) for x in scores):
        raise NotARowError("responses that are no texts, or scores that are no numbers")
    return answers[max(range(len(scores)), key=lambda i: (scores[i], -i))] if answers else ""


def _text(record: Mapping[str, Any], name: str, spec: SourceSpec) -> str:
    if name in spec.fields:
        value = record.get(spec.fields[name])
    else:
        value = next((record[x] for x in _NAMES[name] if record.get(x) is not None), "")
    if isinstance(value, list) and len(value) == 1:  # some keep a list of one answer
        value = value[0]
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _turns(
    turns: list[Any], record: Mapping[str, Any], spec: SourceSpec, place: str
) -> Iterator[InstructionRow]:
    system, asked = "", ""
    told: list[str] = []
    made = 0
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise NotARowError("a turn of the conversation is no object")
        who = str(turn.get("from", turn.get("role", ""))).lower()
        said = turn.get("value", turn.get("content"))
        if not isinstance(said, str):
            raise NotARowError("a turn of the conversation has no text")
        if who == "system":
            system = said
        elif who in _USER:
            asked = f"{asked}\n{said}" if asked else said
        elif who in _MODEL:
            if asked.strip() and said.strip():
                instruction = f"{system}\n{asked}" if system else asked
                row_place = f"{record.get('id') or place}-{made}"
                yield _row(
                    {**record, "id": row_place},
                    spec,
                    row_place,
                    instruction=instruction,
                    input="\n".join(told),
                    output=said,
                )
                made += 1
            told += [f"User: {asked}", f"Assistant: {said}"]
            asked = ""
        else:
            raise NotARowError(f"a turn of the conversation is by {who or 'nobody'!r}")
    if not made:
        raise NotARowError("no answer in the conversation")


def _row(
    record: Mapping[str, Any], spec: SourceSpec, place: str, *, instruction: str, input: str, output: str
) -> InstructionRow:
    schema = _plain(record, "schema", spec)
    keyed = keyed_input(instruction) if not input else None
    if not schema and keyed is not None:
        schema = json.dumps(keyed.get("schema", []), ensure_ascii=False)
    lang = _plain(record, "lang", spec) or spec.defaults.lang
    if lang not in ("zh", "en"):
        lang = language_of((keyed or {}).get("input") or f"{instruction}\n{input}")
    return InstructionRow(
        _plain(record, "id", spec) or place,
        (_plain(record, "task", spec) or spec.defaults.task).lower(),
        lang,
        _plain(record, "source", spec) or spec.defaults.source or spec.name,
        _plain(record, "cate", spec) or spec.defaults.cate or None,
        instruction,
        input,
        output,
        schema,
        _plain(record, "template", spec),
        _plain(record, "format", spec),
    )


def _plain(record: Mapping[str, Any], name: str, spec: SourceSpec) -> str:
    value = record.get(spec.fields.get(name, name))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if name == "schema" else ""
    return "" if value is None else str(value)


def keyed_input(instruction: str) -> dict[str, Any] | None:
    """The parts of an instruction that is one JSON object (IEPile's form), None for any other."""
    if not (instruction.startswith("{") and instruction.endswith("}")):
        return None
    try:
        parts = json.loads(instruction)
    except ValueError:
        return None
    return parts if isinstance(parts, dict) and isinstance(parts.get("input"), str) else None


def language_of(text: str) -> str:
    """zh where one character in ten or more is Chinese, else en."""
    letters = [char for char in text[:2000] if not char.isspace()]
    chinese = sum("\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" for char in letters)
    return "zh" if letters and chinese / len(letters) >= _CHINESE_SHARE else "en"
