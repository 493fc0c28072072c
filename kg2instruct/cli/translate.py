"""`kg2instruct translate`: instruction data and annotated records into the other language."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.convert.report import Report
    from kg2instruct.translate import Item

_CALLS, _CHECKS, _FILES = "Calls", "What is asked and accepted", "Files"


def _option(flag: str, help_: str, panel: str, **more: Any) -> Any:
    return typer.Option(flag, help=help_, rich_help_panel=panel, **more)


def translate(
    file: Annotated[
        Path, typer.Argument(help="Alpaca, code-alpaca, GSM8K, FLAN CoT, messages or our records.")
    ],
    to: Annotated[Literal["zh", "en"], typer.Option("--to", help="Language to translate into.")],
    out: o.OutFile,
    mode: Annotated[
        Literal["translate", "answer"],
        typer.Option(
            "--mode", help="Translate question and answer, or only the question, and answer it anew."
        ),
    ] = "translate",
    model: Annotated[str, typer.Option("--model", help="Model to ask.")] = "gpt-4o",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell calls, tokens and cost; send nothing.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many rows.")] = None,
    base_url: Annotated[
        str | None, _option("--base-url", "An OpenAI-compatible endpoint; the key is OPENAI_API_KEY.", _CALLS)
    ] = None,
    concurrency: Annotated[int, _option("--concurrency", "Calls under way at once.", _CALLS, min=1)] = 16,
    max_cost: Annotated[
        float | None, _option("--max-cost", "Most US dollars for all answers of the journal.", _CALLS, min=0)
    ] = None,
    price: Annotated[
        str | None, _option("--price", "INPUT,OUTPUT in US dollars a million tokens.", _CALLS)
    ] = None,
    timeout: Annotated[float, _option("--timeout", "Seconds for one call.", _CALLS, min=0.1)] = 120.0,
    tries: Annotated[int, _option("--tries", "Times a failed call is made.", _CALLS, min=1)] = 8,
    patience: Annotated[
        float, _option("--patience", "Seconds an endpoint may be down.", _CALLS, min=0)
    ] = 300.0,
    batch: Annotated[
        bool, _option("--batch", "Use the Batch API: half the price, within a day.", _CALLS)
    ] = False,
    wait: Annotated[
        bool, _option("--wait/--no-wait", "Wait for batches, or leave them to the next run.", _CALLS)
    ] = True,
    poll: Annotated[float, _option("--poll", "Seconds between looks at batches.", _CALLS, min=0.01)] = 30.0,
    attempts: Annotated[int, _option("--attempts", "Times a row is asked for.", _CHECKS, min=1)] = 3,
    skip: Annotated[
        str | None, _option("--skip-checks", "Checks not to make, such as language,length.", _CHECKS)
    ] = None,
    code_comments: Annotated[
        bool, _option("--code-comments", "Translate comments and strings inside code.", _CHECKS)
    ] = False,
    glossary: Annotated[
        Path | None, _option("--glossary", "Terms and translations: YAML, or lines with a tab.", _CHECKS)
    ] = None,
    kb: Annotated[
        Path | None, _option("--kb", "Knowledge base whose names serve as a glossary.", _CHECKS)
    ] = None,
    prompts: Annotated[Path | None, _option("--prompts", "Folder of your own prompts.", _CHECKS)] = None,
    temperature: Annotated[float, _option("--temperature", "Of the model.", _CHECKS, min=0, max=2)] = 0.0,
    form: Annotated[
        str | None, _option("--format", "Form of FILE, where it does not show: alpaca, gsm8k, cot …", _FILES)
    ] = None,
    mapping: Annotated[
        Path | None, _option("--mapping", "YAML that says which key or column is what.", _FILES)
    ] = None,
    journal: Annotated[
        Path | None, _option("--journal", "File of paid answers.  [default: OUT.journal]", _FILES)
    ] = None,
    rejects: Annotated[
        Path | None, _option("--rejects", "File of rows put aside.  [default: OUT.rejects.jsonl]", _FILES)
    ] = None,
    sample_page: Annotated[
        Path | None, _option("--sample-page", "HTML page with 30 rows for review.", _FILES)
    ] = None,
    strict: Annotated[
        bool, _option("--strict", "Stop at the first row that cannot be read.", _FILES)
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Translate instruction data through a chat model; the same command goes on where it stopped."""
    from kg2instruct.cli import translating
    from kg2instruct.convert.report import Report
    from kg2instruct.translate.glossary import read_glossary
    from kg2instruct.translate.models import find_model
    from kg2instruct.translate.options import CallOptions, TranslateOptions
    from kg2instruct.translate.run import Paths

    options = TranslateOptions(
        to=to,
        mode=mode,
        model=model,
        attempts=attempts,
        code_comments=code_comments,
        skip=tuple(o.listed(skip) or ()),
        prompts=prompts,
        temperature=temperature,
        glossary=tuple(read_glossary(glossary)) if glossary else (),
        kb=kb,
    )
    calls = CallOptions(
        base_url=base_url,
        concurrency=concurrency,
        timeout=timeout,
        tries=tries,
        patience=patience,
        max_cost=max_cost,
    )
    report = Report(strict=strict)
    job = translating.Job(
        items=lambda counted: islice(_items(file, counted, form, mapping), limit),
        paths=Paths.beside(out, journal, rejects),
        options=options,
        model=find_model(model, price),
        calls=calls,
        report=report,
        sample_page=sample_page,
        quiet=quiet,
    )
    if dry_run:
        translating.show_plan(job, batch=batch)
        return
    summary = translating.in_batches(job, wait=wait, poll=poll) if batch else translating.live(job)
    if summary and not quiet:
        translating.show(summary, out)


def _items(file: Path, report: Report, form: str | None, mapping: Path | None) -> Iterable[Item]:
    from kg2instruct.translate.mapping import read_mapped, read_mapping
    from kg2instruct.translate.readers import read_items

    return read_mapped(file, report, read_mapping(mapping)) if mapping else read_items(file, report, form)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("translate")(translate)
