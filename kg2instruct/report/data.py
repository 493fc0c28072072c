"""What the report's page is given: counts in groups and charts, and records ready to be drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from kg2instruct.records import InstructionRow, Triple
from kg2instruct.report.drawing import drawing, look
from kg2instruct.report.sample import Sampled
from kg2instruct.report.tally import with_prefix

TEXT_HERE = "\0"  # stands for the record's text inside its rows
_RECORD_BYTES = 40_000
_SAMPLE_BYTES = 2_300_000
_ROWS_A_RECORD = 8
_DROPPED_A_RECORD = 60
_NAMES_A_CHART = 1_000

# What is counted at each step, the wider first, and the prefix of what is lost on the way.
_FUNNEL: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("pages", ("pages read", "pages", "pages with an entity"), "left out: "),
    ("passages", ("passages", "examples", "passages with a triple"), "left out: passage"),
    ("claims", ("candidates", "triples", "triples rendered"), "dropped: "),
)
_NOT_RENDERED = "triples not rendered: "


def build_data(
    stats: Mapping[str, Any], facts: Mapping[str, Any], records: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """The page's data for a build; `facts` say what the page is about (`lang`, `version`, `seed`, …)."""
    counts: Mapping[str, int] = stats["counts"]
    rows = {split: n for split, n in stats["rows"].items() if n}
    groups = [group for group in _funnel(counts) if group["steps"]]
    if rows:
        steps = [["rows", sum(rows.values())], *([f"rows: {split}", n] for split, n in rows.items())]
        groups.append({"name": "rows", "steps": steps, "lost": []})
    charts = [
        _chart("topics", stats.get("topics", {}), "records", "topic"),
        _chart("relations", stats.get("relations", {}), "triples", "relation"),
        _chart("entity types", stats.get("entity_types", {}), "mentions", "type"),
        _chart("mentions", stats.get("mentions", {}), "mentions"),
        _chart("tasks", with_prefix(counts, "rows of task: "), "rows"),
        _chart("formats", with_prefix(counts, "rows of format: "), "rows"),
        _chart("rows by topic", with_prefix(counts, "rows of topic: "), "rows"),
        _chart("templates", stats.get("templates", {}), "rows"),
        _chart("templates without a rule", stats.get("unknown_templates", {}), "uses"),
    ]
    return {
        "kind": "build" if stats["rows"] else "align",
        "facts": dict(facts),
        "figures": _figures(counts, rows),
        "funnel": groups,
        "coverage": _coverage(counts, stats),
        "charts": [chart for chart in charts if chart["items"]],
        "lengths": _lengths(stats),
        "problems": _problems(stats),
        "records": list(records),
    }


def mix_data(
    stats: Mapping[str, Any], facts: Mapping[str, Any], rows: Iterable[tuple[str, InstructionRow]]
) -> dict[str, Any]:
    """The page's data for a mix."""
    kept = {split: n for split, n in stats["rows"].items() if n}
    sources = stats["sources"].values()
    lost: Counter[str] = Counter()
    for source in sources:
        lost.update(source["left out"])
    charts = [
        _chart("sources", {name: source["kept"] for name, source in stats["sources"].items()}, "rows"),
        _chart("tasks", stats.get("tasks", {}), "rows", "task"),
        _chart("languages", stats.get("languages", {}), "rows"),
        _chart("formats", stats.get("formats", {}), "rows"),
        _chart("rows by topic", stats.get("topics", {}), "rows", "topic"),
        _chart("labels", stats.get("labels", {}), "rows"),
    ]
    total, read = sum(kept.values()), sum(source["read"] for source in sources)
    return {
        "kind": "mix",
        "facts": dict(facts),
        "figures": [["rows", total], *([f"rows: {split}", n] for split, n in kept.items())],
        "funnel": [
            {"name": "rows", "steps": [["rows read", read], ["rows kept", total]], "lost": _ordered(lost)}
        ],
        "coverage": [],
        "charts": [chart for chart in charts if chart["items"]],
        "lengths": [],
        "problems": _problems(stats),
        "records": within_bytes(row_data(split, row) for split, row in rows),
    }


