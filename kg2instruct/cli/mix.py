"""`kg2instruct mix`: sources by a recipe to one dataset folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from rich.console import Console


def mix(
    recipe: Annotated[Path, typer.Argument(help="Recipe file (YAML), such as recipes/knowlm.yaml.")],
    out: o.OutAnywhere,
    scale: Annotated[
        float | None, typer.Option("--scale", help="Multiply all counts by this, 0.01 for a small try.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override the recipe, such as SOURCE.path=FILE."),
    ] = None,
    seed: o.Seed = None,
    workers: o.Workers = None,
    engine: o.Engine = "local",
    shard: o.Shard = None,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
) -> None:
    """Mix sources into one deduplicated, leak-free, described dataset."""
    from rich.markup import escape

    from kg2instruct.cluster import open_engine
    from kg2instruct.mix import mix as mixed
    from kg2instruct.mix import read_recipe
    from kg2instruct.storage import output_folder

    read = read_recipe(recipe, settings=settings or (), scale=scale, seed=seed)
    part = o.share(shard, engine=engine, out=out)
    with open_engine(engine, workers) as opened, output_folder(out) as folder:
        summary = mixed(
            read,
            folder,
            workers=workers or o.cores(),
            fresh=fresh,
            engine=opened,
            share=part,
            progress=o.make_progress(quiet=quiet),
        )
    if quiet:
        return
    o.stored(out)
    if summary.finished_before:
        o.messages.print(
            f"[green]{escape(str(summary.out))} was finished before[/]; --fresh mixes it anew", soft_wrap=True
        )
    show_mix(summary.stats, o.messages)
    o.messages.print(
        f"[bold]{escape(str(summary.out))}[/]  datasets.load_dataset({str(summary.out)!r}); "
        f"kg2instruct stats {summary.out}",
        highlight=False,
        soft_wrap=True,
    )


def show_mix(stats: Mapping[str, Any], console: Console) -> None:
    """A table of the sources, the rows of each split, and what could not be read."""
    from rich.markup import escape
    from rich.table import Table

    from kg2instruct.cli.show import show_counts

    table = Table(box=None, header_style="bold")
    for name in ("source", "read", "kept", "asked", "left out"):
        table.add_column(name, justify="left" if name in ("source", "left out") else "right")
    for name, source in stats.get("sources", {}).items():
        asked = f"{source['asked']:,}" if "asked" in source else ""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in source["left out"].items())
        table.add_row(escape(name), f"{source['read']:,}", f"{source['kept']:,}", asked, escape(reasons))
    console.print(table, highlight=False)
    show_counts("rows", stats.get("rows", {}), console)
    for kind, found in stats.get("problems", {}).items():
        places = ", ".join(found["examples"][:2])
        console.print(
            f"[yellow]problem[/] {found['count']:,} × {escape(kind)} ({escape(places)})",
            highlight=False,
            soft_wrap=True,
        )
