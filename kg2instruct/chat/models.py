"""What is known of models: price, context, and how many tokens a text has.

Tokens are counted with tiktoken where it knows the model and has its tables (a download at first use);
otherwise they are estimated, and `exact` says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from kg2instruct.errors import ConfigError

BATCH_SHARE = 0.5  # of the price, where answers may take a day
_MILLION = 1_000_000
_PER_MESSAGE = 4  # tokens around each message
# Tokens of the unknown: of ASCII four characters make about one, of Chinese less than one character does.
_ASCII_SHARE, _OTHER_SHARE = 0.3, 1.1


@dataclass(frozen=True, slots=True)
class Model:
    """A model; prices in US dollars a million tokens, None where unknown."""

    name: str
    input: float | None = None
    output: float | None = None
    context: int = 0
    most: int = 0
    """Tokens that an answer may have; 0 where that is not known."""
    limit: str = "max_tokens"
    reasons: bool = False

    @property
    def priced(self) -> bool:
        """Whether costs can be told."""
        return self.input is not None and self.output is not None

    def cost(self, tokens_in: int, tokens_out: int, share: float = 1.0) -> float:
        """US dollars for a call, 0 where the price is unknown."""
        return share * ((self.input or 0) * tokens_in + (self.output or 0) * tokens_out) / _MILLION


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, Any]]:
    text = (files("kg2instruct.chat") / "data" / "models.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return table


def find_model(name: str, price: str | None = None, *, reasons: bool = False) -> Model:
    """A model by name; `price` is "INPUT,OUTPUT" in US dollars a million tokens.

    `reasons` says of one that is not known as such that it thinks before it answers.
    """
    begins = [begin for begin in _table() if name.rsplit("/", 1)[-1].lower().startswith(begin)]
    known = dict(_table()[max(begins, key=len)]) if begins else {}
    if price is not None:
        try:
            known["input"], known["output"] = (float(part) for part in price.split(","))
        except ValueError:
            raise ConfigError(f"--price {price}: expected two numbers, such as 2.5,10") from None
        if min(known["input"], known["output"]) < 0 or not all(
            map(math.isfinite, (known["input"], known["output"]))
        ):
            raise ConfigError(f"--price {price}: prices are at least 0")
    if reasons:
        known["reasons"] = True
    return Model(name, **known)


class Tokens:
    """Counts the tokens of texts for a model; `exact` is false where they are estimated."""

    def __init__(self, model: str) -> None:
        self._encode = _encoder(model)
        self.exact = self._encode is not None

    def count(self, text: str) -> int:
        """The tokens of a text, at least about so many."""
        if self._encode is not None:
            return self._encode(text)
        ascii_count = len(text.encode("ascii", "ignore"))
        return math.ceil(_ASCII_SHARE * ascii_count + _OTHER_SHARE * (len(text) - ascii_count))

    def of_messages(self, messages: list[dict[str, str]]) -> int:
        """The tokens of a call's messages."""
        return sum(self.count(message["content"]) + _PER_MESSAGE for message in messages) + _PER_MESSAGE


@lru_cache(maxsize=4)
def _encoder(model: str) -> Callable[[str], int] | None:
    try:
        import tiktoken
    except ImportError:
        return None
    try:
        encoding = tiktoken.encoding_for_model(model)
    except (KeyError, OSError, ValueError):  # not its model; no network; a broken cache
        return None
    return lambda text: len(encoding.encode(text, disallowed_special=()))
