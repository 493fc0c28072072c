"""`kg2instruct render`, `evaluate` and `score`: records to instructions, and answers to figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.render.labels import LabelSchema


def render(
    file: Annotated[Path, typer.Argument(help="Records as JSON lines, also .gz or .zst.")],
    out: o.OutFile,
    task: Annotated[
        str, typer.Option("--task", help="ner, re, spo, ee, eet, eea, kg; several with commas.")
    ] = "ner,re",
    output_format: Annotated[
        str,
        typer.Option(
            "--format", help="An output format, several with commas, or all: each question in every one."
        ),
    ] = "json",
    schemas: Annotated[
        str | None,
        typer.Option(
            "--schemas", help="Ask for the labels of a schema (default, or a path), not those in FILE."
        ),
    ] = None,
    lang: Annotated[
        Literal["zh", "en"], typer.Option("--lang", help="Language of FILE; matters with --schemas.")
    ] = "zh",
    wording: Annotated[
        str | None, typer.Option("--wording", help="Language of instructions: record, zh, en or both.")
    ] = None,
    template_set: Annotated[
        str | None, typer.Option("--template-set", help="A named set of templates, such as iepile.")
    ] = None,
    negatives: Annotated[
        float | None, typer.Option("--negatives", help="Rows with an empty answer per row with one, at most.")
    ] = None,
    config: o.Config = None,
    seed: o.Seed = None,
    quiet: o.Quiet = False,
) -> None:
    """Turn records into instruction rows, as JSON lines."""
    from kg2instruct.config import read_options
    from kg2instruct.render.files import render_file
    from kg2instruct.render.formats import FORMATS
    from kg2instruct.render.options import RenderOptions

    every = output_format == "all"
    flags = o.given(
        tasks=o.listed(task),
        formats=list(FORMATS) if every else o.listed(output_format),
        each_format=every or None,
        wording=wording,
        template_set=template_set,
        negatives=negatives,
        seed=seed,
    )
    options = read_options(RenderOptions, config, "render", flags)
    report = render_file(file, out, options, _labels(schemas, lang))
    if not quiet:
        from kg2instruct.cli.show import show_counts

        counts = {"records": report.records, "rows": report.rows}
        show_counts(
            str(out), counts | {f"not for {name}": n for name, n in report.left_out.items()}, o.messages
        )


def _labels(schemas: str | None, lang: Literal["zh", "en"]) -> LabelSchema | None:
    if schemas is None:
        return None
    from kg2instruct.render.wikipedia import label_schema
    from kg2instruct.schema import load_schemas

    return label_schema(load_schemas(None if schemas == "default" else Path(schemas)), lang)


def evaluate(
    rows: Annotated[Path, typer.Argument(help="Instruction rows as JSON lines, as `render` writes them.")],
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="A model's answers: JSON lines with id and answer, or in order."),
    ] = None,
    oracle: Annotated[bool, typer.Option("--oracle", help="Take the rows' own outputs as answers.")] = False,
    gold: Annotated[
        Path | None,
        typer.Option("--gold", help="The records the rows were made from; else their outputs are gold."),
    ] = None,
    json: o.Json = False,
) -> None:
    """Score answers to instruction rows: precision, recall and F1 in percent."""
    if (answers is None) is not oracle:
        raise typer.BadParameter("give either --answers FILE or --oracle", param_hint="--answers")
    from kg2instruct.cli import show
    from kg2instruct.evaluate import evaluate_file

    scores = evaluate_file(rows, answers=answers, gold=gold).to_json()
    if json:
        show.print_json(scores)
        return
    show.show_rows([_in_percent("micro", scores["micro"]), _in_percent("macro", scores["macro"])], _COLUMNS)
    labels = sorted(scores["per_label"].items(), key=lambda item: (-item[1]["wanted"], item[0]))
    show.show_rows([_in_percent(name, figures) for name, figures in labels[:30]], _COLUMNS)
    names = ("rows", "documents", "missing", "unparsable", "partly_read", "hallucinated")
    show.show_fields({name: scores[name] for name in names} | {"problems": scores["problems"]})


_COLUMNS = ["of", "precision", "recall", "f1", "right", "claimed", "wanted"]


def _in_percent(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {"of": name} | {key: f"{v:.2f}" if isinstance(v, float) else v for key, v in figures.items()}


def score(
    gold: Annotated[Path, typer.Argument(help="Folder of a gold set, with gold.jsonl.")],
    run: Annotated[
        Path, typer.Option("--run", help="Output folder of `build` or `align` on the set's pages.")
    ],
    errors: Annotated[bool, typer.Option("--errors", help="List wrong triples and missed claims.")] = False,
    json: o.Json = False,
) -> None:
    """Score aligned records against claims that people found stated: precision, recall and F1."""
    from kg2instruct.cli import show
    from kg2instruct.evaluate.alignment import score_folder

    scores = score_folder(gold, run)
    table = {name: figures.to_json() for name, figures in scores.figures.items()}
    if json:
        listed = {"errors": scores.errors, "misses": scores.misses} if errors else {}
        show.print_json(table | listed)
        return
    rows = [
        {"of": n} | {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in f.items()}
        for n, f in table.items()
    ]
    show.show_rows(rows, ["of", "precision", "recall", "f1", "right", "wrong", "gold", "found"])
    if errors:
        columns = ["page", "head", "property", "tail"]
        show.show_rows(show.plain_rows(scores.errors), [*columns, "passage"])
        show.show_rows(show.plain_rows(scores.misses), [*columns, "evidence"])
