"""The dataset folder: rows, records, card, counts; the manifest, written last, says that all is there."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import msgspec
import yaml

from kg2instruct.config import BuildConfig
from kg2instruct.pipeline.again import keep_for_explaining
from kg2instruct.pipeline.build_card import dataset_card
from kg2instruct.pipeline.folder import (
    INCOMPLETE,
    MANIFEST,
    concatenate,
    replace_folder,
    write_json,
    write_text,
)
from kg2instruct.pipeline.identity import Identity, versions
from kg2instruct.pipeline.parquet import pack
from kg2instruct.pipeline.report import write_report
from kg2instruct.pipeline.results import Results
from kg2instruct.pipeline.stages import ALIGNED, PROBLEM, REJECTS, ROWS, UNKNOWN_TEMPLATE
from kg2instruct.report.tally import is_section, sections, with_prefix

_TEMPLATES_TOLD = 1000


def publish(
    results: Results, config: BuildConfig, identity: Identity, work: Path, out: Path
) -> tuple[dict[str, int], dict[str, Any]]:
    """Lay out the dataset folder; return the rows of each split and the content of `stats.json`.

    With failed parts `incomplete.json` is written instead of the manifest, and the work folder stays for
    another try.
    """
    folders = ("data", "aligned", "rejects")
    for name in folders:
        shutil.rmtree(work / name, ignore_errors=True)
    rows: dict[str, int] = {}
    if results.rows:
        rows = pack(
            [part for report in results.rows.values() for part in report.outputs(ROWS)], work / "data"
        )
    for lang, report in results.aligned.items():
        concatenate(report.outputs(ALIGNED), work / "aligned", lang, config.compress)
        if config.rejects:
            concatenate(report.outputs(REJECTS), work / "rejects", lang, config.compress)
    for name in folders:
        replace_folder(work / name, out / name)
    stats = _stats(results, rows)
    write_json(out / "stats.json", stats)
    resolved = msgspec.to_builtins(dataclasses.asdict(config))
    resolved |= {"versions": versions() | {"program": identity.program}, "inputs": dict(identity.inputs)}
    write_text(out / "config.yaml", yaml.safe_dump(resolved, allow_unicode=True, sort_keys=False))
    if results.rows:
        write_text(out / "README.md", dataset_card(config, rows, stats["counts"]))
    write_report(results, config, identity, stats, out)
    if results.failed:
        write_json(out / INCOMPLETE, {"failed": results.failed})
    else:
        (out / INCOMPLETE).unlink(missing_ok=True)
        keep_for_explaining(results, work, out)
        write_json(out / MANIFEST, {"identity": identity.to_json(), "rows": rows, "versions": versions()})
        shutil.rmtree(work, ignore_errors=True)
    return rows, stats


def _stats(results: Results, rows: dict[str, int]) -> dict[str, Any]:
    counts = {name: n for name, n in sorted(results.tally.counts.items()) if n}
    templates = with_prefix(counts, UNKNOWN_TEMPLATE)
    common = sorted(templates.items(), key=lambda item: (-item[1], item[0]))[:_TEMPLATES_TOLD]
    return {
        "rows": rows,
        "counts": {
            name: count
            for name, count in counts.items()
            if not name.startswith((UNKNOWN_TEMPLATE, PROBLEM)) and not is_section(name)
        },
        **sections(counts),
        "problems": {
            kind: {"count": count, "examples": results.tally.examples.get(kind, [])}
            for kind, count in with_prefix(counts, PROBLEM).items()
        },
        "unknown_templates": dict(common),
        "knowledge_base": results.knowledge,
        "failed": results.failed,
    }
