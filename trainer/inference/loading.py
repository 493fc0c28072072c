"""Where models are loaded, and how loudly."""

from __future__ import annotations

import os
from typing import Any

from kg2instruct.errors import ConfigError, MissingExtra


def quieten() -> None:
    """Without the bars and notes of the libraries; their errors stay. Before they are imported."""
    os.environ.setdefault("DS_ACCELERATOR", "cuda" if _gpus() else "cpu")  # deepspeed else guesses, aloud
    import transformers

    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def devices(name: str) -> tuple[str, ...]:
    """The devices of `--device`: all GPUs for `cuda`, several where commas are, else the one named."""
    found = _gpus()
    if name == "cuda" and found > 1:
        return tuple(f"cuda:{number}" for number in range(found))
    places = tuple(place.strip() for place in name.split(",") if place.strip())
    if not places:
        raise ConfigError("--device: expected auto, cpu, cuda, cuda:0,cuda:1, mps or split")
    return places


def _gpus() -> int:
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "trainer") from error
    return int(torch.cuda.device_count())
