"""Calls are made as fast as the endpoint allows, and not when it is down."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from kg2instruct.chat.limits import Allowance, Breaker, EndpointDownError, Pace
from kg2instruct.retry import duration, retry_after


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("6m0s", 360), ("20ms", 0.02), ("1h2m3s", 3723), ("7.5", 7.5), ("soon", None)],
)
def test_reads_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


def test_reads_how_long_to_wait() -> None:
    assert retry_after({}) is None
    assert retry_after({"retry-after": "2"}) == 2
    assert retry_after({"retry-after": "2", "retry-after-ms": "1500"}) == 1.5
    moment = datetime.now(UTC) + timedelta(seconds=10)
    assert retry_after({"retry-after": format_datetime(moment)}) == pytest.approx(10, abs=2)
    without_zone = format_datetime(moment.replace(tzinfo=None)).removesuffix(" -0000")
    assert retry_after({"retry-after": without_zone}) == pytest.approx(10, abs=2)
    assert retry_after({"retry-after": "when the cows come home"}) is None
    assert retry_after({"retry-after": "1000000"}) == 600, "no endpoint holds a run up for days"


def limits(kind: str, remaining: int, reset: str, limit: int = 10) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(remaining),
        f"x-ratelimit-reset-{kind}": reset,
    }


def test_without_requests_left_calls_wait_for_the_refill() -> None:
    async def run() -> float:
        pace = Pace()
        await pace.enter(1)
        pace.leave(1, limits("requests", 0, "2s"))
        begun = time.monotonic()
        await pace.enter(1)
        return time.monotonic() - begun

    # A tenth of the limit is back after a tenth of the time; a busy machine wakes late, but not every time.
    assert 0.15 < min(asyncio.run(run()) for _ in range(3)) < 1.5


def test_without_tokens_left_large_calls_wait_longer() -> None:
    async def run(tokens: int) -> float:
        pace = Pace()
        await pace.enter(1)
        pace.leave(1, limits("tokens", 100, "1s", limit=1000))
        begun = time.monotonic()
        await pace.enter(tokens)
        return time.monotonic() - begun

    assert min(asyncio.run(run(50)) for _ in range(5)) < 0.05
    assert 0.25 < min(asyncio.run(run(370)) for _ in range(3)) < 0.9


def test_nothing_is_waited_for_where_the_endpoint_names_no_limits() -> None:
    async def run() -> float:
        pace = Pace()
        begun = time.monotonic()
        for _ in range(100):
            await pace.enter(10_000)
            pace.leave(10_000, {})
        return time.monotonic() - begun

    assert min(asyncio.run(run()) for _ in range(3)) < 0.5


def test_the_breaker_opens_after_failures_in_a_row_and_ends_the_run_when_patience_does() -> None:
    async def run() -> None:
        breaker = Breaker(2, 0.05)
        breaker.failed("503")
        assert breaker.gate() is None
        breaker.failed("503")
        assert breaker.gate() is not None
        breaker.succeeded()
        assert breaker.gate() is None
        breaker.failed("503")
        breaker.failed("503")
        await asyncio.sleep(0.06)
        with pytest.raises(EndpointDownError, match="503"):
            breaker.gate()

    asyncio.run(run())


def test_a_limit_that_comes_back_in_years_holds_nothing_up_for_longer_than_a_pause() -> None:
    requests = Allowance("requests")
    requests.update(limits("requests", 0, "1800000000"), 0)  # a moment, where others write a duration
    assert requests.wait(1) < 600
