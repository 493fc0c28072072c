"""DeepSpeed's configurations: those that come along, and what is wrong with one of the user's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg2instruct.errors import ConfigError, InputError, UnknownName
from trainer.training.zero import names, read_zero, stage


@pytest.mark.parametrize("name", names())
def test_those_that_come_along_are_what_their_names_say(name: str) -> None:
    config = read_zero(name)
    assert stage(config) == int(name[4])
    assert ("offload_optimizer" in config["zero_optimization"]) == name.endswith("-offload")
    if stage(config) == 3:
        assert config["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"] is True


def test_processors_do_without_what_needs_a_card() -> None:
    zero = read_zero("zero3-offload", on_cpu=True)["zero_optimization"]
    assert zero["overlap_comm"] is False
    assert zero["offload_param"] == {"device": "cpu"}


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UnknownName, match="did you mean 'zero2'"):
        read_zero("zero-2")


def test_a_file_that_would_lose_the_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(
        json.dumps(
            {
                "zero_optimization": {"stage": 3},
                "train_batch_size": 64,
                "optimizer": {"type": "Adam"},
            }
        ),
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as told:
        read_zero(str(file))
    for said in ("no model is written", "train_batch_size must be", "optimizer: leave it out"):
        assert said in str(told.value)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_what_is_not_a_json_object_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.json: (not JSON|expected a JSON object)"):
        read_zero(str(file))
