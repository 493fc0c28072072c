"""Tables of counts and plain data, for people or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

results = Console()  # standard output


def show_counts(title: str, counts: Mapping[str, Any], console: Console) -> None:
    """Names and numbers under a title; numbers by name, a line each."""
    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 1, 0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for name, value in counts.items():
        for key, number in value.items() if isinstance(value, Mapping) else (("", value),):
            shown = f"{number:,}" if isinstance(number, int) else str(number)
            table.add_row(escape(f"{name} {key}".rstrip()), escape(shown))
    console.print(table, highlight=False)


def print_json(data: Any) -> None:
    """Plain data or records as indented JSON on standard output."""
    import sys

    import msgspec

    text = msgspec.json.format(msgspec.json.encode(data, enc_hook=str), indent=1).decode()
    sys.stdout.write(text + "\n")


def show_fields(data: Mapping[str, Any]) -> None:
    """Names and values on standard output, lists a line each; what is empty is left out."""
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in data.items():
        shown = _lines(value)
        if shown:
            table.add_row(escape(name.replace("_", " ")), escape("\n".join(shown)))
    results.print(table, highlight=False)


def plain_rows(records: Sequence[Any]) -> list[dict[str, Any]]:
    """Records as plain data."""
    import msgspec

    return [msgspec.to_builtins(record) for record in records]


def _lines(value: Any) -> list[str]:
    if value is None or value in ("", (), [], {}):
        return []
    if isinstance(value, Mapping):
        return [f"{name}: {', '.join(_lines(inner)) or '–'}" for name, inner in value.items()]
    if isinstance(value, list | tuple):
        return [", ".join(_lines(item)) for item in value]
    return [f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)]


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Records as a table on standard output."""
    table = Table(box=None, header_style="bold")
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(escape(", ".join(_lines(row.get(name)))) for name in columns))
    results.print(table, highlight=False)
