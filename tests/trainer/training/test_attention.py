"""Packed rows side by side or one behind the other: what is learned is the same."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("trl")

import torch

from trainer.training import attention
from trainer.training.launch import Machines
from trainer.training.options import Pretraining, Tuning
from trainer.training.settings import read_settings
from trainer.training.start import start

RUN = "run={precision: fp32, activation_checkpointing: false, steps: 2, log_steps: 1}"


def model_with(name: str) -> Any:
    return SimpleNamespace(config=SimpleNamespace(_attn_implementation=name))


@pytest.mark.parametrize("name", ["flash_attention_2", "kernels-community/vllm-flash-attn3"])
def test_rows_stand_in_one_row_where_flash_attention_would_else_not_part_their_texts(name: str) -> None:
    from transformers.modeling_flash_attention_utils import _is_packed_sequence

    positions = torch.tensor([[0, 1, 2, 0, 1], [0, 1, 2, 3, 0]])
    (found,) = attention.for_attention({"position_ids": positions}, model_with(name)).values()
    assert found.tolist() == [[0, 1, 2, 0, 1, 0, 1, 2, 3, 0]]
    assert _is_packed_sequence(found, len(found))
    assert not _is_packed_sequence(positions, len(positions))


def test_rows_stay_apart_for_attention_with_masks() -> None:
    batch = {"position_ids": torch.zeros(2, 5)}
    assert attention.for_attention(batch, model_with("sdpa")) is batch


def test_a_collated_row_has_positions_that_begin_anew_and_padding_that_teaches_nothing() -> None:
    rows = [
        {"input_ids": [5, 6, 7], "labels": [-100, 6, 7], "seq_lengths": [1, 2]},
        {"input_ids": [8], "labels": [-100]},
    ]
    found = attention.SideBySide(pad=0)(rows)
    assert found["input_ids"].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert found["labels"].tolist() == [[-100, 6, 7], [-100, -100, -100]]
    assert found["position_ids"].tolist() == [[0, 0, 1], [0, 0, 1]]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("kind", ["lora", "pretrain"])
def test_both_ways_have_the_same_losses(
    kind: str, tmp_path: Path, base: Path, corpus: Path, rows_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, shapes = [], set()
    kept = attention.for_attention

    def seen(batch: Any, model: Any) -> Any:
        made = kept(batch, model)
        shapes.add(tuple(made["input_ids"].shape))
        return made

    monkeypatch.setattr("trainer.training.pretrain.for_attention", seen)
    for way in (False, True):
        for module in ("attention", "lora"):
            monkeypatch.setattr(f"trainer.training.{module}.is_flash", lambda _, way=way: way)
        batch = "batch={micro: 2, rows: 4, length: 96}"
        settings: Any
        if kind == "lora":
            flags = {"base": str(base), "data": [str(rows_file)]}
            settings = read_settings(Tuning, settings=[batch, RUN, "lora.dropout=0"], flags=flags)
        else:
            flags = {"base": str(base), "corpus": str(corpus)}
            settings = read_settings(Pretraining, settings=[batch, RUN], flags=flags)
        out = tmp_path / str(way)
        start(settings, out, Machines(processes=1))
        lines = [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]
        found.append([value for line in lines for key, value in line.items() if "loss" in key])
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    assert shapes == ({(2, 96), (1, 192)} if kind == "pretrain" else set())
