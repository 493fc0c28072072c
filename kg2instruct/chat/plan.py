"""What a run would cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from kg2instruct.chat.journal import Journal
from kg2instruct.chat.models import BATCH_SHARE, Model, Tokens
from kg2instruct.chat.talks import Done, Talk, replay


@dataclass(slots=True)
class Plan:
    """Calls, tokens and US dollars that first answers would take; retries come on top."""

    items: int = 0
    done: int = 0
    """Items that need no call: answered in the journal, or without anything to ask."""
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

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def plan(
    talks: Iterable[Talk[Any]], model: Model, tokens: Tokens, journal: Journal | None, *, batch: bool = False
) -> Plan:
    """Count the calls that conversations need next; nothing is sent."""
    told = Plan(exact=tokens.exact, spent=journal.cost if journal else 0.0)
    share = BATCH_SHARE if batch else 1.0
    most = 0.0
    for talk in talks:
        told.items += 1
        state = replay(talk, journal)
        if isinstance(state, Done):
            told.done += 1
            continue
        told.calls += 1
        told.tokens_in += state.tokens
        told.tokens_out += state.expected
        most += model.cost(state.tokens, state.room, share)
    if model.priced:
        told.cost = round(model.cost(told.tokens_in, told.tokens_out, share), 6)
        told.cost_at_most = round(most, 6)
    return told
