"""IEPile's instruction rows taken apart: the text, the labels asked for, and the answers to them.

    NER  {"人物": ["…"]}                                   EET  {"组织关系-裁员": ["裁员"]}
    RE   {"主演": [{"head": "…", "tail": "…"}]}            EE, EEA
    SPO  {"主演": [{"subject": "…", "object": "…"}]}            {"…": [{"trigger": "…", "arguments": {"时间": "NAN"}}]}
    KG   {"人物": {"name": {"父母": ["…"], "国籍": "…"}}}

SPO's types are those of the schema. An argument NAN is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.report import Kind, Report

TASKS = ("NER", "RE", "SPO", "EET", "EE", "EEA", "KG")
_NONE = frozenset(("NAN", "NaN", "nan", ""))
_MALFORMED = "is not as expected: expected the answer's form of the task"


@dataclass(slots=True)
class Answers:
    """What rows say: (entity, type), (head, head type, relation, tail, tail type), (type, trigger, arguments)."""

    entities: list[tuple[str, str]] = field(default_factory=list)
    relations: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    events: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)

    def counts(self) -> dict[Kind, int]:
        """How many there are of each kind."""
        return {
            "entity": len(self.entities),
            "relation": len(self.relations),
            "event": len(self.events),
            "argument": sum(len(x[2]) for x in self.events),
        }

    def extend(self, more: Answers, asked: set[str], place: Place, report: Report) -> None:
        """Take over answers; those to labels asked before only where they are new."""
        for entity in more.entities:
            if entity[1] in asked and entity in self.entities:
                report.drop(place, "entity", _AGAIN, entity)
            else:
                self.entities.append(entity)
        for relation in more.relations:
            if relation[2] in asked and relation in self.relations:
                report.drop(place, "relation", _AGAIN, relation)
            else:
                self.relations.append(relation)
        for event in more.events:
            if event[0] in asked and event in self.events:
                report.drop(place, "event", _AGAIN, event)
                for argument in event[2]:
                    report.drop(place, "argument", _AGAIN, argument)
            else:
                self.events.append(event)


_AGAIN = "is an answer to a label asked before"


@dataclass(frozen=True, slots=True)
class Question:
    """A row: its text, task, the corpus it comes from, the labels asked for and the answers."""

    text: str
    task: str
    source: str
    labels: frozenset[str]
    answers: Answers


def parse_row(
    task: str | None,
    source: str | None,
    instruction: str,
    text: str | None,
    output: Any,
    place: Place,
    report: Report,
) -> Question | None:
    """Take a row apart; None, and told, where it is none of IEPile's."""
    try:
        asked = msgspec.json.decode(instruction)
        answer = msgspec.json.decode(output) if isinstance(output, str) else output
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        reason = (
            "is not as expected: instruction or output is not JSON; expected {instruction, schema, input}"
        )
        report.lose(place, "record", reason, error)
        return None
    if not isinstance(asked, dict) or not isinstance(answer, dict):
        report.lose(place, "record", "is not as expected: expected objects as instruction and output")
        return None
    text = asked.get("input", text)
    if not isinstance(text, str):
        report.lose(place, "record", "is not as expected: no text; expected {instruction, schema, input}")
        return None
    schema = asked.get("schema", [])
    listed = schema if isinstance(schema, list) else [schema]
    name = task.upper() if task and task.upper() in TASKS else guess_task(asked, listed, answer)
    answers = _ANSWERS[name](answer, listed, place, report)
    return Question(text, name, source or "", frozenset(_labels(listed)), answers)


def _labels(schema: list[Any]) -> Iterator[str]:
    for x in schema:
        label = x
        if isinstance(x, dict):
            label = x.get("event_type") or x.get("predicate") or x.get("entity_type")
        if isinstance(label, str):
            yield label


