"""`kg2instruct build` and `align`: the main job, whole or without instructions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.pipeline.build import BuildSummary


def build(
    lang: o.Lang = None,
    wikipedia: o.Wikipedia = None,
    wikidata: o.Wikidata = None,
    kb: o.Kb = None,
    sparql: o.Sparql = None,
    prefixes: o.Prefixes = None,
    titles: o.Titles = None,
    wiki_api: o.WikiApi = None,
    contact: o.Contact = None,
    schemas: o.Schemas = None,
    out: o.OutAnywhere = Path("out"),
    config: o.Config = None,
    passage: o.Passage = None,
    max_chars: o.MaxChars = None,
    variant: o.Variant = None,
    lists: o.Lists = None,
    list_pages: o.ListPages = None,
    wiki_templates: o.WikiTemplates = None,
    tasks: Annotated[
        str | None, typer.Option("--tasks", help="Tasks, comma-separated: ner,re,spo,kg.")
    ] = None,
    formats: Annotated[
        str | None, typer.Option("--formats", help="Output formats, comma-separated; see `formats`.")
    ] = None,
    negatives: Annotated[
        float | None, typer.Option("--negatives", help="Rows with an empty answer per row with one, at most.")
    ] = None,
    rejects: o.Rejects = None,
    compress: o.Compress = None,
    seed: o.Seed = None,
    workers: o.Workers = None,
    engine: o.Engine = "local",
    shard: o.Shard = None,
    limit: o.Limit = None,
    strict: o.Strict = None,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
) -> int:
    """Build an instruction dataset from Wikipedia and Wikidata dumps (or the built-in sample)."""
    flags = o.given(
        lang=o.listed(lang),
        wikipedia=wikipedia,
        wikidata=wikidata,
        kb=kb,
        sparql=sparql,
        prefixes=prefixes,
        titles=titles,
        wiki_api=wiki_api,
        schemas=schemas,
        wiki_templates=wiki_templates,
        seed=seed,
        limit=limit,
        list_pages=list_pages,
        rejects=rejects,
        compress=compress,
        strict=strict,
        wiki__passage=passage,
        wiki__max_chars=max_chars,
        wiki__variant=variant,
        wiki__lists=lists,
        render__tasks=o.listed(tasks),
        render__formats=o.listed(formats),
        render__negatives=negatives,
    )
    return _run(
        config, flags, out, render=True,
        contact=contact, workers=workers, engine=engine, shard=shard, fresh=fresh, quiet=quiet,
    )  # fmt: skip


def align(
    lang: o.Lang = None,
    wikipedia: o.Wikipedia = None,
    wikidata: o.Wikidata = None,
    kb: o.Kb = None,
    sparql: o.Sparql = None,
    prefixes: o.Prefixes = None,
    titles: o.Titles = None,
    wiki_api: o.WikiApi = None,
    contact: o.Contact = None,
    schemas: o.Schemas = None,
    out: o.OutAnywhere = Path("aligned"),
    config: o.Config = None,
    passage: o.Passage = None,
    max_chars: o.MaxChars = None,
    variant: o.Variant = None,
    lists: o.Lists = None,
    list_pages: o.ListPages = None,
    wiki_templates: o.WikiTemplates = None,
    keep_all: Annotated[
        bool | None, typer.Option("--keep-all/--no-keep-all", help="Keep passages that name nothing.")
    ] = None,
    rejects: o.Rejects = None,
    compress: o.Compress = None,
    workers: o.Workers = None,
    engine: o.Engine = "local",
    shard: o.Shard = None,
    limit: o.Limit = None,
    strict: o.Strict = None,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
) -> int:
    """Align pages with a knowledge base: records in OUT/aligned, no instructions."""
    flags = o.given(
        lang=o.listed(lang),
        wikipedia=wikipedia,
        wikidata=wikidata,
        kb=kb,
        sparql=sparql,
        prefixes=prefixes,
        titles=titles,
        wiki_api=wiki_api,
        schemas=schemas,
        wiki_templates=wiki_templates,
        limit=limit,
        list_pages=list_pages,
        keep_all=keep_all,
        rejects=rejects,
        compress=compress,
        strict=strict,
        wiki__passage=passage,
        wiki__max_chars=max_chars,
        wiki__variant=variant,
        wiki__lists=lists,
    )
    return _run(
        config, flags, out, render=False,
        contact=contact, workers=workers, engine=engine, shard=shard, fresh=fresh, quiet=quiet,
    )  # fmt: skip


def _run(
    config: Path | None,
    flags: dict[str, object],
    out: Path,
    *,
    render: bool,
    contact: str | None,
    workers: int | None,
    engine: str,
    shard: str | None,
    fresh: bool,
    quiet: bool,
) -> int:
    from kg2instruct.cluster import open_engine
    from kg2instruct.config import read_config
    from kg2instruct.pipeline.build import build as run_build
    from kg2instruct.storage import output_folder

    settings = read_config(config, flags)
    share = o.share(shard, engine=engine, out=out)
    with open_engine(engine, workers) as opened, output_folder(out) as folder:
        summary = run_build(
            settings,
            folder,
            workers=workers or o.cores(),
            fresh=fresh,
            render=render,
            contact=contact or "",
            engine=opened,
            share=share,
            progress=o.silent if quiet else o.progress,
        )
    if not quiet:
        from kg2instruct.cli.summary import show_build

        show_build(summary, o.messages)
        if not summary.failed:
            o.stored(out)
    return _status(summary)


def _status(summary: BuildSummary) -> int:
    """0 where all is there, 1 with a line of what is missing."""
    if not summary.failed:
        return 0
    o.messages.print(
        f"[bold red]error:[/] {len(summary.failed)} parts could not be done; {summary.out} is incomplete "
        "and has no manifest.json. The same command tries these parts again; "
        "fewer --workers leave each more memory",
        soft_wrap=True,
        highlight=False,
    )
    return 1
