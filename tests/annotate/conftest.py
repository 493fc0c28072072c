"""The sample's entities as a knowledge base, opened for each language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from kg2instruct.align.context import AlignContext
from kg2instruct.pipeline.context import text_context
from kg2instruct.records import Lang
from kg2instruct.sample import sample_paths
from kg2instruct.wikidata.build import build_store


@pytest.fixture(scope="session")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("annotate") / "kb"
    build_store([sample_paths("zh").wikidata], folder, langs=("zh", "en"))
    return folder


@pytest.fixture(scope="session")
def context(kb: Path) -> Callable[[Lang], AlignContext]:
    @cache
    def opened(lang: Lang) -> AlignContext:
        return text_context(lang, kb)

    return opened
