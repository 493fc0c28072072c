"""`kg2instruct kb`: build and inspect knowledge bases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg2instruct.cli.options import Out, Quiet, Workers, cores, messages

app = typer.Typer(help="Build and inspect knowledge bases.", no_args_is_help=True)


@app.command("build")
def build(
    dumps: Annotated[list[Path], typer.Argument(help="Wikidata entity dumps (.json, .gz advised, .bz2, .zst).")],
    lang: Annotated[str, typer.Option("--lang", help="Languages of names to keep.")] = "zh,en",
    out: Out = Path("kb"),
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Keep items without a name in these languages too.")] = False,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Build a knowledge base from Wikidata entity dumps."""
    from kg2instruct.wikidata.build import build_store

    report = build_store(
        dumps, out, langs=tuple(lang.replace(" ", "").split(",")), workers=workers or cores(), keep_all=keep_all
    )
    if not quiet:
        from kg2instruct.cli.summary import show_counts

        show_counts(f"knowledge base in {out}", report.counts, messages)


@app.command("info")
def info(
    kb: Annotated[Path, typer.Argument(help="Folder of a knowledge base.")],
    entity: Annotated[str | None, typer.Argument(help="An entity to show: Q64, P17, or a name.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show counts, languages, dump date and sizes, or one entity."""
    from kg2instruct.cli.summary import show_entity, show_store
    from kg2instruct.wikidata.store import Store

    store = Store.open(kb)
    if entity is None:
        show_store(store, as_json=json)
    else:
        show_entity(store, entity, as_json=json)
