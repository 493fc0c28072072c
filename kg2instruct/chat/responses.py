"""Responses of an OpenAI-compatible endpoint, read: only the few fields that matter, whoever serves them."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from kg2instruct.chat.journal import Answer
from kg2instruct.chat.models import Model

_TOO_LONG_CODES = ("context_length_exceeded", "string_above_max_length", "exceed_context_size_error")
_TOO_LONG = re.compile(
    r"context length|context size|token limit|too many tokens|maximum number of tokens|too long|range of input length"
    r"|max_new_tokens` must be|超长",
    re.IGNORECASE,
)
# "This model's maximum context length is 4096 tokens. However, you requested 9300 tokens (300 in the messages, …)"
_CONTEXT = re.compile(r"(?:context length is|must be <=) ?(\d+)")
_USED = re.compile(r"(\d+) (?:tokens )?(?:in the messages|input tokens|`inputs` tokens|from the input)")
_ROOM = re.compile(r"max_(?:completion_|new_)?tokens")
# Reasons to stop, as others than OpenAI name them.
_FINISHES = {"max_tokens": "length", "model_length": "length", "sensitive": "content_filter"}
# What a model thinks before it answers, where its server does not keep that apart; some prompts open the tag.
_THOUGHTS = re.compile(r"\s*(?:<think>.*?(?:</think>|\Z)|(?:(?!<think>).)*?</think>)\s*", re.DOTALL)


class _Piece(msgspec.Struct):
    text: str = ""


class _Message(msgspec.Struct):
    content: str | list[_Piece] | None = None
    refusal: str | None = None

    @property
    def text(self) -> str | None:
        """What is said; what was thought before is no part of it."""
        content = self.content
        if isinstance(content, list):
            content = "".join(piece.text for piece in content)
        if content is None or "think>" not in content:
            return content
        return _THOUGHTS.sub("", content, count=1) if _THOUGHTS.match(content) else content


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
    finish = _FINISHES.get(finish, finish)
    if message.content is None and message.refusal is None and finish not in ("length", "content_filter"):
        raise ValueError("an answer without content")
    used = completion.usage or _Used()
    tokens_in, tokens_out = used.prompt_tokens or 0, used.completion_tokens or 0
    cost = model.cost(tokens_in, tokens_out, share)
    text = message.text or message.refusal or ""
    return Answer(text, finish, tokens_in, tokens_out, cost, completion.model or "", via)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that a response tells of: its code or kind, its message, and the field of the request it is about."""

    code: str
    message: str
    field: str = ""


def read_problem(data: bytes) -> Problem:
    """What a response says is wrong; all of the response where it tells of it in a form that is not known."""
    with suppress(ValueError):
        body = json.loads(data)
        told = body.get("error", body) if isinstance(body, dict) else body
        if isinstance(told, str):
            return Problem("", told)
        if isinstance(told, dict) and told.get("message"):
            code = told.get("code") or ""
            # Some have a name for the kind, and a number or the status for the code.
            named = told.get("type") if not code or str(code).isdecimal() else code
            return Problem(str(named or code), str(told["message"]), str(told.get("param") or ""))
    return Problem("", data.decode("utf-8", "replace"))


def room_left(message: str, asked: int) -> int | None:
    """How many tokens an answer may have, where an error says that `asked` ones are too many."""
    whole, used = _CONTEXT.search(message), _USED.search(message)
    if whole and used:
        return int(whole[1]) - int(used[1])
    if _ROOM.search(message) is None:
        return None
    return max((n for n in map(int, re.findall(r"\d+", message)) if n < asked), default=None)


def is_too_long(status: int, code: str, message: str) -> bool:
    """Whether an error of the endpoint says that the text is too long for the model."""
    return (
        code in _TOO_LONG_CODES
        or status == 413
        or (status in (400, 422) and _TOO_LONG.search(message) is not None)
    )
