"""How fast calls may be made: what the endpoint says is left, pauses it asks for, and whether it is up at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress

from kg2instruct.errors import Kg2InstructError
from kg2instruct.retry import LONGEST_PAUSE, duration


class EndpointDownError(Kg2InstructError):
    """The endpoint has failed for longer than the patience set."""


class Allowance:
    """What is left of a limit (of requests or of tokens), which comes back evenly until it is full again."""

    def __init__(self, kind: str) -> None:
        self._names = [f"x-ratelimit-{what}-{kind}" for what in ("limit", "remaining", "reset")]
        self._limit: float | None = None
        self._left = self._rate = 0.0
        self._at = 0.0

    def update(self, headers: Mapping[str, str], under_way: float) -> None:
        """Take over what a response says, less what has been sent since and is not counted there yet."""
        limit, remaining, reset = map(headers.get, self._names)
        if limit is None or remaining is None:
            return
        with suppress(ValueError):
            self._limit, self._left = float(limit), float(remaining)
            seconds = min((duration(reset) if reset else None) or 0.0, LONGEST_PAUSE)
            self._rate = (self._limit - self._left) / seconds if seconds > 0 else self._limit
            self._left -= under_way
            self._at = time.monotonic()

    def _refill(self) -> None:
        now = time.monotonic()
        if self._limit is not None:
            self._left = min(self._limit, self._left + self._rate * (now - self._at))
        self._at = now

    def wait(self, need: float) -> float:
        """Seconds until `need` is likely to be left; a need beyond the whole limit waits until it is full."""
        if self._limit is None:
            return 0.0
        self._refill()
        missing = min(need, self._limit) - self._left
        return missing / max(self._rate, 1e-3) if missing > 1e-9 else 0.0

    def take(self, need: float) -> None:
        """Count `need` as used."""
        if self._limit is not None:
            self._left -= need


class Pace:
    """Lets calls through one after the other as the endpoint's limits and pauses allow."""

    def __init__(self) -> None:
        self._requests, self._tokens = Allowance("requests"), Allowance("tokens")
        self._resume_at = 0.0
        self._turn = asyncio.Lock()
        self._under_way: list[float] = [0.0, 0.0]

    async def enter(self, tokens: int) -> None:
        """Wait until a call of so many tokens may be made."""
        async with self._turn:
            while True:
                pause = self._resume_at - time.monotonic()
                wait = max(pause, self._requests.wait(1), self._tokens.wait(tokens))
                if wait <= 0:
                    break
                await asyncio.sleep(min(wait, LONGEST_PAUSE))
            self._requests.take(1)
            self._tokens.take(tokens)
            self._count(1, tokens)

    def leave(self, tokens: int, headers: Mapping[str, str] | None) -> None:
        """Note that a call has ended, and what its response says of the limits."""
        self._count(-1, -tokens)
        if headers is not None:
            self._requests.update(headers, self._under_way[0])
            self._tokens.update(headers, self._under_way[1])

    def pause(self, seconds: float) -> None:
        """Let no call through for so long."""
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)

    def _count(self, requests: float, tokens: float) -> None:
        self._under_way[0] += requests
        self._under_way[1] += tokens


class Breaker:
    """After many failures in a row only one call at a time tries; after `patience` seconds of it, the run ends."""

    def __init__(self, break_after: int, patience: float) -> None:
        self._after, self._patience = break_after, patience
        self._failures = 0
        self._since = 0.0
        self._answered = time.monotonic()
        self._last = ""
        self._probe = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the endpoint is taken to be down."""
        return self._failures >= self._after

    def gate(self) -> asyncio.Lock | None:
        """What a call has to hold while the endpoint seems down; EndpointDownError when patience is at its end."""
        if not self.is_open:
            return None
        if time.monotonic() - self._since > self._patience:
            raise EndpointDownError(
                f"the endpoint has failed {self._failures} times in a row, last with: {self._last}; "
                "all answers so far are in the journal, the same command goes on from here"
            )
        return self._probe

    def failed(self, reason: str) -> None:
        """Count a failure of the endpoint."""
        if self._failures == 0:
            self._since = time.monotonic()
        self._failures += 1
        self._last = reason

    def held_up(self) -> None:
        """The endpoint asks to wait; EndpointDownError when it does so to all calls for longer than patience."""
        if time.monotonic() - self._answered > self._patience:
            raise EndpointDownError(
                f"the endpoint has let no call through for {self._patience:.0f} s; all answers so far are in the "
                "journal, the same command goes on from here"
            )

    def succeeded(self) -> None:
        """The endpoint has answered."""
        self._failures = 0
        self._answered = time.monotonic()
