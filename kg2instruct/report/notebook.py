"""Records as HTML for notebooks: `_repr_html_` of the records, and lists of them.

    from kg2instruct.report.notebook import show
    show(read_jsonl(Path("out/aligned/zh-00000.jsonl"), Example), limit=5)

No program runs in what is shown, and all texts are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import islice

from kg2instruct.records import Event, Example, InstructionRow, Triple
from kg2instruct.report.svg import record_svg

_BOX = "border-left:3px solid #8883;padding:2px 0 6px 14px;margin:6px 0 14px;max-width:820px"
_QUIET = "opacity:.65;font-size:12px"
_FIELD = "white-space:pre-wrap;overflow-wrap:anywhere;margin:2px 0 8px;text-align:left"


def record_html(record: Example | InstructionRow) -> str:
    """One record as a notebook shows it."""
    parts = _example(record) if isinstance(record, Example) else _row(record)
    return f'<div class="kg-record" style="{_BOX}">{"".join(parts)}</div>'


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """Records that a notebook shows one below the other."""

    records: tuple[Example | InstructionRow, ...]
    more: bool = False

    def __repr__(self) -> str:
        return "\n".join(record.id for record in self.records) + ("\n…" if self.more else "")

    def _repr_html_(self) -> str:
        rest = f'<p style="{_QUIET}">…</p>' if self.more else ""
        return "".join(map(record_html, self.records)) + rest


def show(records: Iterable[Example | InstructionRow], *, limit: int = 10) -> Shown:
    """The first `limit` records, to be shown by a notebook."""
    found = tuple(islice(records, limit + 1))
    return Shown(found[:limit], len(found) > limit)


def _example(example: Example) -> Iterator[str]:
    yield _head(
        example.page.title if example.page else example.id, (example.id, example.cate, example.source)
    )
    yield record_svg(example)
    left_out = [t for t in example.relation if t.head_start is None or t.tail_start is None]
    if left_out:
        yield f'<div style="{_QUIET}">not drawn, as an end does not stand in the text: '
        yield "; ".join(map(_triple, left_out)) + "</div>"
    if example.event:
        yield "<ul>" + "".join(map(_event, example.event)) + "</ul>"


def _row(row: InstructionRow) -> Iterator[str]:
    yield _head(f"{row.task} · {row.format}", (row.id, row.cate, row.template))
    for name in ("instruction", "input", "output"):
        text: str = getattr(row, name)
        if text:
            yield f'<div style="{_QUIET}">{name}</div><div style="{_FIELD}">{escape(text)}</div>'


def _head(title: str, facts: Iterable[str | None]) -> str:
    told = escape(" · ".join(filter(None, facts)))
    return f'<div style="margin-bottom:4px"><b>{escape(title)}</b> <span style="{_QUIET}">{told}</span></div>'


def _triple(t: Triple) -> str:
    return escape(f"{t.head} — {t.relation} — {t.tail}")


def _event(event: Event) -> str:
    arguments = ", ".join(f"{a.role}: {a.argument}" for a in event.arguments)
    return f"<li><b>{escape(event.event_type)}</b> {escape(event.event_trigger)} ({escape(arguments)})</li>"
