"""Packed rows as the model's attention takes them, so that their texts do not see each other.

transformers tells packed texts apart by positions that begin anew. FlashAttention does so in batches of one row only,
so the rows of a micro-batch are put one behind the other for it. Other attention makes a mask over all pairs of tokens
in a row: there rows stay side by side, since one row of eight times the length would cost eight times as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from trainer.training.packing import IGNORED

Tensors = dict[str, torch.Tensor]
_ATTENTION = {"full_attention", "sliding_attention", "chunked_attention"}


def is_flash(model: Any) -> bool:
    """Whether a model computes attention by some FlashAttention."""
    return "flash" in (getattr(model.config, "_attn_implementation", None) or "")


def other_layers(config: Any) -> list[str]:
    """The kinds of a model's layers that are no attention: recurrent ones, convolutions."""
    kinds = getattr(config.get_text_config(), "layer_types", None) or ()
    return sorted({str(kind) for kind in kinds} - _ATTENTION)


def for_attention(batch: Tensors, model: Any) -> Tensors:
    """Rows side by side, or in one row."""
    return {key: value.reshape(1, -1) for key, value in batch.items()} if is_flash(model) else batch


class SideBySide:
    """A collator of TRL's packed rows (`seq_lengths` of each) and of rows of one text, filled up on the right."""

    def __init__(self, pad: int) -> None:
        self.pad = pad

    def __call__(self, examples: Sequence[Mapping[str, Any]]) -> Tensors:
        """One micro-batch."""
        longest = max(len(example["input_ids"]) for example in examples)
        shape = (len(examples), longest)
        batch = {
            "input_ids": torch.full(shape, self.pad),
            "labels": torch.full(shape, IGNORED),
            "position_ids": torch.zeros(shape, dtype=torch.int64),
        }
        for row, example in enumerate(examples):
            count = len(example["input_ids"])
            batch["input_ids"][row, :count] = torch.tensor(example["input_ids"])
            batch["labels"][row, :count] = torch.tensor(example["labels"])
            lengths = [*(example.get("seq_lengths") or [count]), longest - count]
            batch["position_ids"][row] = torch.cat([torch.arange(length) for length in lengths])
        return batch
