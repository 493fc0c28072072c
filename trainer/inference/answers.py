"""Requests of a chat, answered by a model on this machine; see `kg2instruct.chat.local`."""

from __future__ import annotations

from collections.abc import Sequence

import xxhash

from kg2instruct.chat import Answer, Request
from trainer.inference.decoding import Decoding
from trainer.inference.generate import LocalGenerator, generate
from trainer.inference.model import ModelOptions, load_model


class LocalAnswers:
    """Answers batches of requests. `name` has the digest of all that the answers depend on beside them."""

    def __init__(self, options: ModelOptions, decoding: Decoding) -> None:
        self._model, self._decoding = load_model(options), decoding
        identity = LocalGenerator(self._model, decoding).identity
        self.name = f"{options.model}@{xxhash.xxh3_64_hexdigest(repr(sorted(identity.items())).encode())}"

    def __call__(self, requests: Sequence[Request]) -> list[Answer]:
        """An answer for each request, none longer than the decoding allows."""
        prompts = [self._model.prompt(request.body["messages"]) for request in requests]
        seed = requests[0].key if requests else ""
        with self._model.using(None):
            replies = generate(self._model, prompts, self._decoding, seed)
        return [
            Answer(reply.text, reply.finish, len(prompt), model=self.name, via="local")
            for prompt, reply in zip(prompts, replies, strict=True)
        ]


def load_answers(
    model: str, *, temperature: float = 0.0, max_new_tokens: int = 512, seed: int = 0
) -> LocalAnswers:
    """Load a model by folder or name, to be asked."""
    decoding = Decoding(temperature=temperature, max_new_tokens=max_new_tokens, seed=seed)
    return LocalAnswers(ModelOptions(model=model), decoding)
