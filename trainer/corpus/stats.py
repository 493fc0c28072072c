"""What a build counted, by source: `stats.json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kg2instruct.pipeline.units import EXAMPLES, Tally
from trainer.corpus.manifest import SPLITS, Manifest

STATS = "stats.json"


def stats_of(manifest: Manifest, tally: Tally) -> dict[str, Any]:
    """Counts by source: what was read, dropped and why, changed, and what is there now; problems with places."""
    sources = {source.name: _source_stats(source.name, manifest, tally) for source in manifest.sources}
    problems = {
        kind.removeprefix("problem: "): {
            "count": count,
            "examples": tally.examples.get(kind.removeprefix("problem: "), []),
        }
        for kind, count in sorted(tally.counts.items())
        if kind.startswith("problem: ")
    }
    return {"sources": sources, "problems": problems}


def summed(stats: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts of several builds together."""
    total: dict[str, Any] = {"sources": {}, "problems": {}}
    for one in stats:
        _add(total, one)
    return total


def _add(total: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(key, {}), value)
        elif isinstance(value, list):
            total[key] = [*total.get(key, []), *value][:EXAMPLES]
        else:
            total[key] = total.get(key, 0) + value


def _source_stats(name: str, manifest: Manifest, tally: Tally) -> dict[str, Any]:
    source = manifest.source(name)
    return {
        "documents read": tally.counts[f"documents read: {name}"],
        "characters read": tally.counts[f"characters read: {name}"],
        "left out": _with_prefix(tally, f"left out: {name}: "),
        "dropped": _with_prefix(tally, f"dropped: {name}: "),
        "changed": _with_prefix(tally, f"changed: {name}: "),
        **{
            split: {
                "documents": source.documents(split),
                "samples": source.samples(split),
                "tokens": source.tokens(split),
            }
            for split in SPLITS
        },
    }


def _with_prefix(tally: Tally, prefix: str) -> dict[str, int]:
    found = {kind.removeprefix(prefix): n for kind, n in tally.counts.items() if kind.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
