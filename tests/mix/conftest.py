"""Small recipes and sources, written where a test wants them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

Write = Callable[[str, Iterable[dict[str, Any]]], str]
Mixed = Callable[..., tuple[list[dict[str, Any]], dict[str, Any]]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows to a file of JSON lines in the test's folder; returns its name."""

    def written(name: str, rows: Iterable[dict[str, Any]]) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return name

    return written


@pytest.fixture
def mixed(tmp_path: Path) -> Mixed:
    """Mix sources; returns all rows with their `split`, in order, and the statistics."""
    from kg2instruct.mix import mix, read_recipe

    def mixed(
        sources: Sequence[dict[str, Any]], *, out: str = "out", workers: int = 1, **options: Any
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(yaml.safe_dump({**options, "sources": list(sources)}, allow_unicode=True))
        summary = mix(read_recipe(recipe), tmp_path / out, workers=workers)
        return read_rows(tmp_path / out), summary.stats

    return mixed


def read_rows(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted((folder / "data").glob("*.parquet")):
        split = path.name.split("-")[0]
        found += [{**row, "split": split} for row in pq.read_table(path).to_pylist()]
    return found
