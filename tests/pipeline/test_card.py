"""The dataset card: one form for built and mixed datasets, with the Hub's header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import DatasetCard

from kg2instruct.config import BuildConfig
from kg2instruct.pipeline.build_card import dataset_card
from kg2instruct.pipeline.card import CardSource, overall_license

COUNTS = {
    "rows of task: re": 3,
    "rows of language: zh": 2,
    "rows of language: en": 1,
    "dropped: a | b": 7,
    "triples": 9,
}


def test_the_card_of_a_build_is_one_that_the_hub_reads() -> None:
    text = dataset_card(BuildConfig(lang=("zh", "en")), {"train": 3, "validation": 0, "test": 0}, COUNTS)
    card: Any = DatasetCard(text)
    assert card.data.license == "cc-by-sa-4.0" and card.data.language == ["zh", "en"]
    assert {"relation-extraction", "distant-supervision"} <= set(card.data.tags)
    header = yaml.safe_load(text.split("---")[1])
    assert header["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert "| [Chinese Wikipedia](https://zh.wikipedia.org) | 2 | cc-by-sa-4.0 |" in text
    assert "| [Wikidata](https://www.wikidata.org) | all | cc0-1.0 |" in text
    assert "| a \\| b | 7 |" in text and "| triples | 9 |" in text


def test_a_built_folder_has_it(towns: Any, tmp_path: Path) -> None:
    from kg2instruct.pipeline.build import build

    out = tmp_path / "out"
    summary = build(BuildConfig(**{**towns.options, "limit": 8}), out)
    text = (out / "README.md").read_text("utf-8")
    assert f"{sum(summary.rows.values()):,} instruction rows" in text
    for title in (
        "Use",
        "Fields",
        "Sources and licences",
        "Construction",
        "From pages to triples",
        "Known noise",
    ):
        assert f"\n## {title}\n" in text
    assert text.rstrip().count("\n\n\n") == 0


def test_a_source_of_unknown_licence_leaves_the_whole_without_one() -> None:
    known = CardSource(name="a", rows=1, license="mit")
    assert overall_license("", [known, CardSource(name="b", rows=None, license="mit")]) == "mit"
    assert overall_license("", [known, CardSource(name="b", rows=None, license="cc0-1.0")]) == "other"
    assert overall_license("", [known, CardSource(name="b", rows=2)]) == ""
    assert overall_license("", [known, CardSource(name="b", rows=0)]) == "mit"
