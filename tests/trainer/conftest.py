"""Tokenizers and models for tests of the trainer, small enough to be made on the spot."""

from __future__ import annotations

import os
from typing import Any

import pytest

# One thread each: the machines that run tests are shared, and small sums do not gain by more.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("DS_ACCELERATOR", "cpu")


def train_tokenizer(texts: list[str], *, specials: list[str], size: int = 400, **special: str) -> Any:
    """A byte-level BPE tokenizer of these texts."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special)


@pytest.fixture(scope="session")
def make_tokenizer() -> Any:
    """How tests make a tokenizer."""
    return train_tokenizer


@pytest.fixture(scope="session")
def chatml_marks() -> list[str]:
    """The special tokens of a tokenizer that speaks ChatML."""
    return ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
