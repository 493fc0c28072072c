"""This process among the others of a run, and the process group they share."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg2instruct.errors import MissingExtra
from trainer.training.checkpoints import is_universal
from trainer.training.options import Run
from trainer.training.zero import read_zero

try:
    import torch
except ModuleNotFoundError as error:
    raise MissingExtra("torch", "trainer") from error


@dataclass(frozen=True, slots=True)
class Place:
    """Rank of this process, number of processes, whether they work on processors only, DeepSpeed's settings."""

    rank: int
    processes: int
    on_cpu: bool
    zero: dict[str, Any] | None

    @property
    def first(self) -> bool:
        """Whether this process tells and writes for all."""
        return self.rank == 0


def find_place(run: Run, resuming: Path | None = None) -> Place:
    """Read the launcher's variables and, for DeepSpeed, join the process group; before a model is built.

    `resuming` is the checkpoint that is gone on from.
    """
    on_cpu = not torch.cuda.is_available()
    zero = read_zero(run.deepspeed, on_cpu=on_cpu) if run.deepspeed else None
    if zero is not None:
        _join(on_cpu)
    if zero is not None and resuming is not None and is_universal(resuming):
        zero["checkpoint"] = {"load_universal": True}
    rank, processes = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    return Place(rank, processes, on_cpu, zero)


def _join(on_cpu: bool) -> None:
    """Join DeepSpeed's process group: with `use_cpu` nobody else does, and ZeRO-3 would see one process only."""
    if on_cpu:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    if "RANK" not in os.environ:  # started without a launcher: a group of one
        alone = {
            "RANK": 0,
            "LOCAL_RANK": 0,
            "WORLD_SIZE": 1,
            "LOCAL_WORLD_SIZE": 1,
            "MASTER_PORT": _free_port(),
        }
        os.environ.update({name: str(value) for name, value in alone.items()}, MASTER_ADDR="127.0.0.1")
    try:
        import deepspeed
    except ImportError as error:
        raise MissingExtra("deepspeed", "trainer") from error
    if on_cpu:
        deepspeed.init_distributed("gloo", auto_mpi_discovery=False)


def wait_for_all() -> None:
    """Return when all processes have come here."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()


def leave() -> None:
    """Leave the process group, so that the program ends without complaint."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
