"""Flags of commands that call a chat model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

if TYPE_CHECKING:
    from kg2instruct.chat import CallOptions, Model

CALLS, FILES = "Calls", "Files"


def option(flag: str, help_: str, panel: str, **more: Any) -> Any:
    """A flag shown in a panel of its own."""
    return typer.Option(flag, help=help_, rich_help_panel=panel, **more)


DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell calls, tokens and cost; send nothing.")]
JournalFile = Annotated[
    Path | None, option("--journal", "File of paid answers.  \\[default: OUT.journal]", FILES)
]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers that is not loaded here."""

    PANEL: ClassVar = CALLS

    base_url: Annotated[
        str | None,
        typer.Option("--base-url", help="An OpenAI-compatible endpoint; the key is OPENAI_API_KEY."),
    ] = None
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds for one call.", min=0.1)] = 120.0


@dataclass(frozen=True, slots=True)
class Calls(Endpoint):
    """The endpoint, how it is called, and what that may cost."""

    concurrency: Annotated[int, typer.Option("--concurrency", help="Calls under way at once.", min=1)] = 16
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", help="Most US dollars for all answers of the journal.", min=0),
    ] = None
    price: Annotated[
        str | None, typer.Option("--price", help="INPUT,OUTPUT in US dollars a million tokens.")
    ] = None
    reasoning: Annotated[
        bool,
        typer.Option("--reasoning", help="The model thinks before it answers: leave it room for that."),
    ] = False
    tries: Annotated[int, typer.Option("--tries", help="Times a failed call is made.", min=1)] = 8
    patience: Annotated[float, typer.Option("--patience", help="Seconds an endpoint may be down.", min=0)] = (
        300.0
    )

    def options(self) -> CallOptions:
        """As the client takes them."""
        from kg2instruct.chat import CallOptions

        return CallOptions(
            base_url=self.base_url,
            concurrency=self.concurrency,
            timeout=self.timeout,
            tries=self.tries,
            patience=self.patience,
            max_cost=self.max_cost,
        )

    def model(self, name: str) -> Model:
        """The model of that name with its price."""
        from kg2instruct.chat import find_model

        return find_model(name, self.price, reasons=self.reasoning)
