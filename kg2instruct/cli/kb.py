"""`kg2instruct kb`: build and inspect knowledge bases."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from kg2instruct.cli import options as o

app = typer.Typer(help="Build and inspect knowledge bases.", no_args_is_help=True)


@app.command("build")
def build(
    dumps: Annotated[
        list[Path],
        typer.Argument(help="Wikidata entity dumps (.json, .gz advised, .bz2, .zst; - for stdin)."),
    ],
    lang: Annotated[str, typer.Option("--lang", help="Languages of names to keep.")] = "zh,en",
    out: o.Out = Path("kb"),
    keep_all: Annotated[
        bool, typer.Option("--keep-all", help="Keep items without a name in these languages too.")
    ] = False,
    workers: o.Workers = None,
    quiet: o.Quiet = False,
) -> None:
    """Build a knowledge base from Wikidata entity dumps."""
    from kg2instruct.pipeline.knowledge import build_knowledge_base

    report = build_knowledge_base(
        dumps,
        out,
        langs=o.listed(lang) or [],
        workers=workers or o.cores(),
        keep_all=keep_all,
        progress=o.silent if quiet else o.progress,
    )
    if quiet:
        return
    from kg2instruct.cli.show import show_counts

    show_counts(f"knowledge base in {out}", report.counts, o.messages)
    if report.problems:
        o.messages.print(f"[yellow]problem[/] {len(report.problems):,} × line that could not be used")
        for place in report.problems[:3]:
            o.messages.print(f"    {place}", style="dim", highlight=False, markup=False, soft_wrap=True)


@app.command("info")
def info(
    kb: Annotated[Path, typer.Argument(help="Folder of a knowledge base.")],
    entity: Annotated[
        str | None, typer.Argument(help="An entity to show: Q64, P17, a title or a name.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Show counts, languages, dump date and sizes, or one entity."""
    from kg2instruct.cli.show import print_json, show_fields
    from kg2instruct.wikidata.describe import describe_entity, describe_store
    from kg2instruct.wikidata.store import Store

    store = Store.open(kb)
    found = describe_store(store) if entity is None else describe_entity(store, entity)
    if json:
        print_json(found)
    else:
        fields = dataclasses.asdict(found)
        show_fields(fields | {"claims": [_claim_line(claim) for claim in fields.get("claims", ())]})


def _claim_line(claim: dict[str, Any]) -> str:
    """`P17 country: Q183 Germany (preferred)`."""
    marks = [mark for mark in ("preferred", "ended") if claim[mark]]
    line = "{property} {property_label}: {value} {value_label}".format(**claim).rstrip()
    return f"{line} ({', '.join(marks)})" if marks else line
