"""What a mix says of itself: stats.json, config.yaml, the card, and the manifest, written last."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import yaml

from kg2instruct import __version__
from kg2instruct.mix.decide import REASONS, Decision
from kg2instruct.mix.hub import HubSource
from kg2instruct.mix.recipe import Recipe
from kg2instruct.mix.targets import asked_of
from kg2instruct.mix.write import LABEL
from kg2instruct.pipeline.card import Card, CardSource, write_card
from kg2instruct.pipeline.folder import INCOMPLETE, MANIFEST, replace_folder, write_json, write_text
from kg2instruct.pipeline.identity import Identity, versions
from kg2instruct.pipeline.report import report_facts
from kg2instruct.pipeline.units import Tally
from kg2instruct.records import InstructionRow
from kg2instruct.report.data import mix_data
from kg2instruct.report.page import write_page
from kg2instruct.report.sample import SIZE

_BAD = "bad record: "
_LOSSES = (_BAD, "left out: ", "not rendered: ", "dropped in conversion: ")
_GROUPS = {"tasks": "rows of task: ", "topics": "rows of topic: ", "languages": "rows of language: "}


@dataclass(frozen=True, slots=True)
class Told:
    """All that is known of a finished mix."""

    recipe: Recipe
    hubs: Mapping[int, HubSource]
    identity: Identity
    tally: Tally
    decision: Decision
    rows: Mapping[str, int]


def losses(recipe: Recipe, tally: Tally, decision: Decision) -> str:
    """What most records and rows were left out for, to go behind the words that none is left."""
    found = Counter({kind: n for kind, n in tally.counts.items() if kind.startswith(_LOSSES)})
    for number, fates in decision.fates.items():
        for reason in REASONS[1:]:
            found[f"left out: {recipe.sources[number].name}: {reason}"] += fates.get(reason, 0)
    lines = []
    for kind, count in (+found).most_common(3):
        places = ", ".join(tally.examples.get(kind, [])[:2])
        lines.append(f"{count:,} × {kind}" + (f" ({places})" if places else ""))
    return "".join(f"; {line}" for line in lines)


def publish(told: Told, work: Path, out: Path) -> dict[str, Any]:
    """Put the dataset folder together; return the content of `stats.json`."""
    replace_folder(work / "data", out / "data")
    stats = statistics(told)
    write_json(out / "stats.json", stats)
    resolved = msgspec.to_builtins(dataclasses.asdict(told.recipe))
    resolved |= {"versions": _versions(told), "inputs": dict(told.identity.inputs)}
    write_text(out / "config.yaml", yaml.safe_dump(resolved, allow_unicode=True, sort_keys=False))
    write_text(out / "README.md", write_card(card(told, stats)))
    _write_report(told, stats, out)
    (out / INCOMPLETE).unlink(missing_ok=True)
    manifest = {
        "identity": told.identity.to_json(),
        "rows": dict(told.rows),
        "versions": _versions(told),
    }
    write_json(out / MANIFEST, manifest)
    shutil.rmtree(work, ignore_errors=True)
    return stats


def _write_report(told: Told, stats: Mapping[str, Any], out: Path) -> None:
    """`report.html`, with the first rows of each split: rows stand in random order."""
    langs = [lang for lang in sorted(stats["languages"], reverse=True) if lang in ("zh", "en")]
    facts = report_facts(langs, told.recipe.seed, (spec.name for spec in told.recipe.sources))
    total = sum(told.rows.values())
    rows: list[tuple[str, InstructionRow]] = []
    for split, count in told.rows.items():
        for path in sorted((out / "data").glob(f"{split}-00000-*.parquet")):
            with pq.ParquetFile(path) as file:
                batch = next(file.iter_batches(max(1, SIZE * count // total)), None)
                found = batch.to_pylist() if batch is not None else []
            rows += [(split, InstructionRow(**fields)) for fields in found]
    write_page(out / "report.html", mix_data(stats, facts, rows))


def _versions(told: Told) -> dict[str, str]:
    found = versions() | {"program": told.identity.program}
    for package in ("rensa", "datasets", "huggingface_hub"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def statistics(told: Told) -> dict[str, Any]:
    """Counts by split, source and what the rows are about; why rows were left out; what was wrong."""
    counts, examples = told.tally.counts, told.tally.examples
    return {
        "rows": dict(told.rows),
        "sources": {spec.name: _source(told, i) for i, spec in enumerate(told.recipe.sources)},
        **{name: _group(counts, prefix) for name, prefix in _GROUPS.items()},
        "formats": _group(counts, "rows of format: "),
        "labels": _group(counts, LABEL),
        "tasks by split": _group(counts, "rows of split and task: "),
        "texts": told.decision.clusters,
        "problems": {
            kind.removeprefix(_BAD): {"count": count, "examples": examples.get(kind, [])}
            for kind, count in sorted(counts.items())
            if kind.startswith(_BAD)
        },
    }


def _source(told: Told, number: int) -> dict[str, Any]:
    spec, counts = told.recipe.sources[number], told.tally.counts
    fates = told.decision.fates.get(number, {})
    kept = counts[f"rows of source: {spec.name}"]
    asked = asked_of(spec, told.recipe)
    found: dict[str, Any] = {"read": counts[f"rows read: {spec.name}"], "kept": kept}
    if records := counts[f"records converted: {spec.name}"] or counts[f"records read: {spec.name}"]:
        found["records"] = records
    if asked is not None:
        found |= {"asked": asked, "short": max(0, asked - kept)}
    dropped = _group(counts, f"left out: {spec.name}: ")
    found["left out"] = dropped | {reason: fates[reason] for reason in REASONS[1:] if reason in fates}
    for name in ("dropped in conversion", "not rendered", "bad record"):
        if told_of := _group(counts, f"{name}: {spec.name}: "):
            found[name.replace("record", "records")] = told_of
    if number in told.hubs:
        found["commit"] = told.hubs[number].commit
    return found


def _group(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """Counts under a prefix, the largest first."""
    found = [(name.removeprefix(prefix), n) for name, n in counts.items() if name.startswith(prefix) and n]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))


def card(told: Told, stats: Mapping[str, Any]) -> Card:
    """The dataset card of a mix."""
    recipe = told.recipe
    sources = [
        CardSource(
            name=spec.name,
            rows=stats["sources"][spec.name]["kept"],
            license=spec.license,
            attribution=spec.attribution,
            url=spec.url or (f"https://huggingface.co/datasets/{spec.path[0]}" if spec.kind == "hub" else ""),
        )
        for spec in recipe.sources
    ]
    title = recipe.name or "Mixed instructions"
    total = sum(told.rows.values())
    intro = f"{total:,} instruction rows from {len(sources)} sources, mixed with kg2instruct {__version__}."
    return Card(
        title=title,
        description=f"{recipe.description.strip()}\n\n{intro}".strip(),
        rows=told.rows,
        languages=[lang for lang in sorted(stats["languages"]) if lang in ("zh", "en")],
        tasks=sorted(stats["tasks"]),
        sources=sources,
        license=recipe.license,
        construction=_construction(told, stats),
        noise=_noise(told, stats),
        tables={
            "Rows by task": stats["tasks"],
            "Rows by topic": stats["topics"],
            "Rows by language": stats["languages"],
            "Rows by label": stats["labels"],
        },
    )


def _construction(told: Told, stats: Mapping[str, Any]) -> str:
    recipe, lines = told.recipe, []
    dedup, clean = recipe.dedup, recipe.decontaminate
    if dedup.exact or dedup.near:
        lines.append(
            "Rows that an earlier row or source says already were removed, in the order of the table."
        )
    if dedup.near:
        lines.append(
            f"Near-duplicate texts share {dedup.threshold:.0%} of their n-grams ({dedup.zh} characters of "
            f"Chinese, {dedup.en} words of English), estimated by MinHash."
        )
    if clean.sets:
        lines.append(
            f"Texts were removed that stand in {len(clean.sets)} evaluation sets, or share {clean.share:.0%} of "
            f"the n-grams ({clean.zh} characters, {clean.en} words) of the shorter text with one of theirs."
        )
    lines.append(
        "Splits are made by document and by cluster of near-duplicate texts: no text stands on two sides."
    )
    reasons: dict[str, int] = {}
    for source in stats["sources"].values():
        for reason, count in source["left out"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    if reasons:
        table = "\n".join(f"| {reason} | {count:,} |" for reason, count in reasons.items())
        lines.append(f"\n| left out | rows |\n| --- | ---: |\n{table}")
    return "\n".join(lines)


def _noise(told: Told, stats: Mapping[str, Any]) -> str:
    lines = [
        "- Near-duplicates are estimated: some pairs just above the threshold stay, some just below it go. "
        "Paraphrases and translations are not found.",
        "- Each source brings its own errors; see its page. Triples of distant supervision are found, not "
        "annotated.",
    ]
    bad = sum(problem["count"] for problem in stats["problems"].values())
    if bad:
        lines.append(f"- {bad:,} records could not be read; `stats.json` tells where.")
    short = {name: source["short"] for name, source in stats["sources"].items() if source.get("short")}
    if short:
        told_of = ", ".join(f"{name} {count:,}" for name, count in short.items())
        lines.append(f"- Sources with fewer rows than asked for: {told_of}.")
    if told.decision.clusters.get("texts in the largest group", 0) > 100:
        largest = told.decision.clusters["texts in the largest group"]
        lines.append(f"- {largest:,} texts hang together by likeness or documents and stand on one side.")
    return "\n".join(lines)
