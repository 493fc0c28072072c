"""Where the fixtures are, and how they are converted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg2instruct.convert import Report, convert
from kg2instruct.records import Example

DATA = Path(__file__).parents[1] / "data" / "convert"

Converted = Callable[..., tuple[list[Example], Report]]


@pytest.fixture
def converted() -> Converted:
    """Convert files with a report of what was told."""

    def run(
        corpus: str, *paths: Path, strict: bool = False, mapping: Path | None = None
    ) -> tuple[list[Example], Report]:
        report = Report(strict=strict)
        return list(convert(corpus, paths, report, mapping=mapping)), report

    return run


@pytest.fixture
def data() -> Path:
    """The folder of fixtures."""
    return DATA
