"""Flags that commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]
OutFile = Annotated[Path, typer.Option("--out", help="File to write.")]
Config = Annotated[Path | None, typer.Option("--config", help="YAML file of options; flags win over it.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of all random choices.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; all cores by default.")]
Limit = Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many pages or records.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first bad page, line or record.")]
Fresh = Annotated[bool, typer.Option("--fresh/--resume", help="Start anew instead of going on.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")]

messages = Console(stderr=True)


def cores() -> int:
    """How many processes may run at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def given(**flags: object) -> dict[str, object]:
    """Only the flags that were given."""
    return {name.replace("__", "."): value for name, value in flags.items() if value is not None and value != []}
