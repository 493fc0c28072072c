"""A record in the terminal: its text with the mentions coloured by type, and its relations below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from kg2instruct.records import Example

_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red", "bright_cyan", "bright_green")


def draw_example(example: Example, console: Console) -> None:
    """Print a record; offsets are shown beside the ends of each relation."""
    types = sorted({mention.entity_type for mention in example.entity})
    colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(types)}
    text = Text(example.text)
    for mention in example.entity:
        if mention.start is not None and mention.end is not None:
            text.stylize(f"bold {colours[mention.entity_type]} underline", mention.start, mention.end)
    console.print(text, highlight=False)
    legend = Text()
    for name in types:
        legend.append(f" {name or '?'} ", style=f"reverse {colours[name]}").append(" ")
    console.print(legend, highlight=False)
    for mention in example.entity:
        place = "" if mention.start is None else f"{mention.start}–{mention.end}"
        line = Text("  ").append(f"{place:>9}  ", style="dim").append(mention.entity, style="bold")
        console.print(line.append(f"  {mention.entity_type} {mention.qid or ''}", style="dim"))
    for triple in example.relation:
        line = Text("  ").append(triple.head, style="bold").append(f" —{triple.relation}→ ", style="green")
        line.append(triple.tail, style="bold").append(f"  {triple.property or ''}", style="dim")
        console.print(line, highlight=False)
    console.print()
