"""Conversations held with an endpoint, many at once, every answer in the journal on the way.

A run keeps nothing but the journal. Killed at any moment, the same run asks for what the journal lacks and hands
on the same results in the same order.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager, suppress
from typing import TypeVar

from kg2instruct.chat.client import Caller, CallFailedError, CostReachedError, StoppedError, Usage
from kg2instruct.chat.journal import Answer, Journal
from kg2instruct.chat.models import Model
from kg2instruct.chat.options import CallOptions
from kg2instruct.chat.request import Request
from kg2instruct.chat.talks import (
    CALL_FAILED,
    COST_REACHED,
    STOPPED,
    Done,
    NotDone,
    Talk,
    replay,
    single,
)

K = TypeVar("K")
T = TypeVar("T")

# Conversations ahead of the oldest one that is not done yet, for each call that may be under way.
_AHEAD = 32
# Seconds of reading and handing on at a time, while calls that have ended wait for the next ones.
_TURN = 0.002


def ask_all(
    requests: Iterable[tuple[K, Request]],
    handle: Callable[[K, Done[Answer] | NotDone], None],
    *,
    journal: Journal,
    model: Model,
    options: CallOptions,
    usage: Usage | None = None,
) -> Usage:
    """One call for each key; like `run_talks` else."""
    talks = ((key, single(request)) for key, request in requests)
    return run_talks(talks, handle, journal=journal, model=model, options=options, usage=usage)


def run_talks(
    talks: Iterable[tuple[K, Talk[T]]],
    handle: Callable[[K, Done[T] | NotDone], None],
    *,
    journal: Journal,
    model: Model,
    options: CallOptions,
    usage: Usage | None = None,
) -> Usage:
    """Hold conversations; `handle` is given each key with what became of it, in the order of `talks`.

    `usage` is counted while the run goes on, and returned. The first interrupt lets calls under way end, so that
    what is paid is kept, and raises KeyboardInterrupt then. Raises AccessError or EndpointDownError, after which
    the journal has all answers, and OutputError where it cannot be written.
    """
    usage = usage if usage is not None else Usage()
    caller = Caller(journal, model, options, usage)
    _run_to_end(_run(talks, handle, journal, caller, _AHEAD * options.concurrency), caller)
    return usage


def _run_to_end(run: Coroutine[None, None, None], caller: Caller) -> None:
    """Run here or, where a loop is running already as in notebooks, in a thread beside it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(run)
        return
    with ThreadPoolExecutor(1) as beside:
        ended = beside.submit(asyncio.run, run)
        try:
            ended.result()
        except KeyboardInterrupt:
            caller.interrupted = caller.stopping = True
            ended.result()


async def _run(
    talks: Iterable[tuple[K, Talk[T]]],
    handle: Callable[[K, Done[T] | NotDone], None],
    journal: Journal,
    caller: Caller,
    ahead: int,
) -> None:
    try:
        with _interrupts(caller):
            held = _hold_all(talks, caller, journal, ahead)
            async with aclosing(held) as finished:
                async for key, outcome in finished:
                    handle(key, outcome)
            if caller.interrupted:
                raise KeyboardInterrupt
    finally:
        await caller.close()


async def _hold_all(
    talks: Iterable[tuple[K, Talk[T]]], caller: Caller, journal: Journal, ahead: int
) -> AsyncGenerator[tuple[K, Done[T] | NotDone], None]:
    """Each key with what became of it, in order; at most `ahead` conversations are in memory."""
    window: deque[tuple[K, asyncio.Future[Done[T] | NotDone]]] = deque()
    source, turn = iter(talks), _Turn()
    try:
        while True:
            while len(window) < ahead and (begun := next(source, None)) is not None:
                window.append((begun[0], _begin(begun[1], caller, journal)))
                await turn.end()
                if window[0][1].done():
                    break  # hand on what is done before reading further
            if not window:
                return
            key, future = window.popleft()
            yield key, await future
            await turn.end()
    finally:
        caller.stopping = True  # what is under way is paid for: let it end
        await asyncio.gather(*(future for _, future in window), return_exceptions=True)


class _Turn:
    """A stretch of work that lets the calls go on when it has lasted long enough."""

    def __init__(self) -> None:
        self._ends = 0.0

    async def end(self) -> None:
        """Go on, at once or after what is waiting."""
        if time.monotonic() > self._ends:
            await asyncio.sleep(0)
            self._ends = time.monotonic() + _TURN


def _begin(talk: Talk[T], caller: Caller, journal: Journal) -> asyncio.Future[Done[T] | NotDone]:
    state = replay(talk, journal)
    if isinstance(state, Done):
        future: asyncio.Future[Done[T] | NotDone] = asyncio.get_running_loop().create_future()
        future.set_result(state)
        return future
    return asyncio.create_task(_finish(talk, state, caller))


async def _finish(talk: Talk[T], request: Request, caller: Caller) -> Done[T] | NotDone:
    """Make the calls that a conversation still needs."""
    try:
        while True:
            answer = await caller.ask(request)
            await asyncio.sleep(0)  # the next call first, then what is made of this answer
            request = talk.send(answer)
    except StopIteration as stop:
        return Done(stop.value)
    except CostReachedError:
        return NotDone(COST_REACHED)
    except StoppedError:
        return NotDone(STOPPED)
    except CallFailedError as error:
        return NotDone(f"{CALL_FAILED}: {error}")


@contextmanager
def _interrupts(caller: Caller) -> Iterator[None]:
    """The first interrupt lets calls under way end, so that what is paid is kept; the second one does not."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        caller.interrupted = caller.stopping = True
        with suppress(NotImplementedError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)

    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except (NotImplementedError, ValueError, RuntimeError):  # not this system, or not the main thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
