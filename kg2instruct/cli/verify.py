"""`kg2instruct verify`: wrong triples found by rules and by natural-language inference."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kg2instruct.cli import options as o
from kg2instruct.cli.calls import option

if TYPE_CHECKING:
    from kg2instruct.verify.entail import Scorer
    from kg2instruct.verify.run import Verified

_NLI = "Inference"
_SHOWN = 25


def verify(
    records: Annotated[Path, typer.Argument(help="Records as `build`, `align` or `complete` write them.")],
    out: o.OutFile,
    rules: Annotated[bool, typer.Option("--rules/--no-rules", help="Apply the rules.")] = True,
    only: Annotated[
        str | None, typer.Option("--only", help="Rules to apply, such as types,several values.")
    ] = None,
    nli: Annotated[
        str | None, option("--nli", "Model that says what a text entails, by folder or name.", _NLI)
    ] = None,
    calibrate: Annotated[
        Path | None, option("--calibrate", "Gold set to choose the thresholds by.", _NLI)
    ] = None,
    thresholds: Annotated[
        Path | None, option("--thresholds", "File of thresholds: written by --calibrate, else read.", _NLI)
    ] = None,
    prior: Annotated[
        float, option("--prior", "Share of triples likely right, for --calibrate.", _NLI, min=0.01, max=0.99)
    ] = 0.85,
    threshold: Annotated[
        float | None, option("--threshold", "Least score of all relations.", _NLI, min=0, max=1)
    ] = None,
    score_only: Annotated[
        bool, option("--score-only", "Keep what is not entailed; its score tells.", _NLI)
    ] = False,
    lang: Annotated[Literal["zh", "en"], option("--lang", "Language of the gold set.", _NLI)] = "zh",
    device: Annotated[str, option("--device", "auto, cpu, cuda, cuda:1.", _NLI)] = "auto",
    dtype: Annotated[str, option("--dtype", "auto, float32, float16, bfloat16.", _NLI)] = "auto",
    threads: Annotated[int | None, option("--threads", "Threads on a CPU.", _NLI, min=1)] = None,
    schemas: o.Schemas = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="JSON with the figures of each relation.")
    ] = None,
    rejects: Annotated[Path | None, typer.Option("--rejects", help="Triples left out, with reasons.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many records.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first line that is no record.")
    ] = False,
    quiet: o.Quiet = False,
) -> None:
    """Leave out triples that break a rule or that their text does not entail; tell how noisy each relation is."""
    from kg2instruct.cli.call_progress import ItemProgress
    from kg2instruct.cli.records import Records
    from kg2instruct.errors import ConfigError
    from kg2instruct.jsonl import atomic_writer, encode
    from kg2instruct.schema import load_schemas
    from kg2instruct.verify.calibrate import Thresholds
    from kg2instruct.verify.calibrate import calibrate as find_thresholds
    from kg2instruct.verify.rules import Rules
    from kg2instruct.verify.run import verify_file

    if nli is None and (calibrate or thresholds or threshold is not None or score_only):
        raise ConfigError("--calibrate, --thresholds, --threshold and --score-only need --nli MODEL")
    loaded = load_schemas(Path(schemas) if schemas else None)
    applied = Rules(loaded, o.listed(only)) if rules else None
    scorer = _load(nli, device, dtype, threads) if nli else None
    cut = None
    if threshold is not None:
        cut = Thresholds(threshold)
    elif calibrate and scorer:
        cut = find_thresholds(calibrate, lang, scorer, loaded, nli or "", prior=prior)
        if thresholds:
            cut.write(thresholds)
    elif thresholds:
        cut = Thresholds.read(thresholds)
    source = Records(records, limit=limit, strict=strict)
    shown = nullcontext() if quiet else ItemProgress("verifying", None)
    with shown as progress:
        verified = verify_file(
            lambda: source,
            out,
            loaded,
            rules=applied,
            scorer=scorer,
            thresholds=cut,
            score_only=score_only,
            rejects=rejects,
            tell=(lambda done: progress.show(done, "verifying")) if progress else None,
        )
    if report:
        with atomic_writer(report) as file:
            file.write(encode(verified.to_json()))
    if not quiet:
        _show(out, verified)
        source.tell_bad()


def _load(name: str, device: str, dtype: str, threads: int | None) -> Scorer:
    from kg2instruct.cli.trainer import trainer_module

    scorer: Scorer = trainer_module("nli").load_entailment(name, device=device, dtype=dtype, threads=threads)
    return scorer


def _show(out: Path, verified: Verified) -> None:
    from kg2instruct.cli.options import messages
    from kg2instruct.cli.show import show_counts, show_rows

    data = verified.to_json()
    counts = {name: data[name] for name in ("records", "triples", "kept")}
    show_counts(str(out), counts | {f"dropped: {k}": n for k, n in data["dropped"].items()}, messages)
    columns = ["property", "relation", "triples", "agreement", "support", "entailed", "noise"]
    rows = [
        {name: "" if x.get(name) is None else x.get(name) for name in columns} | {"property": pid}
        for pid, x in list(data["relations"].items())[:_SHOWN]
        if x.get("triples")
    ]
    show_rows(rows, columns)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("verify")(verify)
