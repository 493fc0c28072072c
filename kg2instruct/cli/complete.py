"""`kg2instruct complete`: triples that an extraction model finds in records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from kg2instruct.cli import calls as c
from kg2instruct.cli import options as o

_ASKED = "What is asked and taken"


def complete(
    *,
    records: Annotated[Path, typer.Argument(help="Records as `build`, `align` or `convert` write them.")],
    out: o.OutFile,
    model: Annotated[
        str, typer.Option("--model", help="Name at the endpoint, or the folder of a transformers model.")
    ] = "gpt-4o",
    dry_run: c.DryRun = False,
    samples: Annotated[
        int, c.option("--samples", "How often to ask, in other words; agreement is the score.", _ASKED, min=1)
    ] = 1,
    min_score: Annotated[
        float, c.option("--min-score", "Share of samples that must agree.", _ASKED, min=0, max=1)
    ] = 0.0,
    task: Annotated[
        Literal["re", "spo"], c.option("--task", "Relations, or relations with types.", _ASKED)
    ] = "re",
    topics: Annotated[
        Literal["page", "mentioned"],
        c.option("--topics", "Relations of the record's topic, or of all it mentions.", _ASKED),
    ] = "page",
    formats: Annotated[str, c.option("--format", "Output formats to draw from.", _ASKED)] = "json",
    labels: Annotated[int, c.option("--labels", "Relations in one question.", _ASKED, min=1)] = 32,
    template_set: Annotated[
        str, c.option("--template-set", "Named set of wordings, such as iepile.", _ASKED)
    ] = "",
    kb: Annotated[
        Path | None, c.option("--kb", "Knowledge base that answers must not contradict.", _ASKED)
    ] = None,
    schemas: o.Schemas = None,
    temperature: Annotated[float, c.option("--temperature", "Of the model.", _ASKED, min=0, max=2)] = 0.0,
    attempts: Annotated[
        int, c.option("--attempts", "Times a question is asked until it can be read.", _ASKED, min=1)
    ] = 2,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the wordings.")] = 0,
    calls: c.Calls,
    local: Annotated[
        bool, c.option("--local", "Load --model here, also where it is a name on the Hub.", c.CALLS)
    ] = False,
    batch_size: Annotated[
        int, c.option("--batch-size", "Questions a local model answers together.", c.CALLS, min=1)
    ] = 16,
    max_new_tokens: Annotated[
        int, c.option("--max-new-tokens", "Longest answer of a local model.", c.CALLS, min=1)
    ] = 1024,
    journal: c.JournalFile = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many records.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first line that is no record.")
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Find what a knowledge base lacks: a model is asked, its answers are grounded, checked and merged."""
    from kg2instruct.chat import Model
    from kg2instruct.cli import completing
    from kg2instruct.cli.records import Records
    from kg2instruct.complete import CompleteOptions
    from kg2instruct.complete.questions import Desk

    options = CompleteOptions(
        samples=samples,
        min_score=min_score,
        task=task,
        topics=topics,
        formats=tuple(o.listed(formats) or ()),
        labels=labels,
        template_set=template_set,
        temperature=temperature,
        attempts=attempts,
        kb=kb,
        schemas=Path(schemas) if schemas else None,
        seed=seed,
    )
    source = Records(records, limit=limit, strict=strict)
    answers = None
    if local or (calls.base_url is None and completing.is_local(model)):
        answers = completing.load_local(model, temperature, max_new_tokens, seed)
    desk = Desk.of(options, Model(answers.name) if answers else calls.model(model))
    if dry_run:
        completing.show_plan(source, out, desk, journal, quiet=quiet)
        return
    completing.run(
        source, out, desk, answers or calls.options(), journal=journal, batch=batch_size, quiet=quiet
    )


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("complete")(complete)
