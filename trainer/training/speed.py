"""How fast a run is: tokens a second, and the share of the cards' peak that goes into the model (MFU).

A token costs 6 floating-point operations per weight going forward and backward, 4 where the weights of the base
are frozen, and the attention to earlier tokens beside. What activation checkpointing computes twice does not
count (PaLM, appendix B).
"""

from __future__ import annotations

from typing import Any

# Peak of dense 16-bit matrix products, TFLOP/s, as the makers state it; the first name that is part of the card's.
PEAK = {
    "B200": 2250.0,
    "H200": 989.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "H800": 989.0,
    "H20": 148.0,
    "A100": 312.0,
    "A800": 312.0,
    "A40": 149.7,
    "A30": 165.0,
    "A10": 125.0,
    "L40": 181.0,
    "L20": 119.5,
    "L4": 121.0,
    "V100": 125.0,
    "T4": 65.0,
    "RTX 4090": 165.2,
    "RTX 3090": 71.0,
}


def peak_flops(name: str, tflops: float = 0.0) -> float | None:
    """Peak of a card in FLOP/s: as given, or as its name says; None where unknown."""
    found = tflops or next((value for part, value in PEAK.items() if part in name), 0.0)
    return found * 1e12 or None


def flops_per_token(model: Any, length: int) -> float:
    """Floating-point operations for one token of a row of `length`, forward and backward."""
    config = model.config
    embedded = model.get_input_embeddings()
    weights = trained = 0
    for parameter in model.parameters():
        count = int(getattr(parameter, "ds_numel", parameter.numel()))
        weights += count
        trained += count if parameter.requires_grad else 0
    if not getattr(config, "tie_word_embeddings", False):  # looked up, not multiplied
        lookup = int(getattr(embedded.weight, "ds_numel", embedded.weight.numel()))
        weights -= lookup
        trained -= lookup if embedded.weight.requires_grad else 0
    attention = 12 * config.num_hidden_layers * config.hidden_size * length
    frozen = trained < weights / 2
    return float((4 if frozen else 6) * weights + (2 * trained if frozen else 0) + attention / 2)
