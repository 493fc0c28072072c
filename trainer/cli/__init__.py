"""Commands of the trainer, as `kg2instruct` shows them; only signatures, so that help loads no torch."""

from __future__ import annotations

import typer

from trainer.cli import corpus, inference, training


def register(app: typer.Typer) -> None:
    """Add the trainer's commands to the program."""
    app.add_typer(corpus.app, name="corpus")
    training.register(app)
    inference.register(app)
