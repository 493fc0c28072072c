"""Conversations held with a model on this machine: the next requests of many, answered in batches.

No network and no limits, but the same journal: what has been answered is not computed again. Which requests are
answered together depends on the conversations and the batch size alone, not on what the journal has: a model may
answer otherwise in other company, since padding changes the order of additions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, TypeVar

from kg2instruct.chat.journal import Answer, Journal
from kg2instruct.chat.request import Request
from kg2instruct.chat.talks import Done, NotDone, Talk

K = TypeVar("K")
T = TypeVar("T")

AnswerAll = Callable[[Sequence[Request]], Sequence[Answer]]


class BatchAnswerer(Protocol):
    """A model on this machine that answers all of a batch; the journal keeps its answers under its `name`."""

    name: str

    def __call__(self, requests: Sequence[Request], /) -> Sequence[Answer]:
        """An answer for each request."""


# Batches whose conversations go on side by side, so that requests of like length come together.
_BATCHES = 8


def run_talks_in_batches(
    talks: Iterable[tuple[K, Talk[T]]],
    handle: Callable[[K, Done[T] | NotDone], None],
    answer: AnswerAll,
    *,
    journal: Journal,
    size: int = 16,
) -> int:
    """Hold conversations; `handle` gets what became of them in order. Returns how many requests were answered.

    `answer` is given at most `size` requests of like length, and gives as many answers.
    """
    source, answered = iter(talks), 0
    while window := list(islice(source, _BATCHES * size)):
        states: list[Request | Done[T]] = [_advance(talk, None) for _, talk in window]
        while asked := {x.key: x for x in states if isinstance(x, Request)}:
            for batch in _batches(list(asked.values()), size):
                missing = [x for x in batch if journal.get(x.key) is None]
                if missing:  # all but those of earlier batches, since a batch is written whole
                    journal.put(list(zip([x.key for x in missing], answer(missing), strict=True)))
                    answered += len(missing)
            for number, state in enumerate(states):
                if isinstance(state, Request):
                    states[number] = _advance(window[number][1], journal.get(state.key))
        for (key, _), state in zip(window, states, strict=True):
            assert isinstance(state, Done)
            handle(key, state)
    return answered


def _batches(requests: list[Request], size: int) -> Iterator[list[Request]]:
    requests.sort(key=lambda x: (-x.tokens, x.key))  # the longest first: what does not fit is told at once
    return (requests[i : i + size] for i in range(0, len(requests), size))


def _advance(talk: Talk[T], answer: Answer | None) -> Request | Done[T]:
    try:
        return next(talk) if answer is None else talk.send(answer)
    except StopIteration as stop:
        return Done(stop.value)
