"""The same work on many things in several processes, results in the order of the things."""

from __future__ import annotations

import multiprocessing
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any, TypeVar

from kg2instruct.errors import Kg2InstructError

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4  # things under way or waiting, for each process

_work: Callable[[Any], Any] | None = None  # what a worker does


def in_order(work: Callable[[T], R], things: Iterable[T], workers: int) -> Iterator[R]:
    """Yield `work` of each thing, in order; a single thing, or with one worker all, in this process.

    Things are taken a few ahead of the results, so memory stays bounded. `work` is given to each process once.
    Raises what the work raises, and Kg2InstructError when a process dies.
    """
    rest = iter(things)
    first = list(islice(rest, 2))
    things = chain(first, rest)
    if workers <= 1 or len(first) < 2:
        yield from map(work, things)
        return
    context = multiprocessing.get_context("fork" if sys.platform.startswith("linux") else "spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(work,))
    waiting: deque[Future[R]] = deque()
    try:
        for thing in things:
            waiting.append(pool.submit(_do, thing))
            if len(waiting) >= _AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise Kg2InstructError(
            "a worker died, perhaps for lack of memory; fewer --workers need less"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work


def _do(thing: Any) -> Any:
    assert _work is not None
    return _work(thing)
