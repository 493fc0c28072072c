"""LoRA tuning and merging in one process: what is learned, written, gone on from, merged, pushed, and refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import Kg2InstructError

pytest.importorskip("trl")
pytest.importorskip("peft")

from trainer.training.launch import Machines
from trainer.training.options import Tuning
from trainer.training.settings import read_settings
from trainer.training.start import start

ALONE = Machines(processes=1)
SMALL = (
    "batch={micro: 2, rows: 4, length: 96}",
    "run={precision: fp32, steps: 6, save_steps: 3, log_steps: 1, report: [tensorboard]}",
    "optim.learning_rate=1e-2",
    "lora={r: 4, alpha: 8, dropout: 0.1}",
)


def settings(base: Path, rows: Path, *more: str) -> Tuning:
    return read_settings(Tuning, settings=[*SMALL, *more], flags={"base": str(base), "data": [str(rows)]})


def losses(out: Path) -> dict[int, float]:
    entries = [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]
    return {entry["step"]: entry["loss"] for entry in entries if "loss" in entry}


@pytest.fixture(scope="module", params=["packed", "padded"])
def finished(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    base: Path,
    rows_file: Path,
    in_this_process: None,  # noqa: ARG001
) -> Path:
    out = tmp_path_factory.mktemp("runs") / str(request.param)
    start(settings(base, rows_file, f"batch.packing={request.param == 'packed'}"), out, ALONE)
    return out


def test_an_adapter_learns_and_names_its_base(finished: Path, base: Path) -> None:
    found = losses(finished)
    assert list(found) == [1, 2, 3, 4, 5, 6]
    assert found[6] < found[1]
    assert list(finished.rglob("events.out.tfevents.*"))
    config = json.loads((finished / "adapter" / "adapter_config.json").read_text("utf-8"))
    assert config["base_model_name_or_path"] == str(base)
    assert {name.rpartition(".")[2] for name in config["target_modules"]} == {
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    }  # fmt: skip


def test_a_run_that_was_cut_off_goes_on_as_if_it_had_not_been(
    tmp_path: Path, finished: Path, base: Path, rows_file: Path
) -> None:
    out = tmp_path / "cut"
    shutil.copytree(finished, out)
    shutil.rmtree(out / "adapter")
    (out / "summary.json").unlink()
    (out / "checkpoints" / "checkpoint-6" / "whole.json").unlink()
    start(settings(base, rows_file, f"batch.packing={finished.name == 'packed'}"), out, ALONE)
    assert losses(out) == losses(finished)
    weights = "adapter/adapter_model.safetensors"
    assert (out / weights).read_bytes() == (finished / weights).read_bytes()


def test_a_finished_run_is_not_run_again(finished: Path, base: Path, rows_file: Path) -> None:
    same = settings(base, rows_file, f"batch.packing={finished.name == 'packed'}")
    assert start(same, finished, ALONE).before


def test_other_settings_are_another_run(finished: Path, base: Path, rows_file: Path) -> None:
    with pytest.raises(Kg2InstructError, match=r"lora\.r was 4, now 8.*--fresh starts anew"):
        start(
            settings(base, rows_file, f"batch.packing={finished.name == 'packed'}", "lora.r=8"),
            finished,
            ALONE,
        )


def test_merging_gives_a_model_that_answers_like_base_and_adapter(tmp_path: Path, finished: Path) -> None:
    from trainer.training.merge import merge

    found = merge(finished, tmp_path / "merged")
    assert found.difference < 1e-3 * found.spread
    assert found.moved > 100 * found.difference
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM

    ids = torch.tensor([[5, 6, 7, 8]])
    whole = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    adapted = AutoPeftModelForCausalLM.from_pretrained(finished / "adapter")
    assert torch.allclose(whole(input_ids=ids).logits, adapted(input_ids=ids).logits, atol=1e-4)
    with pytest.raises(Kg2InstructError, match="is not empty"):
        merge(finished, tmp_path / "merged")


def test_an_adapter_of_another_base_is_not_merged(tmp_path: Path, finished: Path, base: Path) -> None:
    import torch
    import transformers

    from trainer.training.merge import merge

    other = tmp_path / "other"
    shutil.copytree(base, other)
    model = transformers.AutoModelForCausalLM.from_pretrained(other)
    with torch.no_grad():
        model.model.embed_tokens.weight.mul_(2)
    model.save_pretrained(other)
    with pytest.raises(Kg2InstructError, match=r"was trained on .*, not on .*other weights"):
        merge(finished, tmp_path / "merged", base=str(other))
    config = json.loads((other / "config.json").read_text("utf-8"))
    (other / "config.json").write_text(json.dumps(config | {"hidden_size": 64}), encoding="utf-8")
    with pytest.raises(Kg2InstructError, match="hidden_size 32 there, 64 here"):
        merge(finished, tmp_path / "merged", base=str(other))


def test_what_is_no_adapter_is_told(tmp_path: Path, base: Path, rows_file: Path, finished: Path) -> None:
    from trainer.training.merge import merge

    with pytest.raises(Kg2InstructError, match=r"no adapter \(adapter_config\.json\)"):
        merge(tmp_path, tmp_path / "merged")
    with pytest.raises(Kg2InstructError, match="is an adapter, not a whole model"):
        start(settings(finished / "adapter", rows_file), tmp_path / "out", ALONE)
    assert base.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("base=Nobody/Nothing", "Nobody/Nothing: is not on this machine; get it by: kg2instruct download"),
        ("base=./nowhere", "no such folder, and not the name of a model"),
        ("data=[nowhere.jsonl]", r"nowhere\.jsonl: no such file"),
        ("lora.targets=[c_attn]", "the base has no linear module c_attn; it has down_proj, gate_proj"),
        ("batch.length=512", "the model reads at most 256 tokens"),
        ("lora.quantize=4bit", "bitsandbytes is not installed|needs a card"),
        ("run.report=[wandb]", r"wandb is not installed; run: pip install 'kg2instruct\[wandb\]'"),
        ("run.deepspeed=mine.json", r"mine\.json: No such file"),
    ],
)
def test_bad_settings_are_told_before_any_work(
    tmp_path: Path, base: Path, rows_file: Path, change: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    key, _, value = change.partition("=")
    flags = {"base": str(base), "data": [str(rows_file)]}
    flags.pop(key, None)
    asked = read_settings(Tuning, settings=[*SMALL, change], flags=flags)
    with pytest.raises(Kg2InstructError, match=said):
        start(asked, tmp_path / "out", ALONE)
    assert not (tmp_path / "out" / "settings.yaml").exists()
    assert value


def test_variants_of_lora_are_passed_on(tmp_path: Path) -> None:
    from trainer.training.lora import lora_config

    read = read_settings(
        Tuning, settings=["lora={r: 8, rslora: true, dora: true, targets: [q_proj, v_proj]}"]
    )
    found = lora_config(read.lora)
    assert (found.r, found.use_rslora, found.use_dora) == (8, True, True)
    assert found.target_modules == {"q_proj", "v_proj"}
    assert tmp_path.exists()


def test_the_command_trains_and_merges(
    tmp_path: Path, base: Path, rows_file: Path, made_row: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], in_this_process: None,  # noqa: ARG001
) -> None:  # fmt: skip
    import sys

    from kg2instruct.cli.app import run

    assert made_row(0)

    def program(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kg2instruct", *map(str, arguments)])
        capfd.readouterr()
        status = run()
        told = capfd.readouterr()
        return status, told.out, told.err

    asked = ("--base", base, "--data", rows_file, "--out", tmp_path / "run", "--steps", 2, "--processes", 1)
    small = [part for setting in SMALL[:1] for part in ("--set", setting)] + ["--set", "run.precision=fp32"]
    status, out, _ = program("train", "lora", *asked, *small, "--dry-run")
    assert status == 0
    assert "-m trainer.training.worker lora" in out
    assert not (tmp_path / "run").exists()
    status, _, told = program("train", "lora", *asked, *small)
    assert status == 0
    assert "step 2/2" in told
    status, _, told = program("merge", tmp_path / "run", "--out", tmp_path / "merged")
    assert status == 0
    assert "logits differ from base with adapter by at most" in told
    status, _, told = program("merge", tmp_path / "nothing", "--out", tmp_path / "other")
    assert status == 1
    assert told.startswith("error: ")
    assert len(told.splitlines()) == 1
