"""`kg2instruct stats`: what a dataset folder holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from rich.console import Console

    from kg2instruct.mix.profile import Profile

_LABELS = 20  # lines of a table


def stats(
    folder: Annotated[
        Path,
        typer.Argument(help="Output folder of `build`, `mix` or `align`; a file of rows for --diversity."),
    ],
    diversity: Annotated[
        bool, typer.Option("--diversity", help="Show how varied the instructions are instead.")
    ] = False,
    plots: Annotated[
        Path | None,
        typer.Option("--plots", metavar="DIR", help="Write histograms as PNG (needs matplotlib)."),
    ] = None,
    json: o.Json = False,
) -> None:
    """Show what a dataset folder holds: counts, what was left out, lengths, labels, empties, repetitions."""
    from kg2instruct.cli import show
    from kg2instruct.errors import InputError
    from kg2instruct.pipeline.folder import read_json

    if diversity:
        _diversity(folder, json=json)
        return
    told = read_json(folder / "stats.json")
    if told is None:
        raise InputError(f"{folder}: holds no stats.json; name the --out folder of `build`, `mix` or `align`")
    found = None
    if (folder / "data").is_dir():
        from kg2instruct.mix.profile import profile

        found = profile(folder)
    if json:
        show.print_json(told | ({"profile": found.to_json()} if found else {}))
    elif "sources" in told:
        from kg2instruct.cli.mix import show_mix

        show_mix(told, show.results)
    else:
        from kg2instruct.cli.summary import show_build
        from kg2instruct.pipeline.build import read_summary

        show_build(read_summary(folder), show.results)
    if found and not json:
        _show(found, show.results)
    if found and plots:
        from kg2instruct.mix.plots import draw

        for path in draw(found, plots):
            o.messages.print(str(path), highlight=False, soft_wrap=True)


def _diversity(path: Path, *, json: bool) -> None:
    """Distinct instructions, distinct-2 and mean similarity by task and language."""
    from itertools import chain

    from kg2instruct.cli import show
    from kg2instruct.pipeline.export import rows_by_split
    from kg2instruct.render.diversity import diversity

    found = diversity(chain.from_iterable(rows_by_split(path).values()))
    if json:
        show.print_json(found)
        return
    columns = ["rows", "distinct_instructions", "templates", "distinct_2", "mean_similarity", "formats"]
    rows = [{"task": key} | group | {"formats": len(group["formats"])} for key, group in found.items()]
    show.show_rows(rows, ["task", *columns])


def _show(found: Profile, console: Console) -> None:
    from kg2instruct.cli.show import show_counts
    from kg2instruct.mix.plots import bar, text_histogram
    from kg2instruct.mix.profile import FIELDS, UNITS, ordered

    for name in ("rows", "tasks", "languages", "topics", "labels", "empty", "repeated"):
        counts = ordered(getattr(found, name))
        shown = list(counts.items())[:_LABELS]
        more = f" ({len(counts)}, of which the most frequent)" if len(counts) > len(shown) else ""
        most = max(counts.values(), default=0)
        _histogram(f"{name}{more}", ((str(key), count, bar(count, most)) for key, count in shown), console)
    for name in FIELDS:
        for unit in UNITS:
            _histogram(f"{name}: {unit}", text_histogram(found.lengths[name, unit]), console)
            show_counts(f"{name}: {unit}, percentiles", found.quantiles(name, unit), console)


def _histogram(title: str, lines: Iterable[tuple[str, int, str]], console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 1, 0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, style="cyan")
    for name, count, drawn in lines:
        table.add_row(escape(name), f"{count:,}", drawn)
    console.print(table, highlight=False)
