"""Files of instructions as items: the forms in which such data is published, each told by its first row.

| form | looks like |
| --- | --- |
| alpaca | `{"instruction", "input", "output"}` as JSON lines or an array; also code-alpaca and our own rows |
| seeds | `{"instruction", "instances": [{"input", "output"}]}` |
| gsm8k | `{"question", "answer"}` |
| chat | `{"messages": [{"role", "content"}]}` or `{"conversations": [{"from", "value"}]}` |
| examples | our records with annotations: `{"text", "entity", "relation", …}` |
| cot | lines `question TAB answer TAB rationale`, line breaks as `\\n` |
| a mapping file | YAML: which key or column is what; see `mapping.py` |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.convert.formats.jsonrows import raw_rows
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source, sources
from kg2instruct.errors import InputError
from kg2instruct.records import Example
from kg2instruct.registry import Registry
from kg2instruct.translate.code import code_spans
from kg2instruct.translate.items import Item, Part, Task

_CODE_SHARE = 0.5
_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant",
          "bing": "assistant", "bard": "assistant", "model": "assistant", "system": "system"}  # fmt: skip


class RejectedError(ValueError):
    """A row that is not of the form; the message says what is missing."""


def _text(row: Mapping[str, Any], key: str, *, needed: bool = True) -> str:
    value = row.get(key)
    if value is None and not needed:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):  # of lines, or of a message's pieces
        pieces = [x.get("text") if isinstance(x, Mapping) and x.get("type") == "text" else x for x in value]
        said = [piece for piece in pieces if isinstance(piece, str)]
        if len(said) == len(value):
            return "\n".join(said)
    if not isinstance(value, str):
        raise RejectedError(f"has no text under {key!r}")
    return value


def plain_item(
    id_: str, source: str, texts: Mapping[str, str], *, task: Task | None = None, cate: str | None = None
) -> Item:
    """An item of instruction, input and output, or of question, rationale and answer; empty parts are left out."""
    parts = tuple(Part(name, text) for name, text in texts.items() if text.strip())
    if not texts.get("instruction", "").strip():
        raise RejectedError("has an empty instruction")
    if task is None:
        task = "code" if _is_code(texts.get("output", "")) or _is_code(texts.get("input", "")) else "general"
    return Item(id_, task, source, parts, cate)


def _is_code(text: str) -> bool:
    length = len(text.strip())
    return length > 0 and ("```" in text or sum(b - a for a, b in code_spans(text)) > _CODE_SHARE * length)


def alpaca(row: Mapping[str, Any], id_: str, source: str) -> Iterator[Item]:
    """`{"instruction", "input", "output"}`; `output` may be called `response` or `completion`."""
    answer = next((key for key in ("output", "response", "completion") if key in row), "output")
    given = "input" if "input" in row else "context"
    texts = {
        "instruction": _text(row, "instruction"),
        "input": _text(row, given, needed=False),
        "output": _text(row, answer, needed=False),
    }
    task = row.get("task") if row.get("task") in ("general", "code", "cot") else None
    cate = row.get("cate") if isinstance(row.get("cate"), str) else None
    yield plain_item(str(row.get("id") or id_), str(row.get("source") or source), texts, task=task, cate=cate)


def seeds(row: Mapping[str, Any], id_: str, source: str) -> Iterator[Item]:
    """`{"instruction", "instances": [{"input", "output"}]}`: one item for each instance."""
    if not isinstance(row.get("instances"), list):
        raise RejectedError("has no list under 'instances'")
    base = str(row.get("id") or id_)
    for number, instance in enumerate(row["instances"]):
        if not isinstance(instance, Mapping):
            raise RejectedError("has an instance that is not an object")
        yield from alpaca(
            {**instance, "instruction": row.get("instruction"), "id": f"{base}-{number}"}, id_, source
        )


def gsm8k(row: Mapping[str, Any], id_: str, source: str) -> Iterator[Item]:
    """`{"question", "answer"}`, the answer a chain of steps; with a `rationale`, the steps stand there."""
    texts = {"instruction": _text(row, "question")}
    if rationale := _text(row, "rationale", needed=False):
        texts |= {"rationale": rationale, "answer": _text(row, "answer")}
    else:
        texts["output"] = _text(row, "answer")
    yield plain_item(str(row.get("id") or id_), source, texts, task="cot")


def chat(row: Mapping[str, Any], id_: str, source: str) -> Iterator[Item]:
    """Turns of OpenAI's `messages` or ShareGPT's `conversations`."""
    turns = row.get("messages") or row.get("conversations") or row.get("items")
    if not isinstance(turns, list) or not turns:
        raise RejectedError("has no turns under 'messages' or 'conversations'")
    parts: list[Part] = []
    system = row.get("system") or row.get("system_prompt")
    if isinstance(system, str) and system.strip():
        parts.append(Part("system", system))
    number = 0
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise RejectedError("has a turn that is not an object")
        role = _ROLES.get(str(turn.get("role") or turn.get("from")).lower())
        text = _text(turn, "content" if "content" in turn else "value")
        if role is None:
            raise RejectedError(f"has a turn of the unknown role {turn.get('role') or turn.get('from')!r}")
        twice = bool(parts) and parts[-1].name == f"{role}{number}"
        if role == "user" and not twice:
            number += 1
        if role == "system" and not parts:
            parts.append(Part("system", text))
        elif twice or role == "system" or number == 0:
            raise RejectedError("has turns that do not alternate between user and assistant")
        else:
            parts.append(Part(f"{role}{number}", text))
    if parts[-1].name.startswith("user"):
        parts.pop()  # nobody has answered, so no row would hold it
    if not any(part.name.startswith("assistant") for part in parts):
        raise RejectedError("has no turn of the assistant")
    yield Item(str(row.get("id") or id_), "chat", source, tuple(parts))


def examples(row: Mapping[str, Any], id_: str, source: str) -> Iterator[Item]:
    """Our own records with annotations."""
    try:
        example = msgspec.convert(row, Example)
    except msgspec.ValidationError as error:
        raise RejectedError(f"is no record with annotations: {error}") from error
    yield Item(
        example.id or id_,
        "ie",
        example.source or source,
        (Part("text", example.text),),
        example.cate,
        example,
    )


Form = Callable[[Mapping[str, Any], str, str], Iterator[Item]]
FORMS: Registry[Form] = Registry(
    "form of instructions",
    {"alpaca": alpaca, "seeds": seeds, "gsm8k": gsm8k, "chat": chat, "examples": examples, "cot": gsm8k},
)


def _guess(row: Mapping[str, Any]) -> str | None:
    if "instances" in row and "instruction" in row:
        return "seeds"
    if "instruction" in row:
        return "alpaca"
    if "messages" in row or "conversations" in row:
        return "chat"
    if "question" in row and "answer" in row:
        return "gsm8k"
    if "text" in row and ("entity" in row or "relation" in row or "event" in row):
        return "examples"
    return None


def read_items(path: Path, report: Report, form: str | None = None) -> Iterator[Item]:
    """The items of a file; rows that are not as they should be are counted and told in `report`.

    `form` is a name of FORMS or None, which looks at each row. Raises InputError where the file cannot be read
    or none of its rows has a form that is known.
    """
    if form is not None:
        FORMS[form]
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name the files in it, one a run")
    source = sources([path])[0]
    yield from _table(source, report) if form == "cot" or _is_table(source) else _json(source, report, form)


def decoded(data: bytes) -> dict[str, Any]:
    """A row of JSON; raises RejectedError where it is not an object."""
    try:
        row = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RejectedError(f"is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise RejectedError("is not an object")
    return row


def _json(source: Source, report: Report, form: str | None) -> Iterator[Item]:
    known = 0
    for place, data in raw_rows(source, report):
        id_ = f"{source.label}-{place.number}"
        try:
            row = decoded(data)
            name = form or _guess(row)
            if name is None:
                raise RejectedError(f"is of no known form; it has {', '.join(sorted(row)[:8]) or 'nothing'}")
            known += 1
            for item in FORMS[name](row, id_, source.label):
                yield replace(item, place=str(place))
        except RejectedError as error:
            report.lose(place, "record", str(error), data[:200].decode("utf-8", "replace"))
    if not known:
        _expect_nothing(source, report)


def _expect_nothing(source: Source, report: Report) -> None:
    """Raise InputError for a file that has rows, but none of a known form."""
    if report.dropped:
        first = next(iter(report.dropped))[1]
        raise InputError(f"{source.path}: no row of a known form ({', '.join(FORMS)}); the first one {first}")


def _is_table(source: Source) -> bool:
    for _, line in source.lines():
        if line.strip():
            return line.count(b"\t") >= 2 and line.lstrip()[:1] not in (b"{", b"[")
    return False


def _table(source: Source, report: Report) -> Iterator[Item]:
    known = 0
    for number, line in source.lines():
        if not line.strip():
            continue
        place = f"{source.path}:{number}"
        try:
            cells = [cell.replace("\\n", "\n") for cell in line.decode("utf-8").split("\t")]
            if len(cells) != 3:
                raise RejectedError(f"has {len(cells)} columns; expected question, answer and rationale")
            known += 1
            row = dict(zip(("question", "answer", "rationale"), cells, strict=True))
            for item in gsm8k(row, f"{source.label}-{number}", source.label):
                yield replace(item, place=place)
        except (RejectedError, UnicodeDecodeError) as error:
            report.lose(place, "record", str(error), line[:200].decode("utf-8", "replace"))
    if not known:
        _expect_nothing(source, report)
