"""One call of a chat model, and the key under which its answer is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from kg2instruct.chat.journal import canonical
from kg2instruct.chat.models import Model, Tokens

TOO_LONG = "too long"  # `finish` of an answer that the endpoint refused to begin


@dataclass(frozen=True, slots=True)
class Request:
    """One call: the body that is sent, and the key of its answer in the journal."""

    key: str
    body: dict[str, Any]
    tokens: int
    """Of the messages, counted or estimated."""
    room: int
    """Most tokens of the answer."""
    attempt: int
    expected: int = 0
    """Tokens that the answer is likely to have, for plans."""


def make_request(
    messages: list[dict[str, str]],
    model: Model,
    tokens: Tokens,
    *,
    room: int,
    expected: int = 0,
    temperature: float | None = 0.0,
    attempt: int = 0,
) -> Request:
    """The request for messages; equal ones have one key, unless their `attempt` differs.

    `room` is the most tokens of the answer, as far as the model may give so many. Models that reason take no
    temperature.
    """
    room = min(room, model.most or room)
    body: dict[str, Any] = {"model": model.name, "messages": messages, model.limit: room}
    if temperature is not None and not model.reasons:
        body["temperature"] = temperature
    key = hashlib.sha256(canonical([body, attempt])).hexdigest()
    return Request(key, body, tokens.of_messages(messages), room, attempt, expected)