def _funnel(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    if "triples" in counts and any(name.startswith("rows of") for name in counts):
        left = sum(with_prefix(counts, _NOT_RENDERED).values())
        counts = {**counts, "triples rendered": counts["triples"] - left}
    groups = []
    for name, steps, prefix in _FUNNEL:
        lost = with_prefix(counts, prefix)
        if name == "passages":
            lost = {f"passage{reason}": n for reason, n in lost.items()}
        elif name == "pages":
            lost = {reason: n for reason, n in lost.items() if not reason.startswith("passage")}
        else:
            lost |= with_prefix(counts, _NOT_RENDERED)
        shown = [[step, counts[step]] for step in steps if step in counts]
        groups.append({"name": name, "steps": shown, "lost": _ordered(lost)})
    return groups


def _figures(counts: Mapping[str, int], rows: Mapping[str, int]) -> list[list[Any]]:
    found = [[name, counts[name]] for name in ("pages", "examples", "triples") if name in counts]
    return [*found, ["rows", sum(rows.values())]] if rows else found


def _coverage(counts: Mapping[str, int], stats: Mapping[str, Any]) -> list[list[Any]]:
    """Shares: name, part, whole."""
    mentions: Mapping[str, int] = stats.get("mentions", {})
    named = sum(n for via, n in mentions.items() if via != "value")
    typed = sum(n for kind, n in stats.get("entity_types", {}).items() if kind != "none")
    shares = [
        ["pages with an entity", counts.get("pages with an entity", 0), counts.get("pages", 0)],
        ["passages with a triple", counts.get("passages with a triple", 0), counts.get("passages", 0)],
        ["claims stated", counts.get("triples", 0), counts.get("candidates", 0)],
        ["names that are links", mentions.get("link", 0), named],
        ["mentions with a type", typed, sum(mentions.values())],
    ]
    return [share for share in shares if share[2]]


def _lengths(stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [
        (name, stats.get(f"{section}_lengths", {}))
        for name, section in (("texts", "text"), ("instructions", "instruction"), ("outputs", "output"))
    ]
    return [
        {"name": name, "bins": [[int(low), n] for low, n in bins.items()]} for name, bins in found if bins
    ]


def _problems(stats: Mapping[str, Any]) -> list[list[Any]]:
    problems = stats.get("problems", {}).items()
    told = [[kind, found["count"], found.get("examples", [])] for kind, found in problems]
    return told + [[f"missing: {name}", 1, [why]] for name, why in stats.get("failed", {}).items()]


def _chart(name: str, counts: Mapping[str, int], unit: str, filters: str = "") -> dict[str, Any]:
    items = _ordered(counts)
    return {
        "name": name,
        "unit": unit,
        "filter": filters,
        "total": sum(counts.values()),
        "names": len(items),
        "items": items[:_NAMES_A_CHART],
    }


def _ordered(counts: Mapping[str, int]) -> list[list[Any]]:
    return [[name, n] for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n]


def record_data(sampled: Sampled, rows: Sequence[tuple[str, InstructionRow]]) -> dict[str, Any]:
    """A record with its dropped claims and its rows, as the page takes it: lists for what there is much of."""
    example = sampled.example
    dropped = [d for d in sampled.dropped if d.triple is not None][:_DROPPED_A_RECORD]
    drawn = drawing(example, [d.triple for d in dropped if d.triple is not None])
    arcs = [[arc.head, arc.tail, *_triple(arc.triple)] for arc in drawn.arcs]
    page = example.page
    return {
        "id": example.id,
        "lang": example.lang,
        "topic": example.cate,
        "page": [page.title, page.id, page.revision, page.section] if page else None,
        "text": example.text,
        "marks": [[m.start, m.end, m.type, m.qid, m.via, *look(m.type)] for m in drawn.marks],
        "arcs": arcs[: len(example.relation)],
        "dropped": [
            [d.reason, d.seen, *arc] for d, arc in zip(dropped, arcs[len(example.relation) :], strict=True)
        ],
        "rows": [_row(split, row, example.text) for split, row in rows[:_ROWS_A_RECORD]],
        "more rows": max(0, len(rows) - _ROWS_A_RECORD),
    }


def row_data(split: str, row: InstructionRow) -> dict[str, Any]:
    """A row without a record of its own."""
    return {
        "id": row.id,
        "lang": row.lang,
        "topic": row.cate,
        "task": row.task,
        "source": row.source,
        "page": None,
        "text": row.input or row.instruction,
        "marks": [],
        "arcs": [],
        "dropped": [],
        "rows": [_row(split, row, "")],
        "more rows": 0,
    }


def _triple(t: Triple) -> list[Any]:
    return [t.head, t.head_qid, t.relation, t.property, t.tail, t.tail_qid, t.tail_value]


def _row(split: str, row: InstructionRow, text: str) -> list[str]:
    def short(told: str) -> str:
        return told.replace(text, TEXT_HERE, 1) if text else told

    shown = (short(row.instruction), short(row.input), row.output)
    return [row.id, split, row.task, row.format, row.template, *shown]


def within_bytes(records: Iterable[dict[str, Any]], limit: int = _SAMPLE_BYTES) -> list[dict[str, Any]]:
    """The records, in order, that fit into the page; very long ones are passed over."""
    kept, size = [], 0
    for record in records:
        length = len(msgspec.json.encode(record))
        if length <= _RECORD_BYTES and size + length <= limit:
            kept.append(record)
            size += length
    return kept
