"""Tiny models that tests make: random weights, a tokenizer of a few hundred tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from kg2instruct.records import InstructionRow

ROOT = Path(__file__).parents[3]
_TEXTS = [
    "请从文中找出人物、地点。以JSON格式回答。",
    "柏林是德国的首都。",
    "Find the persons. Answer in JSON.",
    '{"a": []}',
]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_tokenizer(template: str | None = None) -> Any:
    """Byte-level BPE, so that it can spell anything."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<pad>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    bpe.train_from_iterator(_TEXTS, trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<pad>")
    made.chat_template = template
    return made


def make_model(
    folder: Path, *, hidden: int = 32, seed: int = 0, positions: int = 256, vocabulary: int = 400
) -> Path:
    """A Llama of a few thousand weights, with its tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=positions,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


def make_adapter(base: Path, folder: Path, *, seed: int = 1) -> Path:
    """A LoRA over a base that changes its answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from trainer.inference.adapters import quiet_peft

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    with quiet_peft():
        get_peft_model(model, config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder."""
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def adapter(tiny: Path) -> Path:
    """An adapter over it."""
    pytest.importorskip("peft", reason="peft is not installed")
    return make_adapter(tiny, tiny.parent / "tuned")


def make_rows(count: int) -> list[InstructionRow]:
    """Rows of differing length."""
    return [
        InstructionRow(
            f"town-{i}-ner-0",
            "ner",
            "zh",
            "test",
            None,
            "请从文中找出人物、地点。以JSON格式回答。",
            f"青川市在第{i}区，" + "河水从城中流过，" * (i * 7 % 5) + "林岚是市长。",
            '{"人物": ["林岚"], "地点": ["青川市"]}',
            '["人物","地点"]',
            "ner/zh/closed/1",
            "json",
        )
        for i in range(count)
    ]
