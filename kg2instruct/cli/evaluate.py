"""`kg2instruct evaluate` and `score`: answers and aligned records to figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from kg2instruct.cli import options as o


def evaluate(
    rows: Annotated[Path, typer.Argument(help="Instruction rows: JSON lines, Parquet, or a dataset folder.")],
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="A model's answers: JSON lines with id and answer, or in order."),
    ] = None,
    oracle: Annotated[bool, typer.Option("--oracle", help="Take the rows' own outputs as answers.")] = False,
    gold: Annotated[
        Path | None,
        typer.Option("--gold", help="The records the rows were made from; else their outputs are gold."),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="Of a dataset folder.")] = "test",
    counting: Annotated[
        Literal["multiset", "set"], typer.Option("--counting", help="Whether repetitions count.")
    ] = "multiset",
    draws: Annotated[
        int, typer.Option("--draws", min=0, help="Bootstrap draws for the confidence interval; 0 for none.")
    ] = 1000,
    seed: o.Seed = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Write F1 by label as an SVG image.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Score answers to instruction rows: precision, recall and F1 in percent."""
    if (answers is None) is not oracle:
        raise typer.BadParameter("give either --answers FILE or --oracle", param_hint="--answers")
    from kg2instruct.cli import show
    from kg2instruct.evaluate import evaluate_file, score_notes, score_plot, score_table
    from kg2instruct.jsonl import atomic_writer

    scores = evaluate_file(
        rows, answers=answers, gold=gold, split=split, counting=counting, draws=draws, seed=seed or 0
    )
    if plot:
        with atomic_writer(plot) as image:
            image.write(score_plot(scores).encode())
    if json:
        show.print_json(scores.to_json())
        return
    header, *table = score_table(scores)
    show.show_rows([dict(zip(header, cells, strict=True)) for cells in table], header)
    for note in score_notes(scores):
        show.results.print(note, highlight=False)


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
