"""Two processes: ZeRO gives the losses of plain data parallelism, and a killed process changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from kg2instruct.errors import Kg2InstructError

pytest.importorskip("transformers")

from trainer.training.launch import SETTINGS, Machines, command
from trainer.training.options import Pretraining
from trainer.training.settings import read_settings, write_settings
from trainer.training.start import start
from trainer.training.universal import make_universal

TWO = Machines(processes=2)
needs_deepspeed = pytest.mark.skipif(
    shutil.which("g++") is None, reason="DeepSpeed compiles an operator by g++"
)


def settings(corpus: Path, base: Path, *more: str) -> Pretraining:
    small = (
        "batch={micro: 2, rows: 8, length: 64}",
        "run={precision: fp32, activation_checkpointing: false, steps: 6, save_steps: 2, log_steps: 1}",
        "optim.learning_rate=3e-3",
    )
    flags = {"corpus": str(corpus), "base": str(base)}
    return read_settings(Pretraining, settings=[*small, *more], flags=flags)


def losses(out: Path) -> dict[int, float]:
    entries = [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]
    return {entry["step"]: round(entry["loss"], 4) for entry in entries if "loss" in entry}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, corpus: Path, base: Path, in_this_process: None) -> Path:  # noqa: ARG001
    """The run in one process, which all others must equal."""
    out = tmp_path_factory.mktemp("runs") / "alone"
    start(settings(corpus, base), out, Machines(processes=1))
    return out


@pytest.mark.slow
def test_two_processes_learn_as_one_does(tmp_path: Path, corpus: Path, base: Path, alone: Path) -> None:
    start(settings(corpus, base), tmp_path, TWO)
    assert losses(tmp_path) == pytest.approx(losses(alone), abs=2e-4)


@pytest.mark.slow
@needs_deepspeed
def test_zero_2_learns_as_one_process_does(tmp_path: Path, corpus: Path, base: Path, alone: Path) -> None:
    start(settings(corpus, base, "run.deepspeed=zero2"), tmp_path, TWO)
    assert losses(tmp_path) == pytest.approx(losses(alone), abs=2e-4)
    assert (tmp_path / "model" / "model.safetensors").stat().st_size > 50_000


@pytest.mark.slow
@needs_deepspeed
def test_zero_3_learns_as_one_process_does_also_after_one_was_killed(
    tmp_path: Path, corpus: Path, base: Path, alone: Path
) -> None:
    asked = settings(corpus, base, "run.deepspeed=zero3")
    write_settings(asked, tmp_path / SETTINGS)
    run = subprocess.Popen(
        command("pretrain", tmp_path, TWO),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "DS_ACCELERATOR": "cpu"},
    )  # fmt: skip
    until = time.monotonic() + 600
    while not list(tmp_path.glob("checkpoints/*/whole.json")):
        assert run.poll() is None, "the run ended before its first checkpoint"
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(_worker(run.pid), signal.SIGKILL)
    assert run.wait(timeout=600) != 0
    assert not (tmp_path / "summary.json").exists()
    start(asked, tmp_path, TWO)
    assert losses(tmp_path) == pytest.approx(losses(alone), abs=2e-4)
    assert (tmp_path / "model" / "model.safetensors").stat().st_size > 50_000
    last = tmp_path / "checkpoints" / "checkpoint-6"
    (tmp_path / "summary.json").unlink()
    (last / "whole.json").unlink()
    with pytest.raises(Kg2InstructError, match="written by 2 processes with ZeRO, now there are 1") as told:
        start(asked, tmp_path, Machines(processes=1))
    make_universal(Path(str(told.value).rpartition(" ")[2]))  # what the message says to do, done
    start(asked, tmp_path, Machines(processes=1))
    assert losses(tmp_path) == pytest.approx(losses(alone), abs=2e-4)


def _worker(launcher: int) -> int:
    """One of a launcher's worker processes."""
    import psutil

    children = psutil.Process(launcher).children(recursive=True)
    return next(x.pid for x in children if "trainer.training.worker" in " ".join(x.cmdline()))
