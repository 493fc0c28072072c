"""`kg2instruct render` and `export`: records to instruction rows, and rows to what trainers read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.errors import InputError
    from kg2instruct.render.labels import LabelSchema

_LABELS, _WORDING, _SAMPLING = "Labels", "Wording", "Sampling"
_Layout = Annotated[
    str | None,
    typer.Option("--layout", help="Rows as trainers read them: alpaca, sharegpt, messages, prompt, iepile."),
]


def render(
    file: Annotated[Path, typer.Argument(help="Records as JSON lines, also .gz or .zst.")],
    out: o.OutFile,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", help="ner, re, spo, ee, eet, eea, kg; several with commas.  [default: ner,re]"
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="An output format, several with commas, or all: each question in every one.  [default: json]",
        ),
    ] = None,
    layout: _Layout = None,
    schemas: Annotated[
        str | None,
        typer.Option(
            "--schemas",
            help="Ask for the labels of the topics: `default`, or your own schema, a file or a folder.",
            rich_help_panel=_LABELS,
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            "--schema",
            metavar="FILE|CORPUS",
            help="Ask for the labels of a file: a list of your own, what `convert --schema-out` writes, "
            "IEPile's schema.json, or a published corpus by name, such as duie2.",
            rich_help_panel=_LABELS,
        ),
    ] = None,
    lang: Annotated[
        Literal["zh", "en"],
        typer.Option(
            "--lang", help="Language of FILE; matters with labels from elsewhere.", rich_help_panel=_LABELS
        ),
    ] = "zh",
    wording: Annotated[
        str | None,
        typer.Option(
            "--wording", help="Language of instructions: record, zh, en or both.", rich_help_panel=_WORDING
        ),
    ] = None,
    template_set: Annotated[
        str | None,
        typer.Option(
            "--template-set", help="A named set of templates: iepile, zhixi.", rich_help_panel=_WORDING
        ),
    ] = None,
    template_folder: Annotated[
        str | None,
        typer.Option(
            "--templates", metavar="DIR", help="Your own folder of templates.", rich_help_panel=_WORDING
        ),
    ] = None,
    open_rate: Annotated[
        float | None,
        typer.Option("--open-rate", help="Share that lists no labels.", rich_help_panel=_WORDING),
    ] = None,
    definitions: Annotated[
        float | None,
        typer.Option(
            "--definitions", help="Share whose labels come with definitions.", rich_help_panel=_WORDING
        ),
    ] = None,
    synonyms: Annotated[
        float | None,
        typer.Option("--synonyms", help="Chance of a label under another name.", rich_help_panel=_WORDING),
    ] = None,
    templates_per_record: Annotated[
        int | None,
        typer.Option(
            "--templates-per-record", help="How often a record is asked.", rich_help_panel=_SAMPLING
        ),
    ] = None,
    negatives: Annotated[
        float | None,
        typer.Option(
            "--negatives",
            help="Rows with an empty answer per row with one, at most.",
            rich_help_panel=_SAMPLING,
        ),
    ] = None,
    hard_negatives: Annotated[
        bool | None,
        typer.Option(
            "--hard-negatives/--random-negatives",
            help="Ask for easily confused labels first, or for any.",
            rich_help_panel=_SAMPLING,
        ),
    ] = None,
    split_num: Annotated[
        int | None,
        typer.Option(
            "--split-num", help="Labels in one instruction, at most; 0 for all.", rich_help_panel=_SAMPLING
        ),
    ] = None,
    schema_tokens: Annotated[
        int | None,
        typer.Option(
            "--schema-tokens", help="Tokens of labels in one instruction.", rich_help_panel=_SAMPLING
        ),
    ] = None,
    max_chars: Annotated[
        int | None,
        typer.Option("--max-chars", help="Cut longer texts, at sentence borders.", rich_help_panel=_SAMPLING),
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", help="The same by tokens.", rich_help_panel=_SAMPLING)
    ] = None,
    most_specific: Annotated[
        bool | None,
        typer.Option(
            "--most-specific/--all-links",
            help="Leave out what follows from a chain (A in B, B in C).",
            rich_help_panel=_SAMPLING,
        ),
    ] = None,
    config: o.Config = None,
    seed: o.Seed = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many records.")] = None,
    workers: o.Workers = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Stop at the first line that is no record or label that the schema lacks."
        ),
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Turn records into instruction rows, as JSON lines."""
    if schemas and labels:
        raise typer.BadParameter("give either --schemas or --labels", param_hint="--labels")
    from kg2instruct.config import read_options
    from kg2instruct.render.files import render_file
    from kg2instruct.render.formats import FORMATS
    from kg2instruct.render.options import RenderOptions

    if output_format is None and config is None:
        output_format = "json"
    every = output_format == "all"
    flags = o.given(
        tasks=o.listed(task),
        formats=list(FORMATS) if every else o.listed(output_format),
        each_format=every or None,
        wording=wording,
        template_set=template_set,
        template_folder=template_folder,
        open_rate=open_rate,
        definitions=definitions,
        synonyms=synonyms,
        templates_per_record=templates_per_record,
        negatives=negatives,
        hard_negatives=hard_negatives,
        split_num=split_num,
        schema_tokens=schema_tokens,
        max_chars=max_chars,
        max_tokens=max_tokens,
        most_specific=most_specific,
        seed=seed,
    )
    options = read_options(RenderOptions, config, "render", flags)
    size = file.stat().st_size if file.is_file() and file.suffix == ".jsonl" else None
    with o.make_progress(quiet=quiet)("rendering", size) as progress:
        report = render_file(
            file,
            out,
            options,
            _labels(schemas, labels, lang),
            layout=layout or "",
            limit=limit,
            strict=strict,
            workers=workers or o.cores(),
            done=progress.advance,
        )
    if not quiet:
        from kg2instruct.cli.show import show_counts

        if report.first_bad:
            o.messages.print(f"left out: {report.first_bad}", style="yellow", soft_wrap=True, markup=False)
        counts = {"records": report.records, "rows": report.rows}
        if report.bad_lines:
            counts["lines that are no records"] = report.bad_lines
        show_counts(
            str(out), counts | {f"not for {name}": n for name, n in report.left_out.items()}, o.messages
        )


def _labels(schemas: str | None, labels: Path | None, lang: Literal["zh", "en"]) -> LabelSchema | None:
    if labels is not None:
        from kg2instruct.render.label_files import load_labels

        return load_labels(labels, lang)
    if schemas is None:
        return None
    from kg2instruct.render.wikipedia import label_schema
    from kg2instruct.schema import load_schemas

    return label_schema(load_schemas(None if schemas == "default" else Path(schemas)), lang)


def export(
    rows: Annotated[
        Path, typer.Argument(help="Dataset folder of `build` or `mix`, or a file of rows as `render` writes.")
    ],
    layout: Annotated[str, typer.Option("--layout", help="alpaca, sharegpt, messages, prompt, or iepile.")],
    out: o.Out,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first line that is no row.")] = False,
    quiet: o.Quiet = False,
) -> None:
    """Write rows as trainers read them: a file of JSON lines for each split, and dataset_info.json beside."""
    from kg2instruct.pipeline.export import export_rows

    bad: list[InputError] = []
    counts = export_rows(rows, layout, out, None if strict else bad.append)
    if bad:
        o.messages.print(f"left out: {bad[0]}", style="yellow", soft_wrap=True, markup=False)
        counts["lines that are no rows"] = len(bad)
    if not quiet:
        from kg2instruct.cli.show import show_counts

        show_counts(str(out), counts, o.messages)
