"""What a run would cost, before anything is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kg2instruct.translate.items import Item
from kg2instruct.translate.journal import Journal
from kg2instruct.translate.models import BATCH_SHARE
from kg2instruct.translate.replay import replay
from kg2instruct.translate.talk import Desk, Outcome, converse

# Tokens of an answer for one of the text sent: Chinese and English take about as many.
_ANSWER_SHARE, _ANSWER_TOKENS, _THOUGHT_TOKENS = 1.1, 350, 600


@dataclass(slots=True)
class Plan:
    """Calls, tokens and US dollars that first answers would take; retries come on top."""

    items: int = 0
    done: int = 0
    """Items that need no call: answered in the journal, or without anything to translate."""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    """Null where the model's price is not known."""
    cost_at_most: float | None = None
    """If every answer took all the room it is given."""
    spent: float = 0.0
    """What the answers in the journal cost."""
    exact: bool = False
    """Tokens of the requests are counted; else all are estimated."""
    tasks: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "tasks": dict(sorted(self.tasks.items()))
        }


def plan(items: Iterable[Item], desk: Desk, journal: Journal | None, *, batch: bool = False) -> Plan:
    """Count the calls that items need next; nothing is sent."""
    model, told = desk.model, Plan(exact=desk.tokens.exact, spent=journal.cost if journal else 0.0)
    share = BATCH_SHARE if batch else 1.0
    most = 0.0
    for item in items:
        told.items += 1
        told.tasks[item.task] += 1
        talk = converse(item, desk)
        state = replay(talk, journal) if journal else _first(talk)
        if isinstance(state, Outcome):
            told.done += 1
            continue
        told.calls += 1
        told.tokens_in += state.tokens
        size = desk.tokens.count(state.body["messages"][-1]["content"])
        told.tokens_out += round(size * _ANSWER_SHARE)
        told.tokens_out += _ANSWER_TOKENS if desk.options.mode == "answer" else 0
        told.tokens_out += _THOUGHT_TOKENS if model.reasons else 0
        most += model.cost(state.tokens, state.room, share)
    if model.priced:
        told.cost = round(model.cost(told.tokens_in, told.tokens_out, share), 6)
        told.cost_at_most = round(most, 6)
    return told


def _first(talk: Any) -> Any:
    try:
        return next(talk)
    except StopIteration as stop:
        return stop.value
