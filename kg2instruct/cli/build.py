"""`kg2instruct build` and `align`: the main job, whole or without instructions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.pipeline.build import BuildSummary


# Options that stand under `wiki:` in a configuration.
_OF_WIKI = frozenset(("passage", "max_chars", "variant", "lists"))


@dataclass(frozen=True, slots=True)
class Sources:
    """Where pages and knowledge come from, and what is read of them."""

    PANEL: ClassVar = "Pages and knowledge"

    wikipedia: o.Wikipedia = None
    wikidata: o.Wikidata = None
    kb: o.Kb = None
    sparql: o.Sparql = None
    prefixes: o.Prefixes = None
    titles: o.Titles = None
    wiki_api: o.WikiApi = None
    contact: o.Contact = None
    schemas: o.Schemas = None
    passage: o.Passage = None
    max_chars: o.MaxChars = None
    variant: o.Variant = None
    lists: o.Lists = None
    list_pages: o.ListPages = None
    wiki_templates: o.WikiTemplates = None
    limit: o.Limit = None

    def settings(self) -> dict[str, object]:
        """What was given, under the names of the configuration."""
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "contact"}
        return o.given(**{f"wiki__{name}" if name in _OF_WIKI else name: x for name, x in given.items()})


@dataclass(frozen=True, slots=True)
class Work:
    """How the work is done, and what is written beside the records."""

    PANEL: ClassVar = "Work"

    rejects: o.Rejects = None
    compress: o.Compress = None
    workers: o.Workers = None
    engine: o.Engine = "local"
    shard: o.Shard = None
    strict: o.Strict = None
    fresh: o.Fresh = False
    quiet: o.Quiet = False

    def settings(self) -> dict[str, object]:
        """What was given, under the names of the configuration."""
        return o.given(rejects=self.rejects, compress=self.compress, strict=self.strict)


def build(
    *,
    lang: o.Lang = None,
    out: o.OutAnywhere = Path("out"),
    config: o.Config = None,
    sources: Sources,
    tasks: Annotated[
        str | None,
        typer.Option("--tasks", help="Tasks, comma-separated: ner,re,spo,kg.  \\[default: ner,re]"),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--formats", help="Output formats, comma-separated; see `formats`.  \\[default: all but oneke]"
        ),
    ] = None,
    negatives: Annotated[
        float | None,
        typer.Option(
            "--negatives", help="Rows with an empty answer per row with one, at most.  \\[default: 1]"
        ),
    ] = None,
    seed: o.Seed = None,
    work: Work,
) -> int:
    """Build an instruction dataset from Wikipedia and Wikidata dumps (or the built-in sample)."""
    flags = o.given(
        lang=o.listed(lang),
        seed=seed,
        render__tasks=o.listed(tasks),
        render__formats=o.listed(formats),
        render__negatives=negatives,
    )
    return _run(config, flags, out, sources, work, render=True)


def align(
    *,
    lang: o.Lang = None,
    out: o.OutAnywhere = Path("aligned"),
    config: o.Config = None,
    sources: Sources,
    keep_all: Annotated[
        bool | None,
        typer.Option(
            "--keep-all/--no-keep-all", help="Keep passages that name nothing.  \\[default: no-keep-all]"
        ),
    ] = None,
    work: Work,
) -> int:
    """Align pages with a knowledge base: records in OUT/aligned, no instructions."""
    flags = o.given(lang=o.listed(lang), keep_all=keep_all)
    return _run(config, flags, out, sources, work, render=False)


def _run(
    config: Path | None, flags: dict[str, object], out: Path, sources: Sources, work: Work, *, render: bool
) -> int:
    from kg2instruct.cluster import open_engine
    from kg2instruct.config import read_config
    from kg2instruct.pipeline.build import build as run_build
    from kg2instruct.storage import output_folder

    settings = read_config(config, flags | sources.settings() | work.settings())
    share = o.share(work.shard, engine=work.engine, out=out)
    with open_engine(work.engine, work.workers) as opened, output_folder(out) as folder:
        summary = run_build(
            settings,
            folder,
            workers=work.workers or o.cores(),
            fresh=work.fresh,
            render=render,
            contact=sources.contact or "",
            engine=opened,
            share=share,
            progress=o.make_progress(quiet=work.quiet),
        )
    if not work.quiet:
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
