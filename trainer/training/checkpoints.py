"""Checkpoints of a run: which are whole, what they were written by, whether this run may go on from one."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import atomic_writer

FOLDER = "checkpoints"
MARK = "whole.json"
_NAME = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """What is written into a checkpoint last: processes and ZeRO stage, rows of a step, and the data's hash."""

    processes: int
    zero: int
    rows: int
    data: str

    def write(self, checkpoint: Path) -> None:
        """Say that a checkpoint is whole."""
        with atomic_writer(checkpoint / MARK) as file:
            file.write(json.dumps(asdict(self)).encode())


def last_checkpoint(out: Path) -> Path | None:
    """The newest whole checkpoint of a run; those that were cut off by its end are passed over."""
    return next((path for path in _found(out) if (path / MARK).is_file()), None)


def is_universal(checkpoint: Path) -> bool:
    """Whether a checkpoint of DeepSpeed's can be read by any number of processes."""
    return (checkpoint / "latest_universal").is_file()


def keep_last(out: Path, count: int) -> None:
    """Remove all checkpoints but the last `count` whole ones."""
    found = _found(out)
    whole = [path for path in found if (path / MARK).is_file()][:count]
    for path in found:
        if path not in whole:
            (path / MARK).unlink(missing_ok=True)  # no longer whole, should this end halfway
            shutil.rmtree(path, ignore_errors=True)


def _found(out: Path) -> list[Path]:
    """All checkpoints, the newest first."""
    numbered = [(_NAME.fullmatch(path.name), path) for path in (out / FOLDER).glob("checkpoint-*")]
    return [path for _, path in sorted(((int(m[1]), path) for m, path in numbered if m), reverse=True)]


def may_resume(checkpoint: Path, now: Mark) -> None:
    """Raise where going on from a checkpoint would not continue its run, and say what would."""
    try:
        then = Mark(**json.loads((checkpoint / MARK).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{checkpoint / MARK}: cannot be read: {error}") from error
    if then.data != now.data:
        raise ConfigError(
            f"{checkpoint}: was trained on other data; --fresh starts anew, or take another --out"
        )
    if then.rows != now.rows:
        raise ConfigError(
            f"{checkpoint}: its steps had {then.rows} rows, these would have {now.rows}; "
            f"set batch.rows={then.rows}, or --fresh starts anew"
        )
    if then.zero != now.zero:
        raise ConfigError(
            f"{checkpoint}: was written with ZeRO stage {then.zero}, this run has {now.zero}; "
            "take the run.deepspeed of then, or --fresh starts anew"
        )
    if then.zero and then.processes != now.processes and not is_universal(checkpoint):
        raise ConfigError(
            f"{checkpoint}: was written by {then.processes} processes with ZeRO, now there are {now.processes}; "
            f"take {then.processes} again, or convert it once: "
            f"python -m trainer.training.universal {checkpoint}"
        )
