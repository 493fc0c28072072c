"""The trainer's commands, reached by name: the library itself never imports the trainer."""

from __future__ import annotations

import importlib

import typer


def register(app: typer.Typer) -> None:
    """Add the trainer's commands to the program."""
    importlib.import_module("trainer.cli").register(app)
