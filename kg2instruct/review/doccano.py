"""doccano: lines with entities and relations, label files, and exported lines read back.

A project of the kind Sequence Labeling with relations takes `doccano.jsonl` as JSONL(Relation), and the two label files
under Labels.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.records import Example
from kg2instruct.review.spans import Annotated, Link, Span, annotated, placed


def line(example: Example) -> dict[str, Any]:
    """A record as doccano imports it."""
    found = annotated(example)
    ids = {(x.start, x.end): n for n, x in enumerate(found.spans)}
    return {
        "text": example.text,
        "entities": [
            {"id": ids[x.start, x.end], "label": x.label, "start_offset": x.start, "end_offset": x.end}
            for x in found.spans
        ],
        "relations": [
            {
                "id": n,
                "from_id": ids[x.head.start, x.head.end],
                "to_id": ids[x.tail.start, x.tail.end],
                "type": x.relation,
            }
            for n, x in enumerate(found.links)
        ],
        "record_id": example.id,
        "cate": example.cate or "",
    }


def write(examples: list[Example], types: list[str], relations: list[str], out: Path) -> None:
    """Write doccano.jsonl, span_labels.json and relation_labels.json."""
    with atomic_writer(out / "doccano.jsonl") as file:
        for example in examples:
            file.write(encode(line(example)))
    for name, labels in (("span_labels.json", types), ("relation_labels.json", relations)):
        with atomic_writer(out / name) as file:
            file.write(json.dumps([{"text": x} for x in labels], ensure_ascii=False).encode() + b"\n")


def read(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[Annotated]]]:
    """Record id (empty where doccano lost it), text and the annotation of each line."""
    for entry in lines:
        text = str(entry["text"])
        spans: dict[Any, Span] = {}
        for x in entry.get("entities") or ():
            place = placed(text, int(x["start_offset"]), int(x["end_offset"]), None)
            if place:
                spans[x["id"]] = Span(*place, str(x["label"]))
        links = [
            Link(spans[x["from_id"]], str(x["type"]), spans[x["to_id"]])
            for x in entry.get("relations") or ()
            if x["from_id"] in spans and x["to_id"] in spans
        ]
        about = entry.get("meta") if isinstance(entry.get("meta"), Mapping) else entry
        record = str((about or {}).get("record_id") or entry.get("record_id") or "")
        yield record, text, [Annotated(tuple(spans.values()), tuple(dict.fromkeys(links)))]
