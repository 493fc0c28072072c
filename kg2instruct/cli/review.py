"""`kg2instruct review`: samples for people to correct, and what their corrections say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from kg2instruct.cli import options as o

app = typer.Typer(help="Have people correct a sample of records, and learn from it.", no_args_is_help=True)

_SHOWN = 40


@app.command("export")
def export(
    records: Annotated[Path, typer.Argument(help="Records as `build`, `align` or `complete` write them.")],
    to: Annotated[Literal["labelstudio", "doccano"], typer.Option("--to", help="Tool to write for.")],
    out: o.Out,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Records to choose.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the choice.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first line that is no record.")
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Write a sample in which each relation and topic has its share, with what the records have filled in."""
    from kg2instruct.cli.records import Records
    from kg2instruct.cli.show import show_counts
    from kg2instruct.review.run import export as write_sample

    source = Records(records, strict=strict)
    chosen = write_sample(lambda: source, to, out, count=sample, seed=seed)
    if not quiet:
        triples = [x for example in chosen for x in example.relation]
        counts = {
            "records": len(chosen),
            "triples": len(triples),
            "relations": len({x.property or x.relation for x in triples}),
            "topics": len({x.cate for x in chosen}),
        }
        show_counts(str(out), counts, o.messages)
        source.tell_bad()


@app.command("import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Export of Label Studio (JSON) or doccano (its zip, or JSONL)."),
    ],
    records: Annotated[Path, typer.Option("--records", help="The records that were sampled from.")],
    out: o.Out,
    min_precision: Annotated[
        float,
        typer.Option("--min-precision", min=0, max=1, help="The least precision of a relation that is kept."),
    ] = 0.8,
    schemas: o.Schemas = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first line that is no record.")
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Tell precision by relation and topic, and write the corrected records as a gold set."""
    from kg2instruct.cli.records import Records
    from kg2instruct.cli.show import show_counts, show_rows
    from kg2instruct.jsonl import atomic_writer, encode, write_jsonl
    from kg2instruct.review.run import gold_claims, import_files
    from kg2instruct.schema import load_schemas

    source = Records(records, strict=strict)
    loaded = load_schemas(Path(schemas) if schemas else None)
    done = import_files(files, source, loaded, least=min_precision)
    data = done.to_json()
    claims = write_jsonl(out / "gold.jsonl", gold_claims(done.reviewed))
    write_jsonl(out / "examples.jsonl", (x.example for x in done.reviewed))
    with atomic_writer(out / "report.json") as report:
        report.write(encode(data))
    if quiet:
        return
    columns = ["property", "relation", "right", "wrong", "missed", "precision", "low", "high", "verdict"]
    show_rows([{"property": pid} | x for pid, x in list(data["relations"].items())[:_SHOWN]], columns)
    show_rows([{"topic": name} | x for name, x in data["topics"].items()], ["topic", *columns[2:-1]])
    counts = {name: data[name] for name in ("records", "unreviewed", "unknown", "disputed")}
    counts |= {"gold claims": claims, "precision of the sample": data["sample"]["precision"]}
    counts |= {"precision of all records": data["precision_of_all_records"]}
    counts |= {f"to {name}": ", ".join(data[name]) or "none" for name in ("drop", "fix")}
    show_counts(str(out), counts, o.messages)
    source.tell_bad()
