"""Records made up for these tests: both languages, all tasks, awkward names, texts with nothing in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Example
from kg2instruct.render.labels import LabelSchema, schemas_of

RECORDS = Path(__file__).parents[1] / "data" / "render" / "records.jsonl"


@pytest.fixture(scope="session")
def records() -> list[Example]:
    return list(read_jsonl(RECORDS, Example))


@pytest.fixture(scope="session")
def schemas(records: list[Example]) -> dict[tuple[str, str], LabelSchema]:
    return schemas_of(records)
