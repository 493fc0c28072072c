"""The preset that trains a model from nothing: every step from records to scores, with few steps of training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kg2instruct.errors import Kg2InstructError

pytest.importorskip("trl")
pytest.importorskip("peft")

from trainer.training.options import Pretraining, Tuning
from trainer.training.settings import read_settings, read_whole
from trainer.training.whole import check_whole, run_whole


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from kg2instruct.config import BuildConfig, SplitOptions
    from kg2instruct.pipeline.build import build

    out = tmp_path_factory.mktemp("data") / "sample"
    build(BuildConfig(lang=("zh",), limit=60, split=SplitOptions(validation=0.1, test=0.2)), out)
    return out


def test_a_folder_becomes_a_scored_model(tmp_path: Path, data: Path, in_this_process: None) -> None:  # noqa: ARG001
    whole = read_whole("tiny")
    assert whole is not None
    whole = replace(whole, copies=1, vocabulary=600)
    small = ["run.steps=3", "run.save_steps=3", "run.log_steps=1", "run.evaluate_steps=0", "batch.length=256"]
    pretraining = read_settings(
        Pretraining, preset="tiny", settings=[*small, "batch.micro=2", "batch.rows=2", "shape.hidden=32"]
    )
    tuning = read_settings(Tuning, preset="tiny", settings=[*small, "batch.micro=4", "batch.rows=4"])
    told: list[str] = []
    scores = run_whole(whole, pretraining, tuning, data, tmp_path, fresh=False, told=told.append)
    assert set(scores) == {"untrained", "pretrained", "tuned"}
    assert all(0 <= score <= 100 for score in scores.values())
    train = [json.loads(line) for line in (tmp_path / "rows" / "train.jsonl").read_text("utf-8").splitlines()]
    test = [json.loads(line) for line in (tmp_path / "rows" / "test.jsonl").read_text("utf-8").splitlines()]
    pages = [{row["id"].split("-")[1] for row in rows} for rows in (train, test)]
    assert pages[0]
    assert pages[1]
    assert not pages[0] & pages[1], "a page of the test was trained on"
    assert all(row["input"] and row["task"] == "ner" for row in test)
    assert (tmp_path / "model" / "model.safetensors").exists()
    count = len(told)
    assert run_whole(whole, pretraining, tuning, data, tmp_path, fresh=False, told=told.append) == scores
    assert len(told) == count


def test_it_needs_one_dataset_folder(tmp_path: Path) -> None:
    for data in ((), (str(tmp_path), str(tmp_path)), (str(tmp_path / "rows.jsonl"),)):
        with pytest.raises(Kg2InstructError, match="needs one dataset folder of `build`"):
            check_whole(data)


def test_a_folder_without_records_is_told(tmp_path: Path) -> None:
    whole = read_whole("tiny")
    assert whole is not None
    read = read_settings(Pretraining, preset="tiny"), read_settings(Tuning, preset="tiny")
    with pytest.raises(Kg2InstructError, match="no records aligned/zh"):
        run_whole(whole, *read, tmp_path, tmp_path / "out", fresh=False, told=print)
