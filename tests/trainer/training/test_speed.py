"""Speed in figures that others can check: operations a token, peaks of cards."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("transformers")

from trainer.training.bases import load_model
from trainer.training.speed import flops_per_token, peak_flops

# The base of the tests: per layer q, k, v, o and three matrices of the feed-forward part; norms; the output.
LAYERS = 2 * (32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 64 + 2 * 32) + 32
OUTPUT = 384 * 32
ATTENTION = 6 * 2 * 32 * 128  # of rows of 128: each token sees half of them on average


def test_a_token_costs_six_operations_a_weight_and_the_look_at_others(base: Path) -> None:
    model = load_model(str(base), "fp32")
    assert flops_per_token(model, 128) == 6 * (LAYERS + OUTPUT) + ATTENTION


def test_a_frozen_base_costs_four_and_its_adapter_six(base: Path) -> None:
    model = load_model(str(base), "fp32").requires_grad_(False)
    frozen = flops_per_token(model, 128)
    assert frozen == 4 * (LAYERS + OUTPUT) + ATTENTION
    model.model.norm.weight.requires_grad_(True)
    assert flops_per_token(model, 128) == frozen + 2 * 32


@pytest.mark.parametrize(
    ("name", "tflops"),
    [
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("Tesla V100-SXM2-32GB", 125),
    ],
)
def test_known_cards_need_no_figure(name: str, tflops: float) -> None:
    assert peak_flops(name) == tflops * 1e12


def test_others_need_one() -> None:
    assert peak_flops("Voodoo 2") is None
    assert peak_flops("Voodoo 2", 3.5) == 3.5e12
