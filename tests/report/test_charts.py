"""Charts have Chinese labels where a font can draw them, numbers where none can, and say what is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from kg2instruct.errors import MissingExtra
from kg2instruct.report import charts


@pytest.fixture
def plt() -> Iterator[Any]:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    with matplotlib.rc_context():
        yield charts.pyplot()
        matplotlib.pyplot.close("all")


def test_bars_stand_in_order_with_their_values(plt: Any) -> None:
    _, axis = plt.subplots()
    charts.bars(axis, {"b": 1200, "a": 3, "c": 1}, title="counts", most=2)
    assert [label.get_text() for label in axis.get_yticklabels()] == ["b", "a"]
    assert [text.get_text() for text in axis.texts] == ["1,200", "3"]
    assert axis.yaxis_inverted()


def test_labels_that_no_font_can_draw_become_their_place_in_the_table(plt: Any) -> None:
    plt.rcParams["font.family"] = ["DejaVu Sans"]
    assert charts.drawable(["country", "出生地", "国籍"]) == ["country", "no. 2", "no. 3"]


def test_a_chinese_label_is_drawn_without_a_warning_where_a_font_has_it(plt: Any) -> None:
    if plt.rcParams["font.family"] == ["DejaVu Sans"]:
        pytest.skip("no font with Chinese characters is installed")
    figure, axis = plt.subplots()
    charts.bars(axis, {"出生地": 1.5})
    figure.canvas.draw()  # a missing character is a warning, and warnings are errors here
    assert [text.get_text() for text in axis.texts] == ["1.5"]


def test_a_font_that_was_installed_after_matplotlib_listed_them_is_found(
    plt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import font_manager

    if plt.rcParams["font.family"] == ["DejaVu Sans"]:
        pytest.skip("no font with Chinese characters is installed")
    listed = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", listed)
    assert charts.pyplot().rcParams["font.family"] != ["DejaVu Sans"]


def test_a_missing_matplotlib_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"kg2instruct\[plots\]"):
        charts.pyplot()
