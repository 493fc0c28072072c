"""Settings: what comes later wins, defaults of a section stay, and all mistakes are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.errors import ConfigError, UnknownName
from trainer.training.options import Batch, Pretraining, Tuning
from trainer.training.settings import KINDS, about, presets, read_settings, write_settings
from trainer.training.zero import names


def test_a_flag_wins_over_a_setting_and_that_over_a_file_and_that_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "lora.yaml"
    file.write_text("base: a/b\noptim: {learning_rate: 1e-5, clip: 0.5}\nlora: {r: 8}\n", encoding="utf-8")
    read = read_settings(Tuning, path=file, settings=["optim.clip=0.7", "lora.r=4"], flags={"lora.r": 2})
    assert (read.base, read.optim.learning_rate, read.optim.clip, read.lora.r) == ("a/b", 1e-5, 0.7, 2)


def test_a_copy_of_a_preset_is_a_file_of_settings(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("about: mine\nlora: {base: a/b, batch: {micro: 3}}\n", encoding="utf-8")
    read = read_settings(Tuning, path=file)
    assert (read.base, read.batch.micro) == ("a/b", 3)
    with pytest.raises(ConfigError, match=r"mine\.yaml has no pretrain; it is for lora"):
        read_settings(Pretraining, path=file)


def test_naming_one_key_of_a_section_leaves_the_other_defaults_of_that_kind() -> None:
    default = Tuning()
    read = read_settings(Tuning, settings=["optim.clip=2", "run.steps=5"])
    assert read.optim.weight_decay == default.optim.weight_decay == 0.0
    assert read.run.epochs == default.run.epochs == 3.0


def test_all_mistakes_are_told_at_once_each_with_its_line_and_a_hint(tmp_path: Path) -> None:
    file = tmp_path / "lora.yaml"
    file.write_text("optm: {}\noptim:\n  schedule: cosin\nlora: {r: many}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        read_settings(Tuning, path=file, settings=["run.epoch=2"])
    assert sorted(str(told.value).splitlines()) == [
        "--set run.epoch: unknown key 'epoch', did you mean 'epochs'?",
        f"{file}:1: unknown key 'optm', did you mean 'optim'?",
        f"{file}:3: unknown schedule 'cosin', did you mean 'cosine'?",
        f"{file}:4: r: expected int, found 'many'",
    ]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("optim.warmup=1.5", "warmup is a share"),
        ("lora.dropout=1", "dropout is a share below 1"),
        ("batch.micro=0", "micro is at least 1"),
        ("run.save_steps=0", "save_steps is at least 1"),
        ("most_left_out=2", "most_left_out is a share"),
        ("lora.targets=[]", "targets: name modules"),
    ],
)
def test_impossible_values_are_refused(setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_settings(Tuning, settings=[setting])


def test_pretraining_starts_from_a_base_or_from_a_shape_not_from_both() -> None:
    with pytest.raises(ConfigError, match="either base"):
        read_settings(Pretraining, settings=["base=a/b", "shape={hidden: 64}"])
    with pytest.raises(ConfigError, match="either base"):
        read_settings(Pretraining)


def test_written_settings_are_read_back(tmp_path: Path) -> None:
    read = read_settings(
        Tuning, settings=["base=a/b", "data=[x, y]", "lora.targets=[q_proj]", "optim.epsilon=1e-9"]
    )
    write_settings(read, tmp_path / "settings.yaml")
    assert read_settings(Tuning, path=tmp_path / "settings.yaml") == read


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_preset_can_be_read_and_says_what_it_is(name: str) -> None:
    assert about(name)
    kinds = 0
    for kind in KINDS.values():
        try:
            read = read_settings(kind, preset=name)
        except ConfigError as error:
            assert "has no" in str(error)
            continue
        kinds += 1
        assert not read.run.deepspeed or read.run.deepspeed in names()
    assert kinds


def test_an_unknown_preset_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="did you mean 'knowlm-13b'"):
        read_settings(Tuning, preset="knowlm-13")


@pytest.mark.parametrize("name", presets())
def test_the_scores_of_a_micro_batch_leave_room_on_a_card(name: str) -> None:
    try:
        batch = read_settings(Pretraining, preset=name).batch
    except ConfigError:  # none of pretraining
        return
    largest_vocabulary, bytes_each = 151_936, 2 + 4 + 4 + 2  # scores and their gradients in 16 and 32 bits
    if "knowlm" in name:
        largest_vocabulary = 32_000
    assert batch.micro * batch.length * largest_vocabulary * bytes_each < 16e9


def test_knowlm_keeps_its_published_batch() -> None:
    read = read_settings(Pretraining, preset="knowlm-13b")
    assert (read.batch.micro, read.batch.rows, read.batch.length) == (20, 1440, 1024)
    assert read.batch.accumulation(24) == 3


def test_a_global_batch_that_cannot_be_divided_is_refused_with_one_that_can() -> None:
    with pytest.raises(ConfigError, match=r"take rows 96 or another micro"):
        Batch(micro=4, rows=100).accumulation(8)


def test_a_mapping_is_laid_over_the_settings_that_are_there() -> None:
    read = read_settings(Pretraining, preset="tiny", settings=["run={steps: 80}"], flags={"corpus": "c"})
    assert (read.run.steps, read.run.precision, read.run.activation_checkpointing) == (80, "fp32", False)
