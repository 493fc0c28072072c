"""`kg2instruct stats`: what a dataset folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg2instruct.cli import options as o


def stats(
    folder: Annotated[Path, typer.Argument(help="Output folder of `build` or `align`.")],
    json: o.Json = False,
) -> None:
    """Show what a dataset folder holds: rows, counts, what was dropped and why, and a few rows."""
    from kg2instruct.cli import show
    from kg2instruct.pipeline.build import read_summary

    summary = read_summary(folder)
    if json:
        show.print_json(summary.stats)
        return
    from kg2instruct.cli.summary import show_build

    show_build(summary, show.results)
