"""The command that starts a run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kg2instruct.errors import ConfigError, InputError
from trainer.training.launch import Machines, TrainingError, command, execute

pytest.importorskip("torch")


def test_one_process_is_run_without_a_launcher() -> None:
    line = command("lora", Path("out"), Machines(processes=1))
    assert line == [sys.executable, "-m", "trainer.training.worker", "lora", "out"]


def test_several_cards_are_run_by_torchrun() -> None:
    line = command("lora", Path("out"), Machines(processes=8))
    assert line[1:] == [
        "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "8",
        "--module", "trainer.training.worker", "lora", "out",
    ]  # fmt: skip


def test_several_machines_meet_at_the_first() -> None:
    machines = Machines(processes=8, nodes=3, main="gpu1:29500")
    line = " ".join(command("pretrain", Path("runs/big"), machines))
    assert (
        "--nnodes 3 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint gpu1:29500 --rdzv-id big" in line
    )
    assert machines.total == 24


def test_a_hostfile_is_given_to_deepspeed(tmp_path: Path) -> None:
    hostfile = tmp_path / "hosts"
    hostfile.write_text("# ours\ngpu1 slots=8\ngpu2 slots=4\n", encoding="utf-8")
    machines = Machines(hostfile=str(hostfile))
    line = command("pretrain", Path("out"), machines)
    assert Path(line[0]).name == "deepspeed"
    assert line[1:3] == ["--hostfile", str(hostfile)]
    assert machines.total == 12


def test_flags_that_would_be_passed_over_are_told(tmp_path: Path) -> None:
    hostfile = tmp_path / "hosts"
    hostfile.write_text("gpu1 slots=8\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="--main needs --nodes"):
        Machines(main="gpu1:29500")
    with pytest.raises(ConfigError, match="--processes: with --hostfile"):
        Machines(hostfile=str(hostfile), processes=4)


def test_a_bad_line_of_a_hostfile_is_told_with_its_place(tmp_path: Path) -> None:
    hostfile = tmp_path / "hosts"
    hostfile.write_text("gpu1 slots=8\ngpu2 8 cards\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"hosts:2: expected `HOST slots=CARDS`, found 'gpu2 8 cards'"):
        _ = Machines(hostfile=str(hostfile)).total


def test_several_machines_need_a_meeting_point() -> None:
    with pytest.raises(ConfigError, match="--main HOST:PORT"):
        Machines(nodes=2)


def test_what_a_worker_left_is_raised(tmp_path: Path) -> None:
    leaves = f"open({str(tmp_path / 'error.txt')!r}, 'w').write('loss nan at step 3'); raise SystemExit(1)"
    with pytest.raises(TrainingError, match=r"^loss nan at step 3$"):
        execute([sys.executable, "-c", leaves], tmp_path)


def test_a_worker_that_left_nothing_is_told_by_its_status(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="status 7"):
        execute([sys.executable, "-c", "raise SystemExit(7)"], tmp_path)
