"""Flags of commands that call a chat model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

CALLS, FILES = "Calls", "Files"


def option(flag: str, help_: str, panel: str, **more: Any) -> Any:
    """A flag shown in a panel of its own."""
    return typer.Option(flag, help=help_, rich_help_panel=panel, **more)


DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell calls, tokens and cost; send nothing.")]
BaseUrl = Annotated[
    str | None, option("--base-url", "An OpenAI-compatible endpoint; the key is OPENAI_API_KEY.", CALLS)
]
Concurrency = Annotated[int, option("--concurrency", "Calls under way at once.", CALLS, min=1)]
MaxCost = Annotated[
    float | None, option("--max-cost", "Most US dollars for all answers of the journal.", CALLS, min=0)
]
Price = Annotated[str | None, option("--price", "INPUT,OUTPUT in US dollars a million tokens.", CALLS)]
Timeout = Annotated[float, option("--timeout", "Seconds for one call.", CALLS, min=0.1)]
Tries = Annotated[int, option("--tries", "Times a failed call is made.", CALLS, min=1)]
Patience = Annotated[float, option("--patience", "Seconds an endpoint may be down.", CALLS, min=0)]
JournalFile = Annotated[
    Path | None, option("--journal", "File of paid answers.  [default: OUT.journal]", FILES)
]
