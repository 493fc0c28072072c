"""`kg2instruct render` and `export`: records to instruction rows, and rows to what trainers read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.errors import InputError
    from kg2instruct.render.files import RenderReport
    from kg2instruct.render.labels import LabelSchema

_REASONS = 20  # why records did not serve, the most frequent first

_Layout = Annotated[
    str | None,
    typer.Option("--layout", help="Rows as trainers read them: alpaca, sharegpt, messages, prompt, iepile."),
]


@dataclass(frozen=True, slots=True)
class Labels:
    """Which labels are asked for, where it is not those that occur in the file."""

    PANEL: ClassVar = "Labels"

    schemas: Annotated[
        str | None,
        typer.Option(
            "--schemas",
            help="Ask for the labels of the topics: `default`, or your own schema, a file or a folder.",
        ),
    ] = None
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            "--schema",
            metavar="FILE|CORPUS",
            help="Ask for the labels of a file: a list of your own, what `convert --schema-out` writes, "
            "IEPile's schema.json, or a published corpus by name, such as duie2.",
        ),
    ] = None
    lang: Annotated[
        Literal["zh", "en"],
        typer.Option("--lang", help="Language of FILE; matters with labels from elsewhere."),
    ] = "zh"

    def schema(self) -> LabelSchema | None:
        """The labels named, None for those of the file."""
        if self.labels is not None:
            from kg2instruct.render.label_files import load_labels

            return load_labels(self.labels, self.lang)
        if self.schemas is None:
            return None
        from kg2instruct.render.wikipedia import label_schema
        from kg2instruct.schema import load_schemas

        return label_schema(
            load_schemas(None if self.schemas == "default" else Path(self.schemas)), self.lang
        )


@dataclass(frozen=True, slots=True)
class Wording:
    """In which words is asked; the fields have the names of the configuration."""

    PANEL: ClassVar = "Wording"

    wording: Annotated[
        str | None,
        typer.Option(
            "--wording", help="Language of instructions: record, zh, en or both.  \\[default: record]"
        ),
    ] = None
    template_set: Annotated[
        str | None, typer.Option("--template-set", help="A named set of templates: iepile, zhixi.")
    ] = None
    template_folder: Annotated[
        str | None, typer.Option("--templates", metavar="DIR", help="Your own folder of templates.")
    ] = None
    open_rate: Annotated[
        float | None, typer.Option("--open-rate", help="Share that lists no labels.  \\[default: 0.1]")
    ] = None
    definitions: Annotated[
        float | None,
        typer.Option("--definitions", help="Share whose labels come with definitions.  \\[default: 0.1]"),
    ] = None
    synonyms: Annotated[
        float | None,
        typer.Option("--synonyms", help="Chance of a label under another name.  \\[default: 0.1]"),
    ] = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How often and how much is asked; the fields have the names of the configuration."""

    PANEL: ClassVar = "Sampling"

    templates_per_record: Annotated[
        int | None,
        typer.Option("--templates-per-record", help="How often a record is asked.  \\[default: 1]"),
    ] = None
    negatives: Annotated[
        float | None,
        typer.Option(
            "--negatives", help="Rows with an empty answer per row with one, at most.  \\[default: 1]"
        ),
    ] = None
    hard_negatives: Annotated[
        bool | None,
        typer.Option(
            "--hard-negatives/--random-negatives",
            help="Ask for easily confused labels first, or for any.  \\[default: hard-negatives]",
        ),
    ] = None
    split_num: Annotated[
        int | None,
        typer.Option(
            "--split-num",
            help="Labels in one instruction, at most; 0 for all.  \\[default: by task; see `formats --tasks`]",
        ),
    ] = None
    schema_tokens: Annotated[
        int | None, typer.Option("--schema-tokens", help="Tokens of labels in one instruction.")
    ] = None
    max_chars: Annotated[
        int | None, typer.Option("--max-chars", help="Cut longer texts, at sentence borders.")
    ] = None
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="The same by tokens.")] = None
    most_specific: Annotated[
        bool | None,
        typer.Option(
            "--most-specific/--all-links",
            help="Leave out what follows from a chain (A in B, B in C).  \\[default: all-links]",
        ),
    ] = None


def render(
    *,
    file: Annotated[Path, typer.Argument(help="Records as JSON lines, also .gz or .zst.")],
    out: o.OutFile,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", help="ner, re, spo, ee, eet, eea, kg; several with commas.  \\[default: ner,re]"
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="An output format, several with commas, or all: each question in every one.  \\[default: json]",
        ),
    ] = None,
    layout: _Layout = None,
    labels: Labels,
    wording: Wording,
    sampling: Sampling,
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
    if labels.schemas and labels.labels:
        raise typer.BadParameter("give either --schemas or --labels", param_hint="--labels")
    from kg2instruct.config import read_options
    from kg2instruct.render.files import render_file
    from kg2instruct.render.options import RenderOptions

    if output_format is None and config is None:
        output_format = "json"
    flags = _formats(output_format) | o.given(
        tasks=o.listed(task), **asdict(wording), **asdict(sampling), seed=seed
    )
    options = read_options(RenderOptions, config, "render", flags)
    size = file.stat().st_size if file.is_file() and file.suffix == ".jsonl" else None
    with o.make_progress(quiet=quiet)("rendering", size) as progress:
        report = render_file(
            file,
            out,
            options,
            labels.schema(),
            layout=layout or "",
            limit=limit,
            strict=strict,
            workers=workers or o.cores(),
            done=progress.advance,
        )
    if not quiet:
        _summary(out, report)


def _formats(named: str | None) -> dict[str, object]:
    """What `--format` sets: formats to draw from, or every question in all of them."""
    from kg2instruct.render.formats import FORMATS

    if named == "all":
        return {"formats": list(FORMATS), "each_format": True}
    return o.given(formats=o.listed(named))


def _summary(out: Path, report: RenderReport) -> None:
    from kg2instruct.cli.show import show_counts

    if report.first_bad:
        o.messages.print(f"left out: {report.first_bad}", style="yellow", soft_wrap=True, markup=False)
    counts = {"records": report.records, "rows": report.rows}
    if report.bad_lines:
        counts["lines that are no records"] = report.bad_lines
    if report.unasked and not report.rows:
        what = f"no rows: what these records have is asked for by --task {','.join(report.unasked)}"
        o.messages.print(what, style="yellow", soft_wrap=True, markup=False)
    shown = report.left_out.most_common(_REASONS)
    counts |= {f"not for {name}": number for name, number in shown}
    if more := len(report.left_out) - len(shown):
        counts[f"other reasons ({more})"] = report.left_out.total() - sum(number for _, number in shown)
    show_counts(str(out), counts, o.messages)


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
