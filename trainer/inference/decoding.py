"""How tokens are chosen, and what comes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kg2instruct.errors import ConfigError

Finish = Literal["stop", "length", "too long"]
TOO_LONG: Finish = "too long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """Temperature 0 takes the likeliest token each time; above it tokens are drawn from the seed."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    """Of the likeliest tokens, so many are drawn from; 0 for all."""
    repetition_penalty: float = 1.0
    max_new_tokens: int = 512
    seed: int = 0

    def __post_init__(self) -> None:
        bounds = {
            "temperature": (0.0, 10.0),
            "top_p": (1e-6, 1.0),
            "top_k": (0, math.inf),
            "repetition_penalty": (0.01, 10.0),
            "max_new_tokens": (1, math.inf),
        }
        wrong = [
            f"{name} is between {low:g} and {high:g}, not {getattr(self, name)}"
            for name, (low, high) in bounds.items()
            if not low <= getattr(self, name) <= high
        ]
        if wrong:
            raise ConfigError("; ".join(wrong))

    @property
    def samples(self) -> bool:
        """Whether anything is left to chance."""
        return self.temperature > 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote, and why it stopped there; "too long" was the prompt, and nothing was written."""

    text: str
    finish: Finish
