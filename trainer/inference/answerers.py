"""The models that a conversation can be had with, by name: a local one with its adapters, or an endpoint's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.inference.decoding import Decoding
from trainer.prompts import Conversation

if TYPE_CHECKING:
    from kg2instruct.chat import CallOptions, Model
    from trainer.inference.model import LocalModel

Answerer = Callable[[Conversation, Decoding], Iterator[str]]


def local_answerers(model: LocalModel) -> dict[str, Answerer]:
    """The adapters first, then the model without them."""
    from trainer.inference.generate import LocalStream
    from trainer.inference.model import BASE

    stream = LocalStream(model)
    if not model.adapters:
        return {Path(model.name).name: stream}
    return {name: partial(stream, adapter=name) for name in (*model.adapters, BASE)}


def endpoint_answerers(model: Model, calls: CallOptions) -> dict[str, Answerer]:
    """The model asked for, then the others that the endpoint says it has (adapters, with vLLM)."""
    from trainer.inference.endpoint import EndpointStream

    stream = EndpointStream(model, calls)
    names = dict.fromkeys((model.name, *stream.models()))
    return {name: partial(stream, adapter=name) for name in names}
