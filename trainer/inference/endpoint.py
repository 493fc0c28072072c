"""Answers by an OpenAI-compatible endpoint: vLLM, `transformers serve`, or a paid service."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kg2instruct.chat import Answer, CallOptions, Done, Journal, Model, NotDone, Request, Tokens, make_request
from kg2instruct.chat.journal import canonical
from kg2instruct.errors import Kg2InstructError, OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.records import InstructionRow
from trainer.inference.decoding import Decoding
from trainer.inference.predict import Predicted, Tell, answer_line
from trainer.prompts import Conversation, conversation


def predict_at(
    rows: Iterable[InstructionRow],
    out: Path,
    *,
    model: Model,
    calls: CallOptions,
    decoding: Decoding,
    system: str = "",
    fresh: bool = False,
    tell: Tell | None = None,
) -> Predicted:
    """Write an endpoint's answers to rows to `out`, every one of them in `OUT.journal` first.

    Rows that the endpoint failed, or that were not asked because of the cost, have no answer and are counted in
    `not_done`. Raises AccessError, EndpointDownError, ConfigError without a key, OutputError.
    """
    from kg2instruct.chat.client import Usage
    from kg2instruct.chat.run import ask_all

    path = out.with_name(f"{out.name}.journal")
    if fresh:
        _remove(path)
    tokens, done, usage = Tokens(model.name), Predicted(), Usage()
    requests = ((row.id, request_for(row, model, tokens, decoding, system)) for row in rows)
    with Journal(path) as journal, atomic_writer(out) as file:

        def handle(row_id: str, outcome: Done[Answer] | NotDone) -> None:
            if isinstance(outcome, NotDone):
                done.not_done[outcome.reason] = done.not_done.get(outcome.reason, 0) + 1
            else:
                answer = outcome.value
                file.write(answer_line(row_id, answer.text.strip(), answer.finish))
                done.count(row_id, answer.finish)
            if tell:
                tell(done)

        ask_all(requests, handle, journal=journal, model=model, options=calls, usage=usage)
    done.earlier = max(0, done.answers - usage.answered)
    return done


def request_for(
    row: InstructionRow, model: Model, tokens: Tokens, decoding: Decoding, system: str = ""
) -> Request:
    """The call for a row; what is not set is left to the endpoint."""
    request = make_request(
        conversation(row, system=system),
        model,
        tokens,
        room=decoding.max_new_tokens,
        temperature=decoding.temperature,
    )
    body = request.body | _more(decoding)
    return replace(request, body=body, key=hashlib.sha256(canonical([body, 0])).hexdigest())


def _more(decoding: Decoding) -> dict[str, Any]:
    """Fields of a call beside the temperature. OpenAI's own endpoint knows no top_k."""
    usual = Decoding()
    names = ("top_p", "top_k", "repetition_penalty")
    more = {
        name: getattr(decoding, name) for name in names if getattr(decoding, name) != getattr(usual, name)
    }
    return more | ({"seed": decoding.seed} if decoding.samples else {})


def _remove(journal: Path) -> None:
    try:
        for path in journal.parent.glob(f"{journal.name}*"):
            if path.name.removeprefix(journal.name) in ("", "-wal", "-shm"):
                path.unlink()
    except OSError as error:
        raise OutputError(f"{journal}: {error.strerror or error}") from error


class EndpointStream:
    """Answers conversations piece by piece."""

    def __init__(self, model: Model, calls: CallOptions) -> None:
        """Raises ConfigError where a key is needed and not set."""
        import openai

        from kg2instruct.chat.wire import credentials

        self._model = model
        self._client = openai.OpenAI(**credentials(calls), max_retries=2)

    def __call__(self, turns: Conversation, decoding: Decoding, adapter: str | None = None) -> Iterator[str]:
        """The pieces of an answer; `adapter` is the name of another model of the endpoint.

        Raises Kg2InstructError for whatever the endpoint does not like.
        """
        import openai

        body: dict[str, Any] = {
            "model": adapter or self._model.name,
            "messages": list(turns),
            self._model.limit: decoding.max_new_tokens,
        }
        if not self._model.reasons:
            body["temperature"] = decoding.temperature
        create: Any = self._client.chat.completions.create
        known = {name: value for name, value in _more(decoding).items() if name in ("top_p", "seed")}
        extra = {name: value for name, value in _more(decoding).items() if name not in known}
        try:
            with create(**body, **known, extra_body=extra, stream=True) as pieces:
                for piece in pieces:
                    if piece.choices and (text := piece.choices[0].delta.content):
                        yield text
        except openai.APIError as error:
            where = (
                "; is the address one that ends in /v1?" if isinstance(error, openai.NotFoundError) else ""
            )
            raise Kg2InstructError(f"the endpoint: {_one_line(error)}{where}") from error

    def models(self) -> list[str]:
        """The models that the endpoint says it has; none where it does not say."""
        import openai

        try:
            return [model.id for model in self._client.models.list()]
        except openai.APIError:
            return []


def _one_line(error: Exception) -> str:
    return " ".join(f"{error} {error.__cause__ or ''}".split())[:300]
