"""Published files: how many records and things of each kind, and which the first, tenth and last are.

The texts are not ours, so records are named by their hashes: `first`, `tenth` and `last` are of the record's JSON.
The files are optional; `FACTS` in `tests/data/convert/real.yaml` says where they are looked for.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from kg2instruct.convert import Report, convert
from kg2instruct.records import Example

HERE = Path(__file__).parents[1]
REAL = HERE.parent / ".." / "shared" / "data"
FACTS: dict[str, dict[str, Any]] = yaml.safe_load(
    (HERE / "data" / "convert" / "real.yaml").read_text(encoding="utf-8")
)


def fingerprint(example: Example) -> str:
    return hashlib.sha256(msgspec.json.encode(example)).hexdigest()[:16]


def facts(corpus: str, path: Path) -> dict[str, Any]:
    """What is stated of a file."""
    report = Report()
    examples = list(convert(corpus, [path], report))
    assert report.unexplained() == {}
    counts = Counter({kind: n for kind, n in report.kept.items() if n})
    told = {f"{action} {kind}": n for (action, kind, _), n in sorted(report.other.items())}
    told |= {f"dropped {kind}": n for (kind, _), n in sorted(report.dropped.items())}
    return {
        "counts": dict(sorted(counts.items())),
        "told": told,
        "first": fingerprint(examples[0]),
        "tenth": fingerprint(examples[9]) if len(examples) > 9 else None,
        "last": fingerprint(examples[-1]),
    }


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_published_file_converts_as_stated(name: str) -> None:
    stated = dict(FACTS[name])
    corpus, path = stated.pop("corpus"), REAL / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    assert facts(corpus, path) == stated
