"""Rows as tokens with labels: only answers are learned, always to their end, and nothing is lost untold."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from kg2instruct.errors import InputError

pytest.importorskip("transformers")

from trainer.training.bases import load_tokenizer
from trainer.training.options import Tuning
from trainer.training.settings import read_settings
from trainer.training.tokenized import tokenize

Rows = list[dict[str, Any]]
Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> Any:
    return load_tokenizer(str(base))


def written(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in rows), encoding="utf-8")
    return path


def settings(data: Path, *more: str) -> Tuning:
    return read_settings(Tuning, settings=["base=b", *more], flags={"data": [str(data)]})


def tokens(out: Path, split: str = "train") -> Rows:
    found: Rows = parquet.read_table(out / "tokens" / f"{split}.parquet").to_pylist()
    return found


def test_only_the_answer_and_its_end_mark_have_labels(
    tmp_path: Path, rows_file: Path, tokenizer: Any
) -> None:
    reports = tokenize(settings(rows_file), tokenizer, tmp_path)
    assert (reports["train"].rows, reports["train"].left_out) == (32, {})
    for i, found in enumerate(tokens(tmp_path)):
        learned = [x for x in found["labels"] if x != -100]
        assert tokenizer.decode(learned).endswith("<|im_end|>"), i
        assert found["input_ids"][-len(learned) :] == learned
        assert found["labels"][: -len(learned)] == [-100] * (len(found["labels"]) - len(learned))
    first = [x for x in tokens(tmp_path)[0]["labels"] if x != -100]
    assert tokenizer.decode(first) == "柏林，德国<|im_end|>"


def test_rows_that_cannot_be_learned_from_are_counted_by_reason(
    tmp_path: Path, made_row: Make, tokenizer: Any
) -> None:
    rows = [made_row(i) for i in range(20)]
    rows += [made_row(90, output=" "), made_row(91, instruction="", input="")]
    rows += [made_row(92, input="长" * 300), made_row(93, output="长" * 60)]
    path = written(tmp_path / "rows.jsonl", rows)
    reports = tokenize(settings(path, "batch.length=100", "most_left_out=0.2"), tokenizer, tmp_path)
    assert reports["train"].rows == 20
    assert reports["train"].left_out == {
        "without an answer": 1,
        "without an instruction": 1,
        "prompt too long, no label would be left": 1,
        "too long, the answer would be cut": 1,
    }


def test_too_many_of_them_end_the_run_before_it_starts(
    tmp_path: Path, made_row: Make, tokenizer: Any
) -> None:
    path = written(tmp_path / "rows.jsonl", [made_row(i, input="长" * (30 * i)) for i in range(10)])
    with pytest.raises(
        InputError, match=r"of 10 rows cannot be learned from \(.*no label would be left"
    ) as told:
        tokenize(settings(path, "batch.length=128"), tokenizer, tmp_path)
    longest = int(str(told.value).rpartition("batch.length=")[2].split()[0])
    reports = tokenize(settings(path, f"batch.length={longest}"), tokenizer, tmp_path)
    assert reports["train"].rows == 10


def test_a_dataset_without_answers_is_refused(tmp_path: Path, made_row: Make, tokenizer: Any) -> None:
    path = written(tmp_path / "rows.jsonl", [made_row(i, output="") for i in range(3)])
    with pytest.raises(InputError, match=r"3 of 3 rows cannot be learned from \(3 without an answer\)"):
        tokenize(settings(path), tokenizer, tmp_path)


def test_a_filter_that_leaves_nothing_is_told(tmp_path: Path, rows_file: Path, tokenizer: Any) -> None:
    with pytest.raises(InputError, match="no rows for training with tasks: re; formats: json"):
        tokenize(settings(rows_file, "tasks=[re]", "formats=[json]"), tokenizer, tmp_path)


def test_a_dataset_folder_gives_its_splits(tmp_path: Path, made_row: Make, tokenizer: Any) -> None:
    (tmp_path / "set" / "data").mkdir(parents=True)
    for split, count in (("train", 5), ("validation", 2), ("test", 3)):
        table = pa.Table.from_pylist([made_row(i) for i in range(count)])
        parquet.write_table(table, tmp_path / "set" / "data" / f"{split}-00000-of-00001.parquet")
    reports = tokenize(settings(tmp_path / "set"), tokenizer, tmp_path / "out")
    assert {name: report.rows for name, report in reports.items()} == {"train": 5, "validation": 2}
    assert len(tokens(tmp_path / "out", "validation")) == 2


def test_rows_need_no_more_than_three_texts(tmp_path: Path, tokenizer: Any) -> None:
    rows = [
        {"instruction": "问", "input": "", "output": "答"},
        {"instruction": "问", "input": None, "output": "答", "id": 7, "source": None, "schema": ["人物"]},
    ]
    path = written(tmp_path / "alpaca.jsonl", rows)
    assert tokenize(settings(path), tokenizer, tmp_path)["train"].rows == 2
    (tmp_path / "alpaca.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    assert tokenize(settings(tmp_path / "alpaca.json"), tokenizer, tmp_path / "list")["train"].rows == 2
    (tmp_path / "alpaca.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert tokenize(settings(tmp_path / "alpaca.jsonl.gz"), tokenizer, tmp_path / "gz")["train"].rows == 2


def test_tokens_are_made_once_and_again_when_something_changes(
    tmp_path: Path, made_row: Make, tokenizer: Any
) -> None:
    path = written(tmp_path / "rows.jsonl", [made_row(i) for i in range(4)])
    tokenize(settings(path), tokenizer, tmp_path)
    file = tmp_path / "tokens" / "train.parquet"
    before = file.stat().st_mtime_ns
    assert tokenize(settings(path), tokenizer, tmp_path)["train"].rows == 4
    assert file.stat().st_mtime_ns == before
    written(path, [made_row(i) for i in range(5)])
    assert tokenize(settings(path), tokenizer, tmp_path)["train"].rows == 5


@pytest.mark.parametrize("content", ["not json\n", '{"text": "no row"}\n'])
def test_a_line_that_is_no_row_is_told_with_its_place(tmp_path: Path, content: str, tokenizer: Any) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"rows\.jsonl:1: not .*`kg2instruct mix`"):
        tokenize(settings(path), tokenizer, tmp_path)
