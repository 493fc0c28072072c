"""`report.html` of a build: its counts, and the sample that its stages kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from kg2instruct import __version__
from kg2instruct.config import BuildConfig
from kg2instruct.pipeline.identity import Identity
from kg2instruct.pipeline.results import Results
from kg2instruct.pipeline.stages import NOTES, ROWS
from kg2instruct.records import InstructionRow
from kg2instruct.report.data import build_data, record_data, within_bytes
from kg2instruct.report.page import write_page
from kg2instruct.report.sample import Sampled, merged

_INPUTS_TOLD = 4


def write_report(
    results: Results, config: BuildConfig, identity: Identity, stats: Mapping[str, Any], out: Path
) -> None:
    """Write `report.html`: what was counted, and a random sample of the records with their rows."""
    facts = report_facts(config.lang, config.seed, identity.inputs)
    write_page(out / "report.html", build_data(stats, facts, within_bytes(_records(results))))


def report_facts(langs: Iterable[str], seed: int, inputs: Iterable[str]) -> dict[str, Any]:
    """What a report says of its making; inputs by name, so that it is the same on every machine."""
    names = list(dict.fromkeys(Path(path).name for path in inputs))
    more = [f"+ {len(names) - _INPUTS_TOLD}"] if len(names) > _INPUTS_TOLD else []
    listed = list(langs)
    lang = listed[0] if listed else "en"
    shown = [*names[:_INPUTS_TOLD], *more]
    return {"lang": lang, "langs": listed, "seed": seed, "version": __version__, "inputs": shown}


def _records(results: Results) -> Iterator[dict[str, Any]]:
    sample = merged([part for report in results.aligned.values() for part in report.outputs(NOTES)])
    rows = _rows_of(sample, results)
    for sampled in sample:
        yield record_data(sampled, rows[sampled.example.id])


def _rows_of(
    sample: Iterable[Sampled], results: Results
) -> defaultdict[str, list[tuple[str, InstructionRow]]]:
    """The rows of sampled records, with their splits; only files of units that have one are read."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sampled in sample:
        wanted[sampled.example.lang, sampled.unit].add(sampled.example.id)
    found: defaultdict[str, list[tuple[str, InstructionRow]]] = defaultdict(list)
    for lang, report in results.rows.items():
        for unit in report.units:
            ids = wanted.get((lang, unit))
            if ids:
                _read_rows(report.folder / f"{unit}{ROWS}", ids, found)
    return found


def _read_rows(part: Path, ids: set[str], found: defaultdict[str, list[tuple[str, InstructionRow]]]) -> None:
    with pq.ParquetFile(part) as file:
        for batch in file.iter_batches():
            names = batch.column("id").to_pylist()
            places = [at for at, name in enumerate(names) if name.rsplit("-", 2)[0] in ids]
            for fields in batch.take(places).to_pylist() if places else ():
                split = fields.pop("split")
                row = InstructionRow(**fields)
                found[row.id.rsplit("-", 2)[0]].append((split, row))
