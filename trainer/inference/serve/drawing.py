"""A graph as an inline SVG, a text with its marks, and a table, as HTML; everything said by a model is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from trainer.inference.serve.found import Edge, Found, Mark
from trainer.inference.serve.layout import place

_FONT, _HEIGHT, _PADDING = 14, 30, 12
_MOST_NODES = 60
_SMALLEST = 0.65  # a graph is not shown smaller than this, but scrolled
# Hues that stay apart from each other, for labels in the order in which they come.
_HUES = (212, 145, 28, 330, 265, 178, 48, 0, 95, 300)


def width_of(text: str) -> float:
    """About how wide a text is, in pixels."""
    return sum(_FONT if char > "\u2e7f" else _FONT * 0.58 for char in text)


def shortened(text: str, most: int = 24) -> str:
    """A name as a node has room for it."""
    return text if len(text) <= most else text[: most - 1] + "…"


class Hues:
    """A colour for each label, the first ones as far apart as can be."""

    def __init__(self, labels: Sequence[str]) -> None:
        known = [label for label in dict.fromkeys(labels) if label]
        self._hues = {label: _HUES[i % len(_HUES)] for i, label in enumerate(known)}

    def style(self, label: str) -> str:
        """The style that sets it."""
        return f"--hue:{self._hues[label]}" if label in self._hues else "--hue:212"

    def legend(self) -> str:
        """All labels in their colours."""
        return "".join(
            f'<span class="kg-label" style="{self.style(label)}">{escape(label)}</span>'
            for label in self._hues
        )


def graph(found: Found, hues: Hues) -> str:
    """The graph of an answer; empty where there are no edges."""
    if not found.edges:
        return ""
    types = dict(found.nodes)
    names = list(dict.fromkeys(name for edge in found.edges for name in (edge.head, edge.tail)))[:_MOST_NODES]
    index = {name: i for i, name in enumerate(names)}
    edges = _joined([edge for edge in found.edges if edge.head in index and edge.tail in index])
    sizes = [(width_of(shortened(name)) + 2 * _PADDING, float(_HEIGHT)) for name in names]
    points = place(sizes, [(index[edge.head], index[edge.tail]) for edge in edges])
    margin = 24
    boxes = [(x + margin, y + margin, w) for (x, y), (w, _) in zip(points.tolist(), sizes, strict=True)]
    width = max(x + w / 2 for x, _, w in boxes) + margin
    height = max(y for _, y, _ in boxes) + _HEIGHT / 2 + margin
    ways = {(edge.head, edge.tail) for edge in edges}
    lines = "".join(
        _edge(edge, boxes[index[edge.head]], boxes[index[edge.tail]], (edge.tail, edge.head) in ways)
        for edge in edges
    )
    nodes = "".join(
        _node(name, types.get(name, ""), box, hues) for name, box in zip(names, boxes, strict=True)
    )
    return (
        f'<svg class="kg-graph" viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px;'
        f'min-width:{width * _SMALLEST:.0f}px" '
        'role="img" xmlns="http://www.w3.org/2000/svg"><defs><marker id="kg-arrow" viewBox="0 0 8 8" refX="7" '
        'refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
        f"{lines}{nodes}</svg>"
    )


def _joined(edges: Sequence[Edge]) -> list[Edge]:
    """Edges between the same two nodes as one, with all their labels."""
    labels: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        labels.setdefault((edge.head, edge.tail), []).append(edge.label)
    return [Edge(head, " / ".join(found), tail) for (head, tail), found in labels.items()]


Box = tuple[float, float, float]


def _edge(edge: Edge, head: Box, tail: Box, both_ways: bool) -> str:
    label = escape(shortened(edge.label, 30))
    if head == tail:
        x, y, w = head
        path = f"M{x - w / 4:.1f} {y - _HEIGHT / 2:.1f}c-18 -44 {w / 2 + 36:.1f} -44 {w / 2:.1f} 0"
        return _line(path, x, y - _HEIGHT / 2 - 24, label)
    start, end = _border(head, tail, 0), _border(tail, head, 3)
    # Bowed a little, so that an edge and the one back do not lie upon each other.
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    bow = 34.0 if both_ways else min(14.0, length / 10)
    middle = ((start[0] + end[0]) / 2 - dy / length * bow, (start[1] + end[1]) / 2 + dx / length * bow)
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    x, y = ((start[i] + 2 * middle[i] + end[i]) / 4 for i in range(2))
    return _line(path, x, y, label)


def _line(path: str, x: float, y: float, label: str) -> str:
    return (
        f'<path class="kg-edge" d="{path}" marker-end="url(#kg-arrow)"/>'
        f'<text class="kg-edge-label" x="{x:.1f}" y="{y + 4:.1f}">{label}</text>'
    )


def _border(box: Box, towards: Box, gap: float) -> tuple[float, float]:
    """Where the line to another box leaves this one."""
    x, y, w = box
    dx, dy = towards[0] - x, towards[1] - y
    across = (w / 2 + gap) / abs(dx) if dx else math.inf
    down = (_HEIGHT / 2 + gap) / abs(dy) if dy else math.inf
    share = min(across, down, 1.0)
    return x + dx * share, y + dy * share


def _node(name: str, label: str, box: Box, hues: Hues) -> str:
    x, y, w = box
    title = f"{name} · {label}" if label else name
    return (
        f'<g class="kg-node" style="{hues.style(label)}"><title>{escape(title)}</title>'
        f'<rect x="{x - w / 2:.1f}" y="{y - _HEIGHT / 2}" width="{w:.1f}" height="{_HEIGHT}" rx="15"/>'
        f'<text x="{x:.1f}" y="{y + 5:.1f}">{escape(shortened(name))}</text></g>'
    )


def highlighted(text: str, marks: Sequence[Mark], hues: Hues) -> str:
    """The text with its marks."""
    pieces, position = [], 0
    for start, end, label in marks:
        tip = f' title="{escape(label)}"' if label else ""
        pieces.append(
            f"{escape(text[position:start])}"
            f'<mark class="kg-mark" style="{hues.style(label)}"{tip}>{escape(text[start:end])}</mark>'
        )
        position = end
    return f'<div class="kg-text">{"".join(pieces)}{escape(text[position:])}</div>'


def table(found: Found) -> str:
    """The rows of an answer; names that do not stand in the text are struck."""
    missing = set(found.missing)
    head = "".join(f"<th>{escape(name)}</th>" for name in found.header)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_struck(cell, missing)}>{escape(cell)}</td>" for cell in row)
        + "<td></td>" * (len(found.header) - len(row))
        + "</tr>"
        for row in found.rows
    )
    return f'<table class="kg-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _struck(cell: str, missing: set[str]) -> str:
    return ' class="kg-missing"' if cell in missing else ""
