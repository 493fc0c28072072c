"""A page for people who review a translation: some rows beside their sources, and what the checks found.

The rows are drawn by their ids, so that the same run shows the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from kg2instruct.jsonl import atomic_writer
from kg2instruct.translate.outcomes import Summary
from kg2instruct.translate.project import mark_mentions, read_marks
from kg2instruct.translate.talk import Outcome

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin-bottom: 1.5rem; }
td, th { border: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top; }
td { white-space: pre-wrap; overflow-wrap: anywhere; } .name { width: 7rem; color: #666; }
.retried { color: #a50; }
"""


class Sample:
    """Keeps `size` outcomes of all that it is shown."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._drawn: list[tuple[str, Outcome]] = []

    def show(self, outcome: Outcome) -> None:
        """Take an outcome in, if it is drawn."""
        if outcome.texts is None or outcome.calls == 0:
            return
        lot = hashlib.sha256(outcome.item.id.encode("utf-8", "surrogatepass")).hexdigest()
        if len(self._drawn) < self._size or lot < self._drawn[-1][0]:
            self._drawn.append((lot, outcome))
            self._drawn.sort(key=lambda entry: entry[0])
            del self._drawn[self._size :]

    def write(self, path: Path, summary: Summary) -> None:
        """Write the page."""
        outcomes = sorted((outcome for _, outcome in self._drawn), key=lambda outcome: outcome.item.id)
        body = _figures(summary.to_json()) + "".join(map(_row, outcomes))
        page = (
            '<!doctype html><html><head><meta charset="utf-8"><title>Translation: rows to review</title>'
            f"<style>{_STYLE}</style></head><body><h1>Rows to review</h1>{body}</body></html>\n"
        )
        with atomic_writer(path) as out:
            out.write(page.encode("utf-8", "replace"))


def _figures(data: Mapping[str, Any]) -> str:
    names = ("items", "done", "rejected", "passed_first_time_share")
    rows = [(name.replace("_", " "), data[name]) for name in names]
    rows += [(f"answers not accepted: {check}", number) for check, number in data["failed_checks"].items()]
    cells = "".join(f"<tr><th>{escape(str(a))}</th><td>{escape(str(b))}</td></tr>" for a, b in rows)
    return f"<table>{cells}</table>"


def _row(outcome: Outcome) -> str:
    texts = dict(outcome.texts or {})
    item = outcome.item
    if item.example is not None:
        texts["text"] = read_marks(texts["text"], mark_mentions(item.example))[0]
    sources = {part.name: part.text for part in item.parts}
    lines = "".join(
        f'<tr><td class="name">{escape(name)}</td><td>{escape(sources.get(name, ""))}</td>'
        f"<td>{escape(texts.get(name, ''))}</td></tr>"
        for name in dict.fromkeys([*sources, *texts])
    )
    retried = f' <span class="retried">({escape(", ".join(outcome.failed))})</span>' if outcome.failed else ""
    return f"<h2>{escape(item.id)}{retried}</h2><table>{lines}</table>"
