"""A base model of a few thousand weights, rows to tune it on, and a corpus to pretrain on."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

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


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    """A corpus of two sources with held-out samples, made with the base's tokenizer."""
    from trainer.corpus.indexed import dtype_for, indexed_writer
    from trainer.corpus.manifest import DATA, TOKENIZER, Manifest, Source, write_manifest
    from trainer.corpus.reader import describe_shard
    from trainer.tokenizer import load_tokenizer

    folder = tmp_path_factory.mktemp("corpora") / "made"
    tokenizer = load_tokenizer(base)
    sources = []
    for name, step in (("cities", 1), ("lands", 5)):
        shards: dict[str, Any] = {}
        for split, count in (("train", 60), ("held_out", 6)):
            prefix = f"{DATA}/{name}-{split}-00000"
            with indexed_writer(folder / prefix, dtype_for(384)) as writer:
                for i in range(count):
                    text = (row(i * step)["input"] + row(i * step + 3)["input"]) * (1 + i % 3)
                    ids = [
                        *tokenizer.tokenizer.encode(text, add_special_tokens=False).ids[:63],
                        tokenizer.eos,
                    ]
                    writer.add_tokens(np.array(ids), [len(ids)])
            shards[split] = (describe_shard(folder, prefix),)
        sources.append(Source(name, "zh", None, **shards))
    tokenizer.save(folder / TOKENIZER)
    write_manifest(folder, Manifest(tokenizer.mark, 64, tuple(sources), {}))
    return folder


def _wants_deepspeed(out: Path) -> bool:
    """Whether the settings of a run name a DeepSpeed configuration."""
    from trainer.training.launch import SETTINGS

    return bool(yaml.safe_load((out / SETTINGS).read_text("utf-8")).get("run", {}).get("deepspeed"))


@pytest.fixture(scope="session")
def in_this_process() -> Iterator[None]:
    """Runs of one process take place in the tests' own, which has the libraries loaded; launchers are as ever."""
    pytest.importorskip("transformers")
    from trainer.training import launch, start
    from trainer.training.worker import main

    def execute(line: Sequence[str], out: Path, *, quiet: bool = False) -> None:
        # DeepSpeed leaves its groups and switches behind in a process; what comes after it there fails.
        if "torch.distributed.run" in line or _wants_deepspeed(out):
            launch.execute(line, out, quiet=quiet)
            return
        (out / launch.ERROR).unlink(missing_ok=True)
        with warnings.catch_warnings():
            if main(line[-2], out):
                raise launch.TrainingError((out / launch.ERROR).read_text("utf-8").strip())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "execute", execute)
        yield
