"""A checkpoint of DeepSpeed's made readable for any number of processes: `python -m trainer.training.universal DIR`.

DeepSpeed's own converter does the work; the result lies in the checkpoint, and the next run goes on from it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kg2instruct.errors import InputError, Kg2InstructError
from trainer.training.checkpoints import is_universal
from trainer.training.launch import TrainingError


def make_universal(checkpoint: Path) -> None:
    """Convert a checkpoint once. Raises InputError for what is none of DeepSpeed's, TrainingError."""
    if is_universal(checkpoint):
        return
    latest = checkpoint / "latest"
    if not latest.is_file():
        raise InputError(f"{checkpoint}: no checkpoint of DeepSpeed's (`latest` is missing)")
    source = checkpoint / latest.read_text("utf-8").strip()
    line = [
        sys.executable, "-m", "deepspeed.checkpoint.ds_to_universal", "--inject_missing_state",
        "--input_folder", str(source), "--output_folder", f"{source}_universal",
    ]  # fmt: skip
    done = subprocess.run(
        line, env={"DS_ACCELERATOR": "cpu", **os.environ}, capture_output=True, text=True, check=False
    )
    if done.returncode or not is_universal(checkpoint):
        said = done.stderr.strip().splitlines()
        raise TrainingError(f"{checkpoint}: cannot be converted: {said[-1] if said else done.returncode}")


def main(checkpoint: Path) -> int:
    """Convert, and tell what was wrong in one line."""
    try:
        make_universal(checkpoint)
    except Kg2InstructError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
