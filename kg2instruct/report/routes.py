"""Where arcs run over lines of text, as `page/arcs.js` has them too.

Two ends in one line are joined by a bow. Otherwise the arc goes out to the gutter on the left, down or up there, and in
again; what leaves one mark shares its way to the gutter, and each label stands above its tail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

GUTTER = 26.0
_COLUMN, _COLUMNS, _GAP = 7.0, 3, 5.0


@dataclass(frozen=True, slots=True)
class End:
    """A mark as an end of arcs: its line and the middle of its words."""

    line: int
    x: float


@dataclass(frozen=True, slots=True)
class Wire:
    """An arc to be drawn: marks by number and the width of its label."""

    head: int
    tail: int
    label: str
    wide: float


@dataclass(frozen=True, slots=True)
class Drop:
    """Where a run comes down to a tail."""

    x: float
    middle: float
    label: str


@dataclass(slots=True)
class Run:
    """A horizontal stretch over a line, from `low` to `high`, in `level` above the text (0 is the nearest).

    It rises from the head at `rise`, or comes from the gutter's column; it comes down at its drops.
    """

    line: int
    head: int
    low: float
    high: float
    rise: float | None = None
    column: float | None = None
    drops: list[Drop] = field(default_factory=list)
    level: int = 0
    _taken: list[tuple[float, float]] = field(default_factory=list)

    def has_room(self, middle: float, wide: float) -> bool:
        """Whether a label fits beside those that the run has."""
        return all(abs(other - middle) > (width + wide) / 2 + _GAP for other, width in self._taken)

    def add(self, drop: Drop, wide: float) -> None:
        """Come down to one more tail."""
        self.drops.append(drop)
        self._taken.append((drop.middle, wide))
        self.low = min(self.low, drop.x, drop.middle - wide / 2)
        self.high = max(self.high, drop.x, drop.middle + wide / 2)


def routes(wires: Sequence[Wire], ends: Sequence[End], width: float) -> list[Run]:
    """The runs of all arcs, with their levels."""
    runs: list[Run] = []
    exits: dict[int, Run] = {}
    for wire in wires:
        head, tail = ends[wire.head], ends[wire.tail]
        if head.line == tail.line:
            run = Run(head.line, wire.head, head.x, head.x, rise=head.x)
            run.add(Drop(tail.x, _inside((head.x + tail.x) / 2, wire.wide, width), wire.label), wire.wide)
            runs.append(run)
            continue
        if wire.head not in exits:
            column = 2 + _COLUMN * (len(exits) % _COLUMNS)
            exits[wire.head] = Run(head.line, wire.head, 0, head.x, rise=head.x, column=column)
            runs.append(exits[wire.head])
        middle = _inside(tail.x, wire.wide, width)
        entries = (r for r in runs if r.line == tail.line and r.head == wire.head and r.rise is None)
        run = next((r for r in entries if r.has_room(middle, wire.wide)), None) or Run(
            tail.line, wire.head, 0, 0, column=exits[wire.head].column
        )
        if not run.drops:
            runs.append(run)
        run.add(Drop(tail.x, middle, wire.label), wire.wide)
    for line in {run.line for run in runs}:
        _stack(run for run in runs if run.line == line)
    return runs


def _inside(middle: float, wide: float, width: float) -> float:
    return max(GUTTER + wide / 2, min(width - wide / 2, middle))


def _stack(runs: Iterable[Run]) -> None:
    """Levels so that no run meets another; short ones are nearest to the text."""
    placed: list[Run] = []
    for run in sorted(runs, key=lambda run: run.high - run.low):
        while any(
            other.level == run.level and run.low < other.high + _GAP and other.low < run.high + _GAP
            for other in placed
        ):
            run.level += 1
        placed.append(run)
