"""Bar charts with Chinese labels, for notebooks and PNG files: matplotlib, extra `plots`.

plt = pyplot()
figure, axis = plt.subplots()
bars(axis, summary.stats["topics"], title="topics")
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from kg2instruct.errors import MissingExtra

# Fonts with Chinese characters, as systems have them; without any of them labels become numbers.
_CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
)
_LATIN = 0x250


def pyplot() -> Any:
    """`matplotlib.pyplot`, set to a font with Chinese characters where the system has one. Raises MissingExtra."""
    try:
        from matplotlib import font_manager, pyplot  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtra("matplotlib", "plots") from error
    found = _chinese(font_manager.fontManager)
    if not found:
        _add_new_fonts(font_manager)
        found = _chinese(font_manager.fontManager)
    pyplot.rcParams["font.family"] = [*found, "DejaVu Sans"]
    return pyplot


def _chinese(fonts: Any) -> list[str]:
    there = {font.name for font in fonts.ttflist}
    return [name for name in _CHINESE if name in there]


def _add_new_fonts(font_manager: Any) -> None:
    """Add fonts that were installed since matplotlib listed the system's, which it does only once."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with suppress(OSError, RuntimeError):  # not every font can be read
                font_manager.fontManager.addfont(path)


def drawable(labels: list[str]) -> list[str]:
    """The labels as the font that `pyplot` has set can draw them: else by their place in the table."""
    from matplotlib import pyplot  # type: ignore[import-not-found, unused-ignore]

    if set(pyplot.rcParams["font.family"]) & set(_CHINESE):
        return labels
    return [
        label if all(ord(char) < _LATIN for char in label) else f"no. {number}"
        for number, label in enumerate(labels, 1)
    ]


def bars(
    axis: Any, counts: Mapping[str, float], *, title: str = "", xlabel: str = "", most: int = 20, **style: Any
) -> Any:
    """Draw the first `most` counts as bars from top to bottom, with their values; return the axis."""
    shown = dict(list(counts.items())[:most])
    drawn = axis.barh(drawable(list(shown)), list(shown.values()), **style)
    axis.bar_label(drawn, [_short(value) for value in shown.values()], padding=3, fontsize=8)
    axis.xaxis.get_major_locator().set_params(integer=all(isinstance(x, int) for x in shown.values()))
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set(title=title, xlabel=xlabel)
    return axis


def _short(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
