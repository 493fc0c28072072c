"""A record's text as SVG: marked names, and arcs over the lines; for places where no program runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from kg2instruct.records import Example
from kg2instruct.report.drawing import COLOURS, Drawing, drawing, look
from kg2instruct.report.lines import Placed, place, text_width
from kg2instruct.report.routes import GUTTER, End, Run, Wire, routes

WIDTH = 780
_SIZE, _TAG, _LABEL = 16, 10, 11
_LEVEL, _ROOM, _LINE = 16, 12, 30  # heights: of a level, below the lowest, of a line without arcs
_DASHES = ("", ' stroke-dasharray="5 3"', ' stroke-dasharray="1.5 2.5"')
_FONT = "system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"


def record_svg(example: Example, *, width: int = WIDTH) -> str:
    """The drawing of a record; text takes the colour of what is around it."""
    drawn = drawing(example)
    indent = GUTTER if drawn.arcs else 0.0
    placed = place(drawn, width=width - indent, size=_SIZE, tag_size=_TAG)
    runs = _runs(drawn, placed, indent, width)
    baselines = _baselines(placed, runs)
    height = baselines[-1] + 12 if baselines else 0
    body = "".join(
        [*_paths(runs, baselines, drawn), *_texts(placed, baselines, indent), *_labels(runs, baselines)]
    )
    title = escape(f"{example.id}: {example.text[:80]}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width}" '
        f'style="max-width:100%;height:auto" role="img" aria-label="{title}" font-family="{_FONT}" '
        f'font-size="{_SIZE}" fill="currentColor">{body}</svg>'
    )


def _runs(drawn: Drawing, placed: list[Placed], indent: float, width: int) -> list[Run]:
    ends = {p.piece.mark: End(p.line, indent + p.left + _words_width(p) / 2) for p in placed}
    wires = [
        Wire(arc.head, arc.tail, arc.triple.relation, text_width(arc.triple.relation, _LABEL) + 8)
        for arc in drawn.arcs
        if arc.head is not None and arc.tail is not None and arc.head != arc.tail
    ]
    return routes(wires, [ends[number] for number in range(len(drawn.marks))], width)


def _words_width(placed: Placed) -> float:
    return text_width(placed.piece.text, _SIZE) + 4


def _baselines(placed: list[Placed], runs: list[Run]) -> list[float]:
    """Where each line's letters stand, with room above for its arcs."""
    levels = dict.fromkeys(range(placed[-1].line + 1 if placed else 0), 0)
    for run in runs:
        levels[run.line] = max(levels[run.line], run.level + 1)
    baselines, y = [], 0.0
    for count in levels.values():
        y += _LINE + (count * _LEVEL + _ROOM - 6 if count else 0)
        baselines.append(y)
    return baselines


def _y(run: Run, baselines: list[float]) -> float:
    return baselines[run.line] - 18 - _ROOM - run.level * _LEVEL


def _paths(runs: list[Run], baselines: list[float], drawn: Drawing) -> Iterator[str]:
    for run in runs:
        colour = COLOURS[look(drawn.marks[run.head].type)[0]]
        y, foot = _y(run, baselines), baselines[run.line] - 18
        paths, heads = [], []
        if run.rise is not None and run.column is not None:
            others = [_y(r, baselines) for r in runs if r.head == run.head and r.column is not None]
            paths.append(f"M{run.rise:g} {foot:g}V{y + 6:g}q0-6-6-6H{run.column:g}")
            paths.append(f"M{run.column:g} {min(others):g}V{max(others):g}")
        for drop in run.drops:
            if run.rise is not None:
                side = 1 if drop.x >= run.rise else -1
                bend = min(6.0, abs(drop.x - run.rise) / 2) * side
                start = (
                    f"M{run.rise:g} {foot:g}V{y + 6:g}q0-6 {bend:g}-6H{drop.x - bend:g}q{bend:g} 0 {bend:g} 6"
                )
            else:
                start = f"M{run.column:g} {y:g}H{drop.x - 6:g}q6 0 6 6"
            paths.append(f"{start}V{foot - 3:g}")
            heads.append(f"M{drop.x - 3:g} {foot - 6:g}h6l-3 6z")
        yield f'<path d="{"".join(paths)}" fill="none" stroke="{colour}" stroke-opacity=".8"/>'
        if heads:
            yield f'<path d="{"".join(heads)}" fill="{colour}"/>'


def _texts(placed: list[Placed], baselines: list[float], indent: float) -> Iterator[str]:
    """Words in their estimated widths, exactly, so that whatever font is there the marks stand where they should."""
    for p in placed:
        x, y = indent + p.left, baselines[p.line]
        if p.piece.mark is not None:
            hue, line = look(p.piece.tag) if p.piece.tag else (7, 0)
            wide = _words_width(p)
            box = f'x="{x:g}" y="{y - 16:g}" width="{wide:g}" height="21" rx="2"'
            yield f'<rect {box} fill="{COLOURS[hue]}" fill-opacity=".13"/>'
            yield f'<path d="M{x:g} {y + 5:g}h{wide:g}" stroke="{COLOURS[hue]}" stroke-width="2"{_DASHES[line]}/>'
            yield _text(x + 2, y, p.piece.text, text_width(p.piece.text, _SIZE))
            if p.piece.tag:
                tag = text_width(p.piece.tag, _TAG)
                yield _text(x + wide + 3, y, p.piece.tag, tag, f' font-size="{_TAG}" opacity=".65"')
        elif shown := p.piece.text.rstrip():
            yield _text(x, y, shown, text_width(shown, _SIZE))


def _labels(runs: Iterable[Run], baselines: list[float]) -> Iterator[str]:
    """Labels last, each with a gap in the lines behind it."""
    for run in runs:
        for drop in run.drops:
            y, wide = _y(run, baselines), text_width(drop.label, _LABEL)
            x = drop.middle - wide / 2
            yield (
                f'<rect x="{x - 3:g}" y="{y - 7:g}" width="{wide + 6:g}" height="14" '
                f'style="fill:var(--jp-layout-color0,Canvas)"/>'
            )
            yield _text(x, y + 4, drop.label, wide, f' font-size="{_LABEL}"')


def _text(x: float, y: float, text: str, wide: float, more: str = "") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" textLength="{wide:.4g}" lengthAdjust="spacingAndGlyphs"{more}>'
        f"{escape(text)}</text>"
    )
