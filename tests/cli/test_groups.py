"""Dataclasses of flags: what a command takes as one thing, its users see as flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer
from typer.testing import CliRunner

from kg2instruct.cli.groups import with_groups


@dataclass(frozen=True)
class Pace:
    PANEL: ClassVar = "How fast"

    speed: Annotated[float, typer.Option("--speed", help="In m/s.")]
    steps: Annotated[int, typer.Option("--steps", min=1)] = 3


@dataclass(frozen=True)
class Careful(Pace):
    steps: Annotated[int, typer.Option("--steps", help="At most two.", max=2)] = 2


def walk(*, pace: Pace, to: Annotated[str, typer.Option("--to")] = "home") -> None:
    """Go somewhere."""
    typer.echo(f"{pace} {to}")


def creep(*, pace: Careful) -> None:
    """Go somewhere slowly."""
    typer.echo(str(pace))


def run(command: object, *arguments: str) -> str:
    app = typer.Typer()
    app.command()(with_groups(command))  # type: ignore[arg-type]
    result = CliRunner().invoke(app, arguments)
    return " ".join(result.output.split())


def test_flags_of_a_group_become_one_value_again() -> None:
    assert run(walk, "--speed", "1.5", "--to", "town") == "Pace(speed=1.5, steps=3) town"


def test_a_field_without_default_is_a_flag_that_must_be_given() -> None:
    assert "Missing option '--speed'" in run(walk)


def test_flags_are_checked_as_all_flags_are() -> None:
    assert "Invalid value for '--steps'" in run(walk, "--speed", "1", "--steps", "0")


def test_a_group_has_its_panel_in_the_help() -> None:
    shown = run(walk, "--help")
    assert shown.index("--to") < shown.index("How fast") < shown.index("--speed")
    assert "Go somewhere." in shown


def test_a_group_may_change_a_flag_of_another() -> None:
    assert run(creep, "--speed", "1") == "Careful(speed=1.0, steps=2)"
    assert "Invalid value for '--steps'" in run(creep, "--speed", "1", "--steps", "3")
