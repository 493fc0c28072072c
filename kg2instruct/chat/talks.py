"""Conversations: generators that yield Requests, are sent Answers and return what became of them.

They know no network and no journal, so live calls, batches, plans and tests all drive the same ones.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from kg2instruct.chat.journal import Answer, Journal
from kg2instruct.chat.request import Request

T = TypeVar("T")
Talk = Generator[Request, Answer, T]

# Why a conversation has not come to its end: the next run goes on with it.
COST_REACHED = "the cost set was reached"
CALL_FAILED = "the endpoint failed"
STOPPED = "the run was stopped"
WAITING = "waits for a batch"


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What a conversation returned."""

    value: T


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why a conversation has not come to its end."""

    reason: str


def single(request: Request) -> Talk[Answer]:
    """A conversation of one call."""
    answer = yield request
    return answer


def replay(talk: Talk[T], journal: Journal | None) -> Request | Done[T]:
    """Go on with a conversation as far as the journal has answers: the next request, or what it returned."""
    try:
        request = next(talk)
        while journal is not None and (answer := journal.get(request.key)) is not None:
            request = talk.send(answer)
    except StopIteration as stop:
        return Done(stop.value)
    return request
