"""Scores for reading: a table of plain text cells, and a plot as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kg2instruct.evaluate.scores import Count, Scores

HEADER = ("", "precision", "recall", "F1", "right", "claimed", "wanted")
# Rows of labels in table and plot, the most frequent ones.
MOST_LABELS = 40


def score_table(scores: Scores) -> list[tuple[str, ...]]:
    """The header and one row of cells for each total, task, source, format and (most frequent) label."""
    precision, recall, f1 = scores.macro
    rows: list[tuple[str, ...]] = [HEADER, _row("micro", scores.micro)]
    rows.append(("macro", f"{precision:.2f}", f"{recall:.2f}", f"{f1:.2f}", "", "", ""))
    rows.append(_row("relaxed borders", scores.relaxed))
    rows.append(_row("without repetitions", scores.sets))
    for title, group in (
        ("task", scores.per_task),
        ("source", scores.per_source),
        ("format", scores.per_format),
        ("kind", scores.per_kind),
    ):
        if len(group) > 1:
            rows += [_row(f"{title} {name}", group[name]) for name in sorted(group)]
    return rows + [_row(f"label {name}", count) for name, count in _labels(scores)]


def score_notes(scores: Scores) -> list[str]:
    """Lines under the table: confidence, and what could not be read or is not in the text."""
    notes = [f"{scores.rows} rows of {len(scores.documents)} documents"]
    if "f1" in scores.confidence:
        low, high = scores.confidence["f1"]
        notes.append(f"micro F1 with 95 % confidence between {low:.2f} and {high:.2f}")
    notes.append(
        f"{scores.unparsable} answers unreadable, {scores.partly_read} in part, {scores.missing} missing"
    )
    notes.append(f"{scores.hallucinated} of {scores.spans} spans are not in their text")
    if scores.left_out:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(scores.left_out.items()))
        notes.append(f"not scored: {reasons}; the first: {scores.first_left_out}")
    return notes


def score_plot(scores: Scores) -> str:
    """F1 of the most frequent labels as bars, as an SVG image."""
    bars = [("micro", scores.micro), *_labels(scores)]
    height = 24 * len(bars) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="640" height="{height}" fill="white"/>',
        *_axis(height),
    ]
    for i, (name, count) in enumerate(bars):
        y = 24 * i + 10
        fill = "#33658a" if i else "#2f4858"
        shown = name if len(name) <= 22 else name[:21] + "…"
        parts.append(f'<text x="190" y="{y + 13}" text-anchor="end">{escape(shown)}</text>')
        parts.append(f'<rect x="200" y="{y}" width="{4 * count.f1:.1f}" height="17" fill="{fill}"/>')
        parts.append(f'<text x="{206 + 4 * count.f1:.1f}" y="{y + 13}" fill="#444">{count.f1:.1f}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _axis(height: int) -> Sequence[str]:
    lines = []
    for share in (0, 25, 50, 75, 100):
        x = 200 + 4 * share
        lines.append(f'<line x1="{x}" y1="6" x2="{x}" y2="{height - 24}" stroke="#ddd"/>')
        lines.append(f'<text x="{x}" y="{height - 8}" text-anchor="middle" fill="#666">{share}</text>')
    return lines


def _labels(scores: Scores) -> list[tuple[str, Count]]:
    counts = sorted(scores.per_label.items(), key=lambda x: (-x[1].wanted - x[1].claimed, x[0]))
    return counts[:MOST_LABELS]


def _row(name: str, count: Count) -> tuple[str, ...]:
    shares = (f"{x:.2f}" for x in (count.precision, count.recall, count.f1))
    return (name, *shares, str(count.right), str(count.claimed), str(count.wanted))