def guess_task(asked: dict[str, Any], schema: list[Any], answer: dict[str, Any]) -> str:
    """The task of a row that does not name it, by the form of its schema and answers."""
    first = schema[0] if schema else None
    if isinstance(first, dict):
        if "entity_type" in first:
            return "KG"
        if "event_type" in first:
            return "EE" if first.get("trigger") is True else "EEA"
        return "SPO"
    answers = [x for value in answer.values() if isinstance(value, list) for x in value]
    if answers and isinstance(answers[0], dict):
        return "EE" if "arguments" in answers[0] else "RE"
    wording = str(asked.get("instruction", ""))
    if "事件" in wording or "event" in wording:
        return "EET"
    return "RE" if not answers and ("关系" in wording or "relation" in wording) else "NER"


def _listed(answer: dict[str, Any], kind: Kind, place: Place, report: Report) -> Iterator[tuple[str, Any]]:
    for label, values in answer.items():
        if isinstance(values, list):
            yield from ((label, x) for x in values)
        elif not (isinstance(values, str) and values in _NONE) and values is not None:
            report.lose(place, kind, _MALFORMED, f"{label}: {values}")


def _ner(answer: dict[str, Any], _: list[Any], place: Place, report: Report) -> Answers:
    found = Answers()
    for label, x in _listed(answer, "entity", place, report):
        if isinstance(x, str):
            found.entities.append((x, label))
        else:
            report.lose(place, "entity", _MALFORMED, x)
    return found


def _relations(answer: dict[str, Any], schema: list[Any], place: Place, report: Report) -> Answers:
    types: dict[str, tuple[str, str]] = {}
    for x in schema:
        if isinstance(x, dict) and isinstance(x.get("predicate"), str):
            kinds = (x.get("subject_type"), x.get("object_type"))
            types.setdefault(x["predicate"], (str(kinds[0] or ""), str(kinds[1] or "")))
    found = Answers()
    for label, x in _listed(answer, "relation", place, report):
        ends = (
            (x.get("head", x.get("subject")), x.get("tail", x.get("object"))) if isinstance(x, dict) else ()
        )
        if len(ends) == 2 and isinstance(ends[0], str) and isinstance(ends[1], str):
            head_type, tail_type = types.get(label, ("", ""))
            found.relations.append((ends[0], head_type, label, ends[1], tail_type))
        else:
            report.lose(place, "relation", _MALFORMED, x)
    return found


def _triggers(answer: dict[str, Any], _: list[Any], place: Place, report: Report) -> Answers:
    found = Answers()
    for label, x in _listed(answer, "event", place, report):
        if isinstance(x, str):
            found.events.append((label, x, []))
        else:
            report.lose(place, "event", _MALFORMED, x)
    return found


def _events(answer: dict[str, Any], _: list[Any], place: Place, report: Report) -> Answers:
    found = Answers()
    for label, x in _listed(answer, "event", place, report):
        trigger = x.get("trigger", "") if isinstance(x, dict) else None
        given = x.get("arguments", {}) if isinstance(x, dict) else None
        if not isinstance(trigger, str) or not isinstance(given, dict):
            report.lose(place, "event", _MALFORMED, x)
            continue
        pairs = [*_pairs(given, "argument", place, report)]
        found.events.append((label, "" if trigger in _NONE else trigger, pairs))
    return found


def _pairs(given: dict[str, Any], kind: Kind, place: Place, report: Report) -> Iterator[tuple[str, str]]:
    for role, values in given.items():
        for x in values if isinstance(values, list) else [values]:
            if not isinstance(x, str):
                report.lose(place, kind, _MALFORMED, f"{role}: {x}")
            elif x not in _NONE:
                yield role, x


def _knowledge(answer: dict[str, Any], _: list[Any], place: Place, report: Report) -> Answers:
    found = Answers()
    for label, entities in answer.items():
        if not isinstance(entities, dict):
            if entities:
                report.lose(place, "relation", _MALFORMED, f"{label}: {entities}")
            continue
        for name, attributes in entities.items():
            found.entities.append((name, label))
            if isinstance(attributes, dict):
                for role, x in _pairs(attributes, "relation", place, report):
                    found.relations.append((name, label, role, x, ""))
            elif attributes:
                report.lose(place, "relation", _MALFORMED, f"{name}: {attributes}")
    return found


_ANSWERS = {
    "NER": _ner,
    "RE": _relations,
    "SPO": _relations,
    "EET": _triggers,
    "EE": _events,
    "EEA": _events,
    "KG": _knowledge,
}
