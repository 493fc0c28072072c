"""What a run leaves: the model or adapter, and `summary.json`, written last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.jsonl import atomic_writer
from trainer.prompts import stop_ids
from trainer.training.bases import IDENTITY
from trainer.training.folder import ADAPTER_CONFIG, SUMMARY
from trainer.training.place import Place, wait_for_all


def save_adapter(trainer: Any, tokenizer: Any, folder: Path, base: dict[str, Any], place: Place) -> None:
    """Write an adapter with its tokenizer and what its base is; called by all processes."""
    trainer.save_model(str(folder))
    if place.first:
        config = folder / ADAPTER_CONFIG
        found = json.loads(config.read_text("utf-8"))
        found["base_model_name_or_path"] = base["name"]  # not where it lay on this machine
        (folder / "README.md").unlink(missing_ok=True)  # a form to fill in
        (folder / "training_args.bin").unlink(missing_ok=True)
        _write(config, found)
        tokenizer.save_pretrained(str(folder))
        _write(folder / IDENTITY, base)
    wait_for_all()


def save_model(trainer: Any, tokenizer: Any, folder: Path, place: Place) -> None:
    """Write a whole model with its tokenizer; called by all processes."""
    trainer.model.generation_config.eos_token_id = stop_ids(tokenizer)
    trainer.model.generation_config.pad_token_id = tokenizer.pad_token_id
    trainer.save_model(str(folder))
    if place.first:
        (folder / "training_args.bin").unlink(missing_ok=True)
        tokenizer.save_pretrained(str(folder))
    wait_for_all()


def write_summary(out: Path, state: Any, found: dict[str, Any]) -> None:
    """Say that a run is finished, with its last figures."""
    losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
    summary = {
        "steps": state.global_step,
        "epochs": state.epoch,
        "loss": losses[-1] if losses else None,
        **found,
    }
    _write(out / SUMMARY, summary)


def read_summary(out: Path) -> dict[str, Any] | None:
    """The figures of a finished run; None where it is not finished."""
    path = out / SUMMARY
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any]) if path.is_file() else None


def _write(path: Path, content: Any) -> None:
    with atomic_writer(path) as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n")
