"""`kg2instruct view`: records in the terminal."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer


def view(
    path: Annotated[
        Path,
        typer.Argument(help="Dataset folder, or a file of records or rows (.jsonl, .gz, .zst, .parquet)."),
    ],
    rows: Annotated[
        bool | None,
        typer.Option(
            "--rows/--records", help="Instruction rows, or aligned records (the default of a folder)."
        ),
    ] = None,
    search: Annotated[str, typer.Option("--search", "-s", help="Only those that hold this text.")] = "",
    topic: Annotated[str, typer.Option("--topic", help="Only those of a topic.")] = "",
    relation: Annotated[str, typer.Option("--relation", help="Only those with a relation or property.")] = "",
    task: Annotated[str, typer.Option("--task", help="Only rows of a task: ner, re, …")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Stop after so many.")] = None,
) -> None:
    """Look at records in colours, a screen at a time; piped on, as plain text."""
    from kg2instruct.cli import options as o
    from kg2instruct.cli.pager import paged
    from kg2instruct.cli.show import results
    from kg2instruct.pipeline.reading import Filter, Kind, read_records
    from kg2instruct.report.terminal import record_lines

    wanted = Filter(search, topic, relation, task)
    kind: Kind | None = None if rows is None and not task else "records" if rows is False else "rows"
    found = islice((r for r in read_records(path, kind) if wanted.fits(r)), limit)
    first = next(found, None)
    if first is None:
        wanted.check(read_records(path, kind))
        o.messages.print("nothing fits", highlight=False)
        return
    with paged(results) as console:
        for record in chain((first,), found):
            for line in record_lines(record):
                console.print(line, highlight=False, soft_wrap=True)
