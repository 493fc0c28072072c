"""`stats` counts what rows look like, and draws it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kg2instruct.errors import InputError, MissingExtra
from kg2instruct.mix.plots import bar, draw, text_histogram
from kg2instruct.mix.profile import profile
from kg2instruct.pipeline.parquet import pack, write_rows
from kg2instruct.records import InstructionRow


def row(number: int, text: str, output: str, task: str = "ner") -> InstructionRow:
    return InstructionRow(
        f"e{number}-{task}-0",
        task,
        "zh",
        "s",
        None,
        "抽取",
        text,
        output,
        '["地点","人物"]',
        "ner/zh/closed/1",
        "json",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    part = tmp_path / "part.parquet"
    rows = [
        ("train", row(0, "柏林 is big", '{"地点": ["柏林"], "人物": []}')),
        ("train", row(0, "柏林 is big", '{"地点": ["柏林"], "人物": []}')),
        ("test", row(1, "柏林 is BIG!", '{"地点": [], "人物": []}')),
        ("test", InstructionRow("x", "cot", "en", "t", "Topic", "Why?", "", "Because.", "", "", "")),
    ]
    write_rows(part, rows)
    pack([part], tmp_path / "data")
    return tmp_path


def test_everything_is_counted(folder: Path) -> None:
    found = profile(folder)
    assert dict(found.rows) == {"train": 2, "validation": 0, "test": 2}
    assert dict(found.labels) == {"地点": 2}
    assert dict(found.topics) == {"none": 3, "Topic": 1}
    assert dict(found.empty) == {"answers that name nothing": 1, "rows without input": 1}
    assert dict(found.repeated) == {"rows said before": 1, "texts in more than one split": 1}
    assert found.lengths["input", "characters"].tolist() == [9, 9, 10, 0]
    assert found.lengths["input", "tokens"].tolist() == [4, 4, 4, 0]
    assert found.quantiles("input", "tokens")["max"] == 4


def test_plain_data_has_the_largest_counts_first(folder: Path) -> None:
    told = profile(folder).to_json()
    assert list(told["tasks"].items()) == [("ner", 3), ("cot", 1)]
    assert told["lengths"]["output"]["characters"]["min"] == 8


def test_histograms_have_ranges_that_double() -> None:
    lines = list(text_histogram(np.array([0, 1, 2, 3, 9, 9], np.int32)))
    assert [(name, count) for name, count, _ in lines] == [
        ("0", 1),
        ("1", 1),
        ("2–3", 2),
        ("4–7", 0),
        ("8–15", 2),
    ]
    assert lines[-1][2] == "█" * 40
    assert list(text_histogram(np.zeros(0, np.int32))) == []


def test_bars_are_drawn_in_eighths() -> None:
    assert [bar(n, 320) for n in (0, 1, 4, 8, 12, 320)] == ["", "▏", "▌", "█", "█▌", "█" * 40]


def test_png_needs_matplotlib_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"kg2instruct\[plots\]"):
        draw(profile(folder), folder / "plots")


def test_png_are_written_where_matplotlib_is(folder: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawing needs matplotlib")
    made = draw(profile(folder), folder / "plots")
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in made)


def test_a_folder_without_rows_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no rows \(data/\*\.parquet\)"):
        profile(tmp_path / "none")
