"""The labels that the records of a source are asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import Kg2InstructError


@pytest.mark.parametrize("labels", ["msra", "mine.yaml"])
def test_a_corpus_is_asked_for_labels_of_its_published_schema_or_of_a_file(
    mixed: Any, tmp_path: Path, labels: str
) -> None:
    (tmp_path / "dev.txt").write_text("柏 B-LOC\n林 I-LOC\n好 O\n", encoding="utf-8")
    mine = "entities: [{name: LOC, zh: 地名}, {name: PER, zh: 人名}, {name: ORG, zh: 机构名}]\n"
    (tmp_path / "mine.yaml").write_text(mine, encoding="utf-8")
    render = {"tasks": ["ner"], "formats": ["json"], "open_rate": 0}
    source = {"name": "c", "corpus": "msra", "path": "dev.txt", "labels": labels, "render": render}
    (row,), _ = mixed([source])
    assert json.loads(row["output"]) == {"地名": ["柏林"], "人名": [], "机构名": []}


def test_other_labels_make_another_mix(mixed: Any, tmp_path: Path) -> None:
    (tmp_path / "dev.txt").write_text("柏 B-LOC\n林 I-LOC\n好 O\n", encoding="utf-8")
    source = {
        "name": "c",
        "corpus": "msra",
        "path": "dev.txt",
        "labels": "mine.yaml",
        "render": {"tasks": ["ner"]},
    }
    for name in ("地名", "地点"):
        (tmp_path / "mine.yaml").write_text(f"entities: [{{name: LOC, zh: {name}}}]\n", encoding="utf-8")
        if name == "地名":
            mixed([source])
    with pytest.raises(Kg2InstructError, match="--fresh"):
        mixed([source])
