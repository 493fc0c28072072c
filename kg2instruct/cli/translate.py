"""`kg2instruct translate`: instruction data and annotated records into the other language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.translate import Summary


def translate(
    file: Annotated[
        Path, typer.Argument(help="Alpaca, code-alpaca, GSM8K, FLAN CoT, messages or our records.")
    ],
    to: Annotated[Literal["zh", "en"], typer.Option("--to", help="Language to translate into.")],
    out: o.OutFile,
    mode: Annotated[
        Literal["translate", "answer"],
        typer.Option(
            "--mode", help="Translate question and answer, or translate the question and answer it anew."
        ),
    ] = "translate",
    model: Annotated[str, typer.Option("--model", help="Model to ask.")] = "gpt-4o",
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", help="An OpenAI-compatible endpoint; the key is OPENAI_API_KEY."),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="Form of FILE, if its rows do not tell: alpaca, gsm8k, cot, …"),
    ] = None,
    price: Annotated[
        str | None, typer.Option("--price", help="INPUT,OUTPUT in US dollars a million tokens.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", min=0, help="Stop before all answers cost more US dollars.")
    ] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Calls under way at once.")] = 16,
    attempts: Annotated[int, typer.Option("--attempts", min=1, help="Times a row is asked for.")] = 3,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds for one call.")] = 120.0,
    patience: Annotated[float, typer.Option("--patience", help="Seconds an endpoint may be down.")] = 300.0,
    code_comments: Annotated[
        bool, typer.Option("--code-comments", help="Translate comments and strings inside code.")
    ] = False,
    skip: Annotated[
        str | None, typer.Option("--skip-checks", help="Checks not to make, such as language,length.")
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="File of paid answers.  [default: OUT.journal]", show_default=False),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects", help="File of rows put aside.  [default: OUT.rejects.jsonl]", show_default=False
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many rows.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Translate instruction data through a chat model; the same command goes on where it stopped."""
    from itertools import islice

    from kg2instruct.convert.report import Report
    from kg2instruct.translate.models import find_model
    from kg2instruct.translate.options import CallOptions, TranslateOptions
    from kg2instruct.translate.readers import read_items
    from kg2instruct.translate.run import Paths, translate_file

    options = TranslateOptions(
        to=to,
        mode=mode,
        model=model,
        attempts=attempts,
        code_comments=code_comments,
        skip=tuple(o.listed(skip) or ()),
    )
    calls = CallOptions(
        base_url=base_url, concurrency=concurrency, timeout=timeout, patience=patience, max_cost=max_cost
    )
    report = Report(strict=strict)
    items = islice(read_items(file, report, form), limit)
    paths = Paths.beside(out, journal, rejects)
    summary = translate_file(items, paths, options, find_model(model, price), calls, report=report)
    if not quiet:
        show(summary, out)


def show(summary: Summary, out: Path) -> None:
    """The counts of a run, as a table."""
    from kg2instruct.cli.show import show_counts

    data = summary.to_json()
    shown: dict[str, object] = {
        name: data[name] for name in ("items", "done", "rejected", "rows", "records") if data[name]
    }
    shown |= {f"not done: {reason}": n for reason, n in data["not_done"].items()}
    shown |= {f"not accepted: {check}": n for check, n in data["failed_checks"].items()}
    show_counts(str(out), shown, o.messages)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("translate")(translate)
