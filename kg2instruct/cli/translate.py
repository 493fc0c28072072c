"""`kg2instruct translate`: instruction data and annotated records into the other language."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kg2instruct.cli import calls as c
from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.convert.report import Report
    from kg2instruct.translate import Item

_CHECKS = "What is asked and accepted"


def translate(
    *,
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
    dry_run: c.DryRun = False,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many rows.")] = None,
    calls: c.Calls,
    batch: Annotated[
        bool, c.option("--batch", "Use the Batch API: half the price, within a day.", c.CALLS)
    ] = False,
    wait: Annotated[
        bool, c.option("--wait/--no-wait", "Wait for batches, or leave them to the next run.", c.CALLS)
    ] = True,
    poll: Annotated[float, c.option("--poll", "Seconds between looks at batches.", c.CALLS, min=0.01)] = 30.0,
    attempts: Annotated[int, c.option("--attempts", "Times a row is asked for.", _CHECKS, min=1)] = 3,
    skip: Annotated[
        str | None, c.option("--skip-checks", "Checks not to make, such as language,length.", _CHECKS)
    ] = None,
    code_comments: Annotated[
        bool, c.option("--code-comments", "Translate comments and strings inside code.", _CHECKS)
    ] = False,
    glossary: Annotated[
        Path | None, c.option("--glossary", "Terms and translations: YAML, or lines with a tab.", _CHECKS)
    ] = None,
    kb: Annotated[
        Path | None, c.option("--kb", "Knowledge base whose names serve as a glossary.", _CHECKS)
    ] = None,
    prompts: Annotated[Path | None, c.option("--prompts", "Folder of your own prompts.", _CHECKS)] = None,
    temperature: Annotated[float, c.option("--temperature", "Of the model.", _CHECKS, min=0, max=2)] = 0.0,
    form: Annotated[
        str | None,
        c.option("--format", "Form of FILE, where it does not show: alpaca, gsm8k, cot …", c.FILES),
    ] = None,
    mapping: Annotated[
        Path | None, c.option("--mapping", "YAML that says which key or column is what.", c.FILES)
    ] = None,
    journal: c.JournalFile = None,
    rejects: Annotated[
        Path | None, c.option("--rejects", "File of rows put aside.  \\[default: OUT.rejects.jsonl]", c.FILES)
    ] = None,
    sample_page: Annotated[
        Path | None, c.option("--sample-page", "HTML page with 30 rows for review.", c.FILES)
    ] = None,
    strict: Annotated[
        bool, c.option("--strict", "Stop at the first row that cannot be read.", c.FILES)
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Translate instruction data through a chat model; the same command goes on where it stopped."""
    from kg2instruct.cli import translating
    from kg2instruct.convert.report import Report
    from kg2instruct.translate import TranslateOptions
    from kg2instruct.translate.glossary import read_glossary
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
    report = Report(strict=strict)
    job = translating.Job(
        items=lambda counted: islice(_items(file, counted, form, mapping), limit),
        paths=Paths.beside(out, journal, rejects),
        options=options,
        model=calls.model(model),
        calls=calls.options(),
        report=report,
        sample_page=sample_page,
        quiet=quiet,
    )
    if dry_run:
        translating.show_plan(job, batch=batch)
        return
    summary = translating.in_batches(job, wait=wait, poll=poll) if batch else translating.live(job)
    if summary:
        translating.tell(summary, job)


def _items(file: Path, report: Report, form: str | None, mapping: Path | None) -> Iterable[Item]:
    from kg2instruct.translate.mapping import read_mapped, read_mapping
    from kg2instruct.translate.readers import read_items

    return read_mapped(file, report, read_mapping(mapping)) if mapping else read_items(file, report, form)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("translate")(translate)
