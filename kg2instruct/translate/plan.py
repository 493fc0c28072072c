"""What a translation would cost, before anything is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kg2instruct.chat import Journal, Talk
from kg2instruct.chat import plan as chat_plan
from kg2instruct.translate.items import Item
from kg2instruct.translate.talk import Desk, Outcome, converse


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls and their cost, and how many items there are of each task."""

    calls: chat_plan.Plan
    tasks: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return self.calls.to_json() | {"tasks": dict(sorted(self.tasks.items()))}


def plan(items: Iterable[Item], desk: Desk, journal: Journal | None, *, batch: bool = False) -> Plan:
    """Count the calls that items need next; nothing is sent."""
    tasks: Counter[str] = Counter()

    def talks() -> Iterator[Talk[Outcome]]:
        for item in items:
            tasks[item.task] += 1
            yield converse(item, desk)

    return Plan(chat_plan.plan(talks(), desk.model, desk.tokens, journal, batch=batch), tasks)
