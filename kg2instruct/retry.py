"""How to be a polite client: who is asking, how long to wait before asking again."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event, Lock

from kg2instruct import __version__

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST_PAUSE = 600.0
# Answers of servers, and of what stands before them, that another try may not get.
TRANSIENT = (408, 425, 429, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524)


def user_agent(contact: str = "") -> str:
    """The name that a server sees, with an address for questions where one is given."""
    about = f" ({' '.join(contact.split())})" if contact.strip() else ""
    return f"kg2instruct/{__version__}{about}"


def duration(text: str) -> float | None:
    """Seconds of `1s`, `6m0s`, `20ms`, or of a plain number."""
    with suppress(ValueError):
        return max(0.0, float(text))
    parts = _DURATION.findall(text)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date."""
    if (exact := headers.get("retry-after-ms")) is not None and (ms := duration(exact)) is not None:
        return min(LONGEST_PAUSE, ms / 1000)
    value = headers.get("retry-after")
    if value is None:
        return None
    if (seconds := duration(value)) is not None:
        return min(LONGEST_PAUSE, seconds)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:  # a date of the web is in Greenwich's time, said or not
        moment = moment.replace(tzinfo=UTC)
    return min(LONGEST_PAUSE, max(0.0, (moment - datetime.now(UTC)).total_seconds()))


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first` to `longest` seconds, each drawn from its upper half; `tries` in all."""

    first: float = 1.0
    longest: float = 60.0
    tries: int = 8

    def delay(self, number: int) -> float:
        """Seconds to wait after the failure of this number, counted from 1."""
        most = min(self.longest, self.first * 2.0 ** min(number - 1, 30))
        return random.uniform(most / 2, most)


@dataclass(slots=True)
class Pause:
    """A pause that a server asked for, kept by all threads that talk to it."""

    _until: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def ask(self, seconds: float) -> None:
        """Let nobody ask anything for so long."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self, stopped: Event | None = None) -> None:
        """Back when the pause is over, or when all work was stopped."""
        stopped = stopped or Event()
        while (left := self._until - time.monotonic()) > 0 and not stopped.wait(left):
            pass
