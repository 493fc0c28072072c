"""QLoRA: the base in 4 or 8 bits, where bitsandbytes and a card are there."""

from __future__ import annotations

from typing import Any

from kg2instruct.errors import ConfigError, MissingExtra
from trainer.training.options import Adapter


def check_quantized() -> None:
    """Raise where this machine cannot compute with a quantized base."""
    import torch

    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise MissingExtra("bitsandbytes", "quantized") from error
    if not torch.cuda.is_available():
        raise ConfigError("lora.quantize needs a card; without one set lora.quantize to ''")


def quantization(options: Adapter, precision: str) -> dict[str, Any]:
    """Keyword arguments of `from_pretrained`; none where the base is not quantized."""
    if not options.quantize:
        return {}
    import torch
    from transformers import BitsAndBytesConfig

    if options.quantize == "8bit":
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    compute = torch.float16 if precision == "fp16" else torch.bfloat16
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
        bnb_4bit_quant_storage=compute,  # so that ZeRO-3 can shard it
    )
    return {"quantization_config": config}
