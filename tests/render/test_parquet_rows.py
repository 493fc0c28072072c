"""Rows of Parquet files that other programs wrote."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import to_builtins

from kg2instruct.errors import InputError
from kg2instruct.evaluate import evaluate_file
from kg2instruct.records import InstructionRow
from kg2instruct.render.parquet_rows import row_batches

ROW = InstructionRow(
    "a-ner-0", "ner", "zh", "s", None, "找", "林岚", '{"人物": ["林岚"]}', '["人物"]', "t", "json"
)


def test_further_columns_and_another_order_do_no_harm(tmp_path: Path) -> None:
    """A table that pandas wrote has its index as a column."""
    columns = {"__index_level_0__": 7} | dict(reversed(to_builtins(ROW).items()))
    pq.write_table(pa.Table.from_pylist([columns]), tmp_path / "rows.parquet")
    assert list(row_batches(tmp_path / "rows.parquet")) == [[ROW]]
    assert evaluate_file(tmp_path / "rows.parquet").micro.f1 == 100.0


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"instruction": ["找"]}), tmp_path / "rows.parquet")
    with pytest.raises(InputError, match="not instruction rows; expected the columns id, task, lang"):
        next(row_batches(tmp_path / "rows.parquet"))


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"{}")
    with pytest.raises(InputError, match=r"rows\.parquet"):
        next(row_batches(tmp_path / "rows.parquet"))
