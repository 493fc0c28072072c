"""Label Studio: the labelling configuration, tasks with predictions, and annotated tasks read back.

A new project takes `config.xml` under Labeling Interface and `tasks.json` by Import; corrections come back as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from kg2instruct.jsonl import atomic_writer
from kg2instruct.records import Example
from kg2instruct.review.spans import Annotated, Link, Span, annotated, placed

_COLORS = (
    *("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#9a6324", "#800000"),
    *("#808000", "#000075", "#469990", "#bf9000", "#c2185b", "#5d4037", "#455a64", "#00838f"),
)


def config(types: Iterable[str], relations: Iterable[str]) -> str:
    """The labelling configuration as XML."""
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Header", value="$title")
    listed = ElementTree.SubElement(view, "Relations")
    for name in relations:
        ElementTree.SubElement(listed, "Relation", value=name)
    labels = ElementTree.SubElement(view, "Labels", name="label", toName="text")
    for number, name in enumerate(types):
        ElementTree.SubElement(labels, "Label", value=name, background=_COLORS[number % len(_COLORS)])
    ElementTree.SubElement(view, "Text", name="text", value="$text")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def task(example: Example) -> dict[str, Any]:
    """A task with the record's annotations as its prediction."""
    found = annotated(example)
    ids = {(x.start, x.end): f"m{n}" for n, x in enumerate(found.spans)}
    result: list[dict[str, Any]] = [
        {
            "id": ids[x.start, x.end],
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": x.start,
                "end": x.end,
                "text": example.text[x.start : x.end],
                "labels": [x.label],
            },
        }
        for x in found.spans
    ]
    result += [
        {
            "type": "relation",
            "from_id": ids[x.head.start, x.head.end],
            "to_id": ids[x.tail.start, x.tail.end],
            "direction": "right",
            "labels": [x.relation],
        }
        for x in found.links
    ]
    title = example.page.title if example.page else example.id
    data = {"text": example.text, "title": title, "record_id": example.id, "cate": example.cate or ""}
    return {"data": data, "predictions": [{"model_version": "kg2instruct", "result": result}]}


def write(examples: list[Example], types: list[str], relations: list[str], out: Path) -> None:
    """Write config.xml and tasks.json."""
    with atomic_writer(out / "config.xml") as file:
        file.write(config(types, relations).encode())
    with atomic_writer(out / "tasks.json") as file:
        tasks = [task(example) for example in examples]
        file.write(json.dumps(tasks, ensure_ascii=False, indent=1).encode() + b"\n")


def read(tasks: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[Annotated]]]:
    """Record id, text and the annotations of each task, one for each person; none where all skipped it."""
    for entry in tasks:
        data = entry["data"]
        text = str(data["text"])
        done = [x for x in entry.get("annotations") or () if not x.get("was_cancelled")]
        yield str(data.get("record_id", "")), text, [_annotation(x.get("result") or (), text) for x in done]


def _annotation(result: Iterable[Mapping[str, Any]], text: str) -> Annotated:
    spans: dict[str, Span] = {}
    links = []
    entries = list(result)
    for entry in entries:
        value = entry.get("value") or {}
        if entry.get("type") == "labels":
            said = value.get("text")
            place = placed(text, int(value["start"]), int(value["end"]), said)
            if place:
                spans[str(entry["id"])] = Span(*place, str((value.get("labels") or [""])[0]))
    for entry in entries:
        if entry.get("type") == "relation":
            head, tail = spans.get(str(entry["from_id"])), spans.get(str(entry["to_id"]))
            if entry.get("direction") == "left":
                head, tail = tail, head
            if head and tail:
                links += [Link(head, str(name), tail) for name in entry.get("labels") or ()]
    return Annotated(tuple(spans.values()), tuple(dict.fromkeys(links)))
