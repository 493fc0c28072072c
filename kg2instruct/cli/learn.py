"""`kg2instruct learn`: words that state relations, from pages and a knowledge base."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from kg2instruct.cli import options as o


def learn(
    out: o.OutFile,
    lang: Annotated[Literal["zh", "en"], typer.Option("--lang", help="Language of the pages.")] = "zh",
    wikipedia: o.Wikipedia = None,
    wikidata: o.Wikidata = None,
    kb: o.Kb = None,
    schemas: o.Schemas = None,
    min_pages: Annotated[
        int | None,
        typer.Option("--min-pages", min=1, help="Pages that a word must have stood on.  \\[default: 8]"),
    ] = None,
    min_share: Annotated[
        float | None,
        typer.Option(
            "--min-share",
            min=0,
            max=1,
            help="Its rate here, of its rates for all relations.  \\[default: 0.4]",
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--most", min=1, help="Words of one relation.  \\[default: 25]")
    ] = None,
    workers: o.Workers = None,
    limit: o.Limit = None,
    strict: o.Strict = None,
    quiet: o.Quiet = False,
) -> None:
    """Learn which words state which relation from pages and a knowledge base; read the file before you use it."""
    from kg2instruct.align.learn import LearnOptions
    from kg2instruct.config import read_config, read_options
    from kg2instruct.pipeline.learning import learn as run_learn

    flags = o.given(
        lang=[lang],
        wikipedia=wikipedia,
        wikidata=wikidata,
        kb=kb,
        schemas=schemas,
        limit=limit,
        strict=strict,
    )
    thresholds = o.given(min_pages=min_pages, min_share=min_share, most=most)
    report = run_learn(
        read_config(None, flags),
        out,
        options=read_options(LearnOptions, None, "learn", thresholds),
        workers=workers or o.cores(),
        progress=o.make_progress(quiet=quiet),
    )
    if quiet:
        return
    from kg2instruct.cli.show import show_counts

    counts = {
        "pages": report.tally.counts["pages"],
        "cases": sum(report.cases.values()),
        "relations with words": len(report.words),
        "words": sum(map(len, report.words.values())),
    } | {name: number for name, number in sorted(report.tally.counts.items()) if name.startswith("problem: ")}
    show_counts(str(out), counts, o.messages)
