"""`kg2instruct evaluate` and `score`: answers and aligned records to figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

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
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first line or row that cannot be scored.")
    ] = False,
    json: o.Json = False,
) -> None:
    """Score answers to instruction rows: precision, recall and F1 in percent."""
    if (answers is None) is not oracle:
        raise typer.BadParameter("give either --answers FILE or --oracle", param_hint="--answers")
    from kg2instruct.cli import show
    from kg2instruct.evaluate import evaluate_file, score_notes, score_plot, score_table
    from kg2instruct.jsonl import atomic_writer

    scores = evaluate_file(
        rows,
        answers=answers,
        gold=gold,
        split=split,
        counting=counting,
        draws=draws,
        seed=seed or 0,
        strict=strict,
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
    """Score aligned records against claims that people found stated: precision, recall and F1.

    Where the run was made with --rejects, each miss has the rule that dropped it.
    """
    from kg2instruct.cli import show
    from kg2instruct.evaluate.alignment import score_folder
    from kg2instruct.evaluate.misses import explain_misses, has_rejects
    from kg2instruct.schema import load_schemas

    scores = score_folder(gold, run)
    misses = explain_misses(scores.misses, run, load_schemas()) if has_rejects(run) else []
    whys = dict(Counter(miss.why for miss in misses).most_common())
    table = {name: figures.to_json() for name, figures in scores.figures.items()}
    properties = {name: figures.to_json() for name, figures in scores.properties.items()}
    if json:
        listed = {"errors": scores.errors, "misses": misses or scores.misses} if errors else {}
        show.print_json(table | {"properties": properties, "missed because": whys} | listed)
        return
    columns = ["precision", "recall", "f1", "right", "wrong", "gold", "found"]
    show.show_rows(_rounded(table), ["of", *columns])
    if errors:
        show.show_rows(_rounded(properties), ["of", *columns])
        ends = ["page", "head", "property", "tail"]
        show.show_rows(show.plain_rows(scores.errors), [*ends, "passage"])
        plain = [show.plain_rows([m.claim])[0] | {"why": m.why, "seen": m.seen} for m in misses]
        show.show_rows(plain or show.plain_rows(scores.misses), [*ends, "evidence", "why", "seen"])
    if whys:
        show.show_counts("missed because", whys, o.messages)
    elif scores.misses:
        o.messages.print("a run with --rejects also tells why claims were missed", highlight=False)


def _rounded(table: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for a table, shares with four digits."""
    return [
        {"of": name} | {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in figures.items()}
        for name, figures in table.items()
    ]
