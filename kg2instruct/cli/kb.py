"""`kg2instruct kb`: build, fetch and inspect knowledge bases."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.pipeline.fetching import Fetched
    from kg2instruct.wikidata.build import BuildReport

app = typer.Typer(help="Build, fetch and inspect knowledge bases.", no_args_is_help=True)


@app.command("build")
def build(
    dumps: Annotated[
        list[Path],
        typer.Argument(
            help="Wikidata entity dumps (.json, .gz advised, .bz2, .zst; - for stdin), folders of kb fetch."
        ),
    ],
    lang: Annotated[str, typer.Option("--lang", help="Languages of names to keep.")] = "zh,en",
    out: o.OutAnywhere = Path("kb"),
    keep_all: Annotated[
        bool, typer.Option("--keep-all", help="Keep items without a name in these languages too.")
    ] = False,
    workers: o.Workers = None,
    engine: o.Engine = "local",
    shard: o.Shard = None,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
) -> None:
    """Build a knowledge base from Wikidata entity dumps; after an interruption, the same command goes on."""
    from kg2instruct.cluster import open_engine
    from kg2instruct.errors import ConfigError
    from kg2instruct.pipeline.fetching import entity_files
    from kg2instruct.pipeline.knowledge import build_knowledge_base, finished_before
    from kg2instruct.storage import output_folder

    part, langs = o.share(shard, engine=engine, out=out), o.listed(lang) or []
    if part and fresh:
        raise ConfigError("--fresh with --shard would throw away what others do; name a new --out")
    with open_engine(engine, workers) as opened, output_folder(out) as folder:
        files = entity_files(dumps)
        before = None if part or fresh else finished_before(files, folder, langs=langs, keep_all=keep_all)
        report = before or build_knowledge_base(
            files,
            folder,
            langs=langs,
            workers=workers or o.cores(),
            keep_all=keep_all,
            engine=opened,
            share=part,
            progress=o.make_progress(quiet=quiet),
        )
    if quiet:
        return
    if before:
        o.messages.print(f"[green]{out} was finished before[/]; --fresh builds it anew", soft_wrap=True)
    _show_built(report.folder, report)
    o.stored(out)


def _show_built(out: Path, report: BuildReport) -> None:
    from kg2instruct.cli.show import show_counts

    show_counts(f"knowledge base in {out}", report.counts, o.messages)
    _show_problems("line that could not be used", report.problems)


def _show_problems(what: str, places: Sequence[str]) -> None:
    if places:
        o.messages.print(f"[yellow]problem[/] {len(places):,} × {what}")
    for place in places[:3]:
        o.messages.print(f"    {place}", style="dim", highlight=False, markup=False, soft_wrap=True)


@app.command("fetch")
def fetch(
    sparql: Annotated[str, typer.Option("--sparql", metavar="URL", help="SPARQL endpoint of a Wikibase.")],
    titles: Annotated[
        list[str] | None,
        typer.Option("--titles", metavar="[LANG=]FILE", help="Titles of pages, one a line; repeatable."),
    ] = None,
    qids: Annotated[
        str | None, typer.Option("--qids", metavar="LIST", help="Entities, as Q64,Q90 or a file of them.")
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option("--classes", metavar="LIST", help="All members of classes, as Q515 or a file of them."),
    ] = None,
    properties: Annotated[
        str, typer.Option("--properties", help="schema, all, or a list as P17,P36 or a file of it.")
    ] = "schema",
    schemas: o.Schemas = None,
    depth: Annotated[
        int, typer.Option("--depth", min=0, help="1: all claims of the values too; 2: of theirs.")
    ] = 0,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many entities.")] = 0,
    lang: Annotated[str, typer.Option("--lang", help="Languages of names and pages.")] = "zh,en",
    prefixes: o.Prefixes = None,
    contact: o.Contact = None,
    parallel: Annotated[int, typer.Option("--parallel", min=1, help="Queries at once, at most.")] = 2,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Entities in a query, at most.")] = 50,
    timeout: Annotated[int, typer.Option("--timeout", min=1, help="Seconds to wait for an answer.")] = 75,
    max_rows: Annotated[
        int, typer.Option("--max-rows", min=0, help="Rows at which the endpoint cuts its answers.")
    ] = 0,
    out: o.Out = Path("kb"),
    keep_all: Annotated[
        bool, typer.Option("--keep-all", help="Keep items without a name in these languages too.")
    ] = False,
    workers: o.Workers = None,
    fresh: o.Fresh = False,
    strict: o.Strict = None,
    quiet: o.Quiet = False,
) -> int:
    """Fetch a knowledge base from a SPARQL endpoint; after an interruption, the same command goes on."""
    from kg2instruct.errors import ConfigError
    from kg2instruct.pipeline.fetching import Source, fetch_knowledge_base, schema_properties
    from kg2instruct.pipeline.selecting import read_list, read_titles
    from kg2instruct.sparql.endpoint import EndpointOptions
    from kg2instruct.sparql.fetch import FetchOptions, Selection

    if not (titles or qids or classes):
        raise ConfigError("say which entities: --titles FILE, --qids LIST or --classes LIST")
    langs = tuple(o.listed(lang) or ())
    wanted: tuple[str, ...] | None = None
    if properties == "schema":
        wanted = schema_properties(Path(schemas) if schemas else None)
    elif properties != "all":
        wanted = read_list(properties, what="--properties", letter="P")
    selection = Selection(
        titles=read_titles(titles or [], langs),
        ids=read_list(qids, what="--qids") if qids else (),
        classes=read_list(classes, what="--classes", letter="Q") if classes else (),
        limit=limit,
    )
    fetched = fetch_knowledge_base(
        Source(
            url=sparql,
            prefixes=Path(prefixes) if prefixes else None,
            options=EndpointOptions(
                timeout=timeout, parallel=parallel, contact=contact or "", batch=batch, max_rows=max_rows
            ),
        ),
        selection,
        out,
        options=FetchOptions(langs=langs, properties=wanted, depth=depth),
        progress=o.make_progress(quiet=quiet),
        workers=workers or o.cores(),
        keep_all=keep_all,
        fresh=fresh,
    )
    if not quiet:
        _show_built(out, fetched.built)
        show_fetched(fetched)
    return int(bool(strict and (fetched.report.missing or fetched.report.failed)))


def show_fetched(fetched: Fetched) -> None:
    """What was fetched, and what was not found or could not be had."""
    from kg2instruct.cli.show import show_counts

    report, traffic = fetched.report, fetched.traffic
    calls = {"queries answered": traffic.answered, "bytes received": traffic.received}
    failures = {f"failed and asked again: {kind}": n for kind, n in sorted(traffic.failures.items())}
    show_counts("fetched", report.counts | calls | failures, o.messages)
    _show_problems("title without an entity", report.missing)
    _show_problems("entity that was too much for the endpoint; the next run asks again", [*report.failed])


@app.command("info")
def info(
    kb: Annotated[Path, typer.Argument(help="Folder of a knowledge base.")],
    entity: Annotated[
        str | None, typer.Argument(help="An entity to show: Q64, P17, their addresses, a title or a name.")
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
