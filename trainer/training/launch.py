"""The command that starts a run on one process, several cards, or several machines."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.errors import ConfigError, InputError, Kg2InstructError, MissingExtra

WORKER = "trainer.training.worker"
SETTINGS = "settings.yaml"
QUIET = "KG2INSTRUCT_QUIET"  # of the environment: workers show no steps
ERROR = "error.txt"  # where a worker leaves what the user can mend


class TrainingError(Kg2InstructError):
    """A run that ended before its end; the message says why and how to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Where a run takes place. `processes` are those of one machine, 0 for one a card (one without cards)."""

    processes: int = 0
    nodes: int = 1
    main: str = ""
    """HOST:PORT of the first machine, where there are several."""
    hostfile: str = ""
    """DeepSpeed's list of machines; its launcher starts all of them by ssh."""

    def __post_init__(self) -> None:
        if self.nodes > 1 and self.hostfile:
            raise ConfigError("give either --nodes and --main, or --hostfile, not both")
        if self.main and self.nodes == 1:
            raise ConfigError("--main needs --nodes, the number of machines")
        if self.hostfile and self.processes:
            raise ConfigError("--processes: with --hostfile its slots say how many")
        if self.nodes > 1 and ":" not in self.main:
            raise ConfigError(
                "--nodes needs --main HOST:PORT, a port of the first machine that all can reach"
            )
        if self.hostfile and not Path(self.hostfile).is_file():
            raise InputError(f"{self.hostfile}: no such hostfile; a line of it is `worker-1 slots=8`")

    @property
    def here(self) -> int:
        """Processes of this machine."""
        return self.processes or cards() or 1

    @property
    def total(self) -> int:
        """Processes of all machines."""
        if not self.hostfile:
            return self.here * self.nodes
        return sum(slots for _, slots in read_hostfile(Path(self.hostfile)))


def cards() -> int:
    """GPUs of this machine that torch can use."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "trainer") from error
    return int(torch.cuda.device_count())


def read_hostfile(path: Path) -> list[tuple[str, int]]:
    """Machines and their cards. Raises InputError with file and line."""
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        slots = words[1].removeprefix("slots=") if len(words) == 2 else ""
        if not slots.isdigit() or not int(slots):
            raise InputError(f"{path}:{number}: expected `HOST slots=CARDS`, found {line.strip()!r}")
        found.append((words[0], int(slots)))
    if not found:
        raise InputError(f"{path}: names no machine; a line is `worker-1 slots=8`")
    return found


def command(kind: str, out: Path, machines: Machines) -> list[str]:
    """The command line that runs `kind` with the settings in `out`."""
    work = [WORKER, kind, str(out)]
    if machines.hostfile:
        # DeepSpeed copies neither folder nor environment: both must be the same on all machines.
        return [
            str(Path(sys.executable).with_name("deepspeed")), "--hostfile", machines.hostfile,
            "--no_local_rank", "--module", *work,
        ]  # fmt: skip
    run = [sys.executable, "-m"]
    if machines.nodes > 1:
        host = ["--rdzv-backend", "c10d", "--rdzv-endpoint", machines.main, "--rdzv-id", out.name or "run"]
        nodes = ["--nnodes", str(machines.nodes), "--nproc-per-node", str(machines.here)]
        return [*run, "torch.distributed.run", *nodes, *host, "--module", *work]
    if machines.here > 1:
        nodes = ["--standalone", "--nproc-per-node", str(machines.here)]
        return [*run, "torch.distributed.run", *nodes, "--module", *work]
    return [*run, *work]


def execute(line: Sequence[str], out: Path, *, quiet: bool = False) -> None:
    """Run a command to its end. Raises the error of a worker, or TrainingError where it left none."""
    left = out / ERROR
    left.unlink(missing_ok=True)
    environment = {"TOKENIZERS_PARALLELISM": "false", **os.environ} | ({QUIET: "1"} if quiet else {})
    if not cards():
        environment.setdefault("DS_ACCELERATOR", "cpu")
    try:
        status = subprocess.run(line, env=environment, check=False).returncode
    except OSError as error:
        raise TrainingError(f"{line[0]}: {error.strerror or error}") from error
    if left.exists():
        raise TrainingError(left.read_text("utf-8").strip())
    if status:
        raise TrainingError(
            f"training ended with status {status}, see above; the same command goes on from the last checkpoint"
        )
