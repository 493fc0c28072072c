"""What a command says when it is done: tables and a few examples, to the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kg2instruct.errors import UnknownName
from kg2instruct.pipeline.build import BuildSummary
from kg2instruct.wikidata.store import Store

_FUNNEL = ("pages read", "pages with an entity", "passages", "passages with a triple", "candidates", "triples", "examples")


def show_counts(title: str, counts: Mapping[str, Any], console: Console) -> None:
    """A two-column table of counts."""
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    for name, value in counts.items():
        table.add_row(escape(str(name)), f"{value:,}" if isinstance(value, int) else str(value))
    console.print(table)


def show_build(summary: BuildSummary, console: Console) -> None:
    """The funnel, why candidates were dropped, what was wrong with the input, three examples, and where to look next."""
    if summary.resumed:
        console.print(f"[green]{escape(str(summary.out))} is already finished[/]; --fresh builds it anew")
    counts = summary.counts
    funnel = {name: counts[name] for name in _FUNNEL if name in counts}
    show_counts("pages to triples", funnel | {f"rows: {k}": v for k, v in summary.rows.items()}, console)
    for prefix, title in (("dropped: ", "claims not taken"), ("problem: ", "problems in the input")):
        found = {name.removeprefix(prefix): n for name, n in counts.items() if name.startswith(prefix)}
        if found:
            show_counts(title, dict(sorted(found.items(), key=lambda item: -item[1])), console)
    topics = {n.removeprefix("rows of topic: "): c for n, c in counts.items() if n.startswith("rows of topic: ")}
    if topics:
        show_counts("rows by topic", topics, console)
    for name, why in summary.failed.items():
        console.print(f"[red]left out[/] {escape(name)}: {escape(why)}")
    _show_examples(summary, console)
    out = escape(str(summary.out))
    console.print(
        f"\n[bold]{out}/data[/] instruction rows: datasets.load_dataset({out!r})\n"
        f"[bold]{out}/aligned[/] records with mentions, triples and where they come from\n"
        f"[bold]{out}/README.md[/] the dataset card, [bold]stats.json[/] all counts and reasons"
    )


def _show_examples(summary: BuildSummary, console: Console) -> None:
    import pyarrow.parquet as pq

    first = sorted((summary.out / "data").glob("train-*.parquet"))
    if not first:
        return
    rows = pq.read_table(first[0]).slice(0, 2000).to_pylist()
    answered = [row for row in rows if any(char.isalnum() for char in row["output"]) and len(row["output"]) > 40]
    step = max(1, len(answered) // 3)
    for row in answered[::step][:3]:
        console.print(f"\n[dim]{escape(row['id'])} · {row['task']} · {row['cate']} · {row['format']}[/]")
        for part in ("instruction", "input", "output"):
            if row[part]:
                shown = row[part] if len(row[part]) < 400 else row[part][:400] + "…"
                console.print(f"[cyan]{part}[/] {escape(shown)}", highlight=False)


def show_store(store: Store, *, as_json: bool) -> None:
    """What a knowledge base holds, to standard output."""
    from kg2instruct.wikidata.describe import describe_store

    _show(describe_store(store), as_json)


def show_entity(store: Store, name: str, *, as_json: bool) -> None:
    """One entity, by id or by name, to standard output."""
    from kg2instruct.wikidata.describe import describe_entity

    found = describe_entity(store, name)
    if found is None:
        raise UnknownName("entity", name, ())
    _show(found, as_json)


def _show(record: Any, as_json: bool) -> None:
    data = msgspec.to_builtins(record)
    console = Console()
    if as_json:
        console.print_json(msgspec.json.encode(data).decode())
    else:
        table = Table(show_header=False, box=None)
        for key, value in data.items():
            shown = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
            table.add_row(f"[bold]{escape(key)}[/]", escape(shown))
        console.print(table)
