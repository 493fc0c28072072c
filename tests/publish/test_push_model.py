"""Adapters and models on the Hub: a card that says how they were made, weights, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import InputError

pytest.importorskip("torch")

from trainer.training.publish import adapter_card, push_adapter, push_model


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """What a LoRA run leaves."""
    folder = tmp_path / "run" / "adapter"
    folder.mkdir(parents=True)
    config = {
        "base_model_name_or_path": "Qwen/Qwen2.5-7B", "r": 16, "lora_alpha": 32, "use_dora": True,
        "target_modules": ["v_proj", "q_proj"],
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    (folder / "training_args.bin").write_bytes(b"pickled")
    (tmp_path / "run" / "summary.json").write_text('{"steps": 12, "loss": 0.51234}', encoding="utf-8")
    (tmp_path / "run" / "settings.yaml").write_text("base: Qwen/Qwen2.5-7B\n", encoding="utf-8")
    return folder


def test_an_adapter_goes_to_a_model_repository_with_its_card(hub: Any, adapter: Path) -> None:
    url = push_adapter(adapter, "mine")
    assert url == f"{hub.url}/ada/mine"
    files = hub.files("ada/mine")
    assert sorted(files) == ["README.md", "adapter_config.json", "adapter_model.safetensors"]
    assert hub.repos["ada/mine"].private
    assert hub.asked("POST", "/api/models/ada/mine/commit") == 1
    card = files["README.md"].decode()
    assert "base_model: Qwen/Qwen2.5-7B" in card
    assert "library_name: peft" in card
    assert "| DoRA | yes |" in card
    assert "| loss | 0.5123 |" in card
    assert "```yaml\nbase: Qwen/Qwen2.5-7B\n```" in card


def test_pushed_again_nothing_is_sent(hub: Any, adapter: Path) -> None:
    push_adapter(adapter, "mine")
    push_adapter(adapter, "mine")
    assert hub.asked("POST", "/api/models/ada/mine/commit") == 1


def test_a_base_that_is_a_folder_is_not_named_to_the_hub(adapter: Path) -> None:
    config = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
    config["base_model_name_or_path"] = "/models/own"
    (adapter / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert "base_model:" not in adapter_card(adapter, "me/mine")


def test_what_is_neither_is_refused(hub: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no adapter"):
        push_adapter(tmp_path, "mine")
    with pytest.raises(InputError, match="no model"):
        push_model(tmp_path, "mine")
    assert hub.requests == []
