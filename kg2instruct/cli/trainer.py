"""The trainer, reached by name: the library itself never imports it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import typer

from kg2instruct.errors import MissingExtra


def register(app: typer.Typer) -> None:
    """Add the trainer's commands to the program."""
    import_module("trainer.cli").register(app)


def trainer_module(name: str) -> ModuleType:
    """A module of the trainer; MissingExtra where a package that it needs is not installed."""
    try:
        return import_module(f"trainer.{name}")
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "trainer") from error
