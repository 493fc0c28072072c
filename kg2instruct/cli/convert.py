"""`kg2instruct convert`: corpora to records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg2instruct.cli.options import OutFile, Quiet, messages

if TYPE_CHECKING:
    from kg2instruct.convert import Report

_ReportFile = Annotated[
    Path | None, typer.Option("--report", help="File for all that was left out, mended or not placed.")
]
_Mapping = Annotated[
    Path | None, typer.Option("--mapping", help="YAML file that names the fields, for `json` and `bio`.")
]
_SchemaFile = Annotated[Path | None, typer.Option("--schema-out", help="File for the labels of the corpus.")]
_As = Annotated[str | None, typer.Option("--as", help="Write this corpus' own form: iepile, duie2, bio, …")]

_REASONS = 20  # shown, the most frequent ones


def convert(
    corpus: Annotated[str, typer.Argument(help="Name of the corpus, or `auto`.")],
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    out: OutFile,
    mapping: _Mapping = None,
    schema_file: _SchemaFile = None,
    report_file: _ReportFile = None,
    form: _As = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many records.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first thing that is wrong.")] = False,
    quiet: Quiet = False,
) -> None:
    """Convert the files of a corpus to records, one JSON object a line.

    Corpora: ace2005, agrikg, casie, cluener, cmeie, conll04, conll2003, conll2012, duee1, dueefin, duie1, duie2,
    dygiepp, fewrel, finre, iepile, instructie, msra, nyt_copyre, nyt_opennre, nyt_triples, oneie, people_daily,
    rebel, sanwen, scierc; bio for any file of tokens and tags; json, with --mapping, for anything else.
    """
    from kg2instruct.convert import AUTO, EXPORTS, Report
    from kg2instruct.convert import convert as converted
    from kg2instruct.convert.schemas import SchemaCollector, corpus_schema, schema_yaml
    from kg2instruct.jsonl import atomic_writer, encode, write_jsonl

    export = EXPORTS[form] if form else None
    with ExitStack() as stack:
        report = Report(strict=strict)
        if report_file:
            notes = stack.enter_context(atomic_writer(report_file))
            report.tell = lambda note: notes.write(encode(note))
        labels = SchemaCollector(None if corpus == AUTO else corpus_schema(corpus))
        found = converted(corpus, paths, report, mapping=mapping)
        examples = labels.watch(islice(found, limit)) if schema_file else islice(found, limit)
        if export:
            lines = stack.enter_context(atomic_writer(out))
            for row in export(examples, report):
                lines.write(f"{row}\n".encode() if isinstance(row, str) else encode(row))
        else:
            write_jsonl(out, examples)
    if schema_file:
        with atomic_writer(schema_file) as file:
            file.write(schema_yaml(labels.schema()).encode())
    if not quiet:
        for line in summary(report, report_file, whole=limit is None):
            messages.print(line, highlight=False, soft_wrap=True)


def summary(report: Report, report_file: Path | None, *, whole: bool = True) -> Iterator[str]:
    """What a conversion did, line by line."""
    from rich.markup import escape

    kept = ", ".join(f"{n:,} {_plural(kind, n)}" for kind, n in report.kept.items() if n or kind == "record")
    yield f"[bold]{kept or 'no records'}[/] from {report.files} {_plural('file', report.files)}"
    counts = Counter({("dropped", *key): n for key, n in report.dropped.items()})
    counts.update(report.other)
    for (action, kind, reason), n in counts.most_common(_REASONS):
        yield f"{action} {n:,} {_plural(kind, n)}: {escape(reason)}"
    if len(counts) > _REASONS:
        yield f"and {len(counts) - _REASONS:,} more reasons"
    if whole:
        for kind, n in report.unexplained().items():
            yield f"[red]not accounted for[/] {n:,} {_plural(kind, n)}"
    if counts and not report_file:
        yield "--report FILE tells each of them with its place"


def _plural(kind: str, count: int) -> str:
    return kind if count == 1 else "entities" if kind == "entity" else f"{kind}s"
