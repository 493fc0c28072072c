"""Histograms of a dataset: as text, or as PNG with matplotlib (extra `plots`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg2instruct.errors import MissingExtra
from kg2instruct.mix.profile import FIELDS, UNITS, Profile, ordered
from kg2instruct.report.charts import bars, pyplot

_WIDTH = 40
_BARS = 20


def text_histogram(lengths: NDArray[np.int32]) -> Iterator[tuple[str, int, str]]:
    """Range, count and bar for lengths, in ranges that double: `64–127`, 310, `████▌`."""
    exponents = np.floor(np.log2(np.maximum(lengths, 1))).astype(int) + (lengths > 0)
    counts = np.bincount(exponents)
    filled = np.flatnonzero(counts)
    for exponent in range(int(filled[0]), int(filled[-1]) + 1) if len(filled) else ():
        name = "0" if exponent == 0 else f"{2 ** (exponent - 1)}–{2**exponent - 1}"
        yield (
            name if exponent != 1 else "1",
            int(counts[exponent]),
            bar(int(counts[exponent]), int(counts.max())),
        )


def bar(count: int, most: int) -> str:
    """A bar in eighths of a character."""
    eighths = round(count / most * _WIDTH * 8) if most else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def draw(found: Profile, folder: Path) -> list[Path]:
    """Write PNGs of lengths, labels, topics, tasks, empties and repetitions. Raises MissingExtra."""
    try:
        import matplotlib  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtra("matplotlib", "plots") from error
    matplotlib.use("Agg")
    plt = pyplot()
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for unit in UNITS:
        figure, axes = plt.subplots(1, len(FIELDS), figsize=(12, 3.5), layout="constrained")
        for axis, name in zip(axes, FIELDS, strict=True):
            lengths = found.lengths[name, unit]
            edges = np.unique(np.geomspace(1, max(int(lengths.max(initial=2)), 2), 40).round())
            axis.hist(np.maximum(lengths, 1), bins=edges)
            axis.set(xscale="log", title=name, xlabel=unit, ylabel="rows")
        made.append(_save(figure, folder / f"lengths-{unit}.png"))
    for name in ("labels", "topics", "tasks", "sources", "empty", "repeated"):
        counts = ordered(getattr(found, name))
        rows = min(len(counts), _BARS)
        figure, axis = plt.subplots(figsize=(8, 1 + 0.3 * rows), layout="constrained")
        bars(axis, counts, title=name, xlabel="rows", most=_BARS)
        made.append(_save(figure, folder / f"{name}.png"))
    plt.close("all")
    return made


def _save(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=120)
    return path
