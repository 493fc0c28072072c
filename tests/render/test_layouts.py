"""Rows in the layouts of trainers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render import LabelSchema, RenderOptions, render_examples
from kg2instruct.render.layouts import LAYOUTS, prompt_of, write_layout


@pytest.fixture(scope="module")
def rows(records: list[Example], schemas: dict[tuple[str, str], LabelSchema]) -> list[InstructionRow]:
    options = RenderOptions(tasks=("ner", "ee"), templates_per_record=2)
    return list(render_examples(records, lambda x: schemas[x.lang, x.source], options))


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_every_layout_loads_as_a_data_set(layout: str, rows: list[InstructionRow], tmp_path: Path) -> None:
    import datasets

    path = tmp_path / "train.jsonl"
    assert write_layout(rows, layout, path) == len(rows)
    loaded = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded.num_rows == len(rows)
    assert loaded[0] == LAYOUTS[layout](rows[0])


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_the_catalogue_names_columns_that_the_file_has(
    layout: str, rows: list[InstructionRow], tmp_path: Path
) -> None:
    write_layout(rows, layout, tmp_path / "train.jsonl")
    entry = json.loads((tmp_path / "dataset_info.json").read_text(encoding="utf-8"))["train"]
    assert entry["file_name"] == "train.jsonl"
    row = LAYOUTS[layout](rows[0])
    assert set(entry["columns"].values()) <= set(row)
    if entry.get("formatting") == "sharegpt":
        turns = row[entry["columns"]["messages"]]
        tags = entry.get("tags", {"role_tag": "from", "content_tag": "value"})
        assert {tags["role_tag"], tags["content_tag"]} == set(turns[0])


def test_the_catalogue_keeps_what_it_had(rows: list[InstructionRow], tmp_path: Path) -> None:
    write_layout(rows, "alpaca", tmp_path / "one.jsonl")
    write_layout(rows, "messages", tmp_path / "two.jsonl")
    assert list(json.loads((tmp_path / "dataset_info.json").read_bytes())) == ["one", "two"]
    (tmp_path / "dataset_info.json").write_text("[]")
    with pytest.raises(InputError, match=r"dataset_info\.json: not a JSON object"):
        write_layout(rows, "alpaca", tmp_path / "one.jsonl")


def test_prompts_hold_instruction_and_text(rows: list[InstructionRow]) -> None:
    for row in rows:
        prompt = prompt_of(row)
        assert prompt.startswith(row.instruction) and prompt.endswith(row.input)
        assert LAYOUTS["messages"](row)["messages"][0] == {"role": "user", "content": prompt}


def test_iepiles_layout_has_instruction_schema_and_input_as_json(rows: list[InstructionRow]) -> None:
    for row in rows:
        form = LAYOUTS["iepile"](row)
        inner = json.loads(form["instruction"])
        assert inner == {"instruction": row.instruction, "schema": json.loads(row.schema), "input": row.input}
        assert form["task"] == row.task.upper()


def test_rows_of_other_tasks_have_a_place_in_every_layout() -> None:
    row = InstructionRow("cot-1", "cot", "zh", "cot", None, "一加一？", "请逐步想。", "二", "[]", "", "")
    for layout in LAYOUTS.values():
        assert "二" in str(layout(row)) and "一加一？" in str(layout(row))
    assert LAYOUTS["iepile"](row)["instruction"] == "一加一？\n\n请逐步想。"


def test_an_unknown_layout_is_told_with_a_near_name(rows: list[InstructionRow], tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'alpaca'"):
        write_layout(rows, "alpacca", tmp_path / "x.jsonl")
