"""`kg2instruct build`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg2instruct.cli.options import Config, Fresh, Limit, Out, Quiet, Seed, Strict, Workers, cores, given, messages


def build(
    lang: Annotated[str | None, typer.Option("--lang", help="zh, en, or zh,en.")] = None,
    wikipedia: Annotated[
        list[str] | None,
        typer.Option("--wikipedia", help="Wikipedia dump (.xml, .bz2, .gz, .zst, - for stdin); the built-in sample if none."),
    ] = None,
    wikidata: Annotated[
        list[str] | None, typer.Option("--wikidata", help="Wikidata entity dump to build the knowledge base from.")
    ] = None,
    kb: Annotated[str | None, typer.Option("--kb", help="Knowledge base made by `kb build`.")] = None,
    schemas: Annotated[str | None, typer.Option("--schemas", help="Your own schema file or folder.")] = None,
    out: Out = Path("out"),
    config: Config = None,
    passage: Annotated[str | None, typer.Option("--passage", help="paragraph or sentence.")] = None,
    max_chars: Annotated[int | None, typer.Option("--max-chars", min=20, help="Longest passage, in characters.")] = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="Chinese script: zh-hans, zh-hant, zh-cn, zh-tw, zh-hk, none.")
    ] = None,
    lists: Annotated[bool | None, typer.Option("--lists/--no-lists", help="List items as passages.")] = None,
    list_pages: Annotated[bool | None, typer.Option("--list-pages/--no-list-pages", help="Keep pages that are lists.")] = None,
    formats: Annotated[str | None, typer.Option("--formats", help="Output formats, comma-separated.")] = None,
    tasks: Annotated[str | None, typer.Option("--tasks", help="Tasks, comma-separated: ner,re,…")] = None,
    negatives: Annotated[
        float | None, typer.Option("--negatives", help="Rows with an empty answer per row with one, at most.")
    ] = None,
    compress: Annotated[str | None, typer.Option("--compress", help="zst: compress the aligned records.")] = None,
    seed: Seed = None,
    workers: Workers = None,
    limit: Limit = None,
    strict: Strict = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
) -> None:
    """Build an instruction dataset from Wikipedia and Wikidata dumps (or the built-in sample)."""
    from kg2instruct.cli.summary import show_build
    from kg2instruct.config import read_config
    from kg2instruct.pipeline.build import build as run_build
    from kg2instruct.pipeline.progress import SILENT, Progress

    flags = given(
        lang=lang.replace(" ", "").split(",") if lang else None,
        wikipedia=wikipedia,
        wikidata=wikidata,
        kb=kb,
        schemas=schemas,
        seed=seed,
        limit=limit,
        list_pages=list_pages,
        compress=compress,
        strict=strict or None,
        wiki__passage=passage,
        wiki__max_chars=max_chars,
        wiki__variant=variant,
        wiki__lists=lists,
        render__formats=formats.split(",") if formats else None,
        render__tasks=tasks.split(",") if tasks else None,
        render__negatives=negatives,
    )
    settings = read_config(config, flags)
    summary = run_build(
        settings,
        out,
        workers=workers or cores(),
        fresh=fresh,
        progress=lambda title, total: SILENT if quiet else Progress(title, total, console=messages),
    )
    if not quiet:
        show_build(summary, messages)
