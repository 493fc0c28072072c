"""A base model of a few thousand weights, rows to tune it on, and a corpus to pretrain on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CITIES = ["柏林", "巴黎", "罗马", "东京", "北京", "开罗", "伦敦", "华沙"]
LANDS = ["德国", "法国", "意大利", "日本", "中国", "埃及", "英国", "波兰"]


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A row like those of a dataset folder."""
    city, land = CITIES[number % 8], LANDS[number // 8 % 8]
    found = {
        "id": f"r{number}", "task": "ner", "lang": "zh", "source": "made", "cate": None,
        "instruction": "找出地理地区。", "input": f"{city}在{land}，编号{number}。", "output": f"{city}，{land}",
        "schema": '["地理地区"]', "template": "ner/zh/closed/1", "format": "lines",
    }  # fmt: skip
    return found | changes


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A file of rows."""
    path.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def made_row() -> Callable[..., dict[str, Any]]:
    """How tests make a row."""
    return row


@pytest.fixture(scope="session")
def rows_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """32 rows."""
    return write_rows(tmp_path_factory.mktemp("rows") / "rows.jsonl", [row(i) for i in range(32)])


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, make_tokenizer: Any, chatml_marks: list[str]) -> Path:
    """A model with random weights, and its tokenizer."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("models") / "base"
    texts = [x["instruction"] + x["input"] + x["output"] for x in map(row, range(64))]
    tokenizer = make_tokenizer(texts, specials=chatml_marks, size=384, eos_token="<|endoftext|>")
    tokenizer.save_pretrained(str(folder))
    return make_model(folder, torch, transformers, seed=0)


def make_model(folder: Path, torch: Any, transformers: Any, *, seed: int) -> Path:
    """Write a tiny Llama to a folder."""
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=384, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, bos_token_id=None, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    transformers.logging.disable_progress_bar()
    transformers.LlamaForCausalLM(config).save_pretrained(str(folder))
    return folder
