"""Responses of an OpenAI-compatible endpoint, read: only the few fields that matter, whoever serves them."""

from __future__ import annotations

import json
from contextlib import suppress

import msgspec

from kg2instruct.chat.journal import Answer
from kg2instruct.chat.models import Model

_TOO_LONG_CODES = ("context_length_exceeded", "string_above_max_length")
_TOO_LONG_WORDS = ("maximum context length", "context length", "too many tokens", "too long")


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Used(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Used | None = None


_decode = msgspec.json.Decoder(_Completion).decode


def read_answer(data: bytes, model: Model, *, share: float = 1.0, via: str = "chat") -> Answer:
    """The answer that a response's JSON holds; raises ValueError where it is no completion.

    `share` is the part of the model's price that is paid.
    """
    completion = _decode(data)
    if not completion.choices:
        raise ValueError("a completion without a choice")
    choice = completion.choices[0]
    message, finish = choice.message, choice.finish_reason or "stop"
    if message.content is None and message.refusal is None and finish not in ("length", "content_filter"):
        raise ValueError("an answer without content")
    used = completion.usage or _Used()
    tokens_in, tokens_out = used.prompt_tokens or 0, used.completion_tokens or 0
    cost = model.cost(tokens_in, tokens_out, share)
    text = message.content or message.refusal or ""
    return Answer(text, finish, tokens_in, tokens_out, cost, completion.model or "", via)


def read_problem(data: bytes) -> tuple[str, str]:
    """Code and message of an error that a response tells of; all of the response where it tells of it otherwise."""
    with suppress(ValueError):
        body = json.loads(data)
        told = body.get("error", body) if isinstance(body, dict) else body
        if isinstance(told, dict) and told.get("message"):
            return str(told.get("code") or ""), str(told["message"])
    return "", data.decode("utf-8", "replace")


def is_too_long(status: int, code: str, message: str) -> bool:
    """Whether an error of the endpoint says that the text is too long for the model."""
    return (
        code in _TOO_LONG_CODES
        or status == 413
        or (status == 400 and any(words in message.lower() for words in _TOO_LONG_WORDS))
    )
