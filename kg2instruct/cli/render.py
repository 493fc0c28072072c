"""`kg2instruct render`, `evaluate`, `templates`, `schemas`, `formats`: instructions and scores."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
