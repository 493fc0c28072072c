"""A small tokenizer, and recipes built in the test's folder."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from trainer.corpus.build import CorpusSummary, build_corpus
from trainer.corpus.recipe_file import read_recipe
from trainer.tokenizer import train_tokenizer

WORDS = [
    "北京大学",
    "位于",
    "城市",
    "历史",
    "研究",
    "人口",
    "学校",
    "河流",
    "山脉",
    "工业",
    "发展",
    "建筑",
    "作家",
    "音乐",
    "电影",
    "时期",
    "地区",
    "国家",
    "语言",
    "文化",
]


def make_article(seed: object, sentences: int = 12) -> str:
    """A Chinese text that has nothing in common with others and passes as running text."""
    draw = random.Random(f"article {seed}")
    extra = [chr(code) for code in range(0x4E00, 0x9000)]
    lines = []
    for number in range(sentences):
        middle = "".join(draw.sample(extra, 8))
        lines.append(
            f"{draw.choice(WORDS)}的{middle}是{draw.choice(WORDS)}，在{draw.choice(WORDS)}{number}年。"
        )
    return "".join(lines)


def rows_file(file: Path, texts: Iterable[str], **more: str) -> Path:
    file.write_text(
        "".join(json.dumps({"text": text, **more}, ensure_ascii=False) + "\n" for text in texts), "utf-8"
    )
    return file


@pytest.fixture
def article() -> Callable[..., str]:
    return make_article


@pytest.fixture
def write_rows() -> Callable[..., Path]:
    return rows_file


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer([make_article(i) for i in range(20)] + ["def main():\n    return 1\n" * 3], 600).save(
        folder
    )
    return folder


@pytest.fixture
def built(tmp_path: Path, tokenizer_folder: Path) -> Callable[..., CorpusSummary]:
    """Build a corpus of sources in the test's folder."""

    def build(
        *sources: Mapping[str, Any], out: str = "out", workers: int = 1, strict: bool = False, **recipe: Any
    ) -> CorpusSummary:
        path = tmp_path / f"{out}.yaml"
        tree = {"tokenizer": str(tokenizer_folder), "held_out": 0, **recipe, "sources": list(sources)}
        path.write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
        return build_corpus(read_recipe(path), tmp_path / out, workers=workers, strict=strict)

    return build
