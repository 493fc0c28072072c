"""Runs of calls as the command line shows them: progress, cost, what a plan rests on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kg2instruct.chat import CallOptions, Model
from kg2instruct.chat.limits import EndpointDownError
from kg2instruct.chat.plan import Plan
from kg2instruct.chat.talks import CALL_FAILED
from kg2instruct.cli.options import messages
from kg2instruct.errors import ConfigError

_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_SHOWS = 0.2


def check_price(model: Model, calls: CallOptions) -> None:
    """Raise ConfigError where a most cost is set for a model without a price."""
    if calls.max_cost is not None and not model.priced:
        raise ConfigError(f"--max-cost needs the price of {model.name}: add --price INPUT,OUTPUT")


def tell_basis(plan: Plan, model: Model) -> None:
    """Say whether the tokens of a plan were counted or estimated, and whether a price is missing."""
    how = "counted" if plan.exact else "estimated: the tokenizer of this model is not at hand"
    price = "" if model.priced else f"; no price is known for {model.name}: add --price INPUT,OUTPUT"
    messages.print(f"tokens are {how}{price}", highlight=False, soft_wrap=True)


def calls_shown(calls: Mapping[str, Any]) -> dict[str, object]:
    """Counts of calls, as `Usage.to_json` has them, with names for a table."""
    counts = dict(calls)
    shown: dict[str, object] = {
        f"failed calls: {reason}": number for reason, number in counts.pop("failures", {}).items()
    }
    return shown | {
        name.replace("_", " ") + (" (US$)" if "cost" in name else ""): n for name, n in counts.items()
    }


def check_answered(done: int, not_done: Mapping[str, int]) -> None:
    """Raise EndpointDownError where nothing at all was done because calls failed."""
    failed = [reason for reason in not_done if reason.startswith(CALL_FAILED)]
    if failed and not done:
        raise EndpointDownError(f"nothing was done: {failed[0]}; the same command tries again")


class ItemProgress:
    """Progress by items: a bar with time left on a terminal, a line now and then elsewhere."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title, self._total = title, total
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._begun = self._told = time.monotonic()

    def __enter__(self) -> Self:
        if messages.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=messages, transient=True)
            self._task = self._bar.add_task(self._title, total=self._total)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    @property
    def is_due(self) -> bool:
        """Whether anything would be shown now."""
        between = _SECONDS_BETWEEN_SHOWS if self._bar else _SECONDS_BETWEEN_LINES
        return time.monotonic() - self._told >= between

    def show(self, items: int, line: str) -> None:
        """Show how far a run is."""
        if not self.is_due:
            return
        self._told = time.monotonic()
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=items, description=line)
        else:
            messages.print(f"{items} items, {line}", style="dim", highlight=False, soft_wrap=True)


class CallProgress(ItemProgress):
    """Progress of calls: with their rate and cost."""

    def tell(self, items: int, calls: Mapping[str, Any], more: str = "") -> None:
        """Show how far a run is; `calls` as `Usage.to_json` has them."""
        rate = calls.get("answered", 0) / max(time.monotonic() - self._begun, 1e-9)
        cost = f"${calls.get('cost_of_journal', 0):.2f}"
        self.show(items, "  ".join(filter(None, (f"{rate:.1f} calls/s", cost, more))))
