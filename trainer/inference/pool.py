"""One process for each GPU (or, for trying it out, several on the CPU), all with the same model."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from kg2instruct.errors import Kg2InstructError
from kg2instruct.records import InstructionRow
from trainer.inference.decoding import Decoding, Reply
from trainer.inference.model import ModelOptions
from trainer.inference.predict import Question

if TYPE_CHECKING:
    from trainer.inference.generate import LocalGenerator

T = TypeVar("T")

_AHEAD = 2  # questions under way for each process

# Of a process of the pool: its generator, or why it has none.
_mine: LocalGenerator | str = "not begun"


class PoolGenerator:
    """Answers rows on several devices; batches are the same as on one, and so are answers on equal devices."""

    def __init__(self, options: ModelOptions, decoding: Decoding, devices: Sequence[str]) -> None:
        context = multiprocessing.get_context("spawn")
        places = context.SimpleQueue()
        for device in devices:
            places.put(device)
        self._ahead = _AHEAD * len(devices)
        self._pool = ProcessPoolExecutor(
            len(devices), mp_context=context, initializer=_open, initargs=(options, decoding, places)
        )

    @property
    def identity(self) -> Mapping[str, Any]:
        """As one generator's."""
        return self._result(self._pool.submit(_identity))

    def lengths(self, rows: Sequence[InstructionRow]) -> list[int]:
        """Tokens of each row's prompt."""
        return self._result(self._pool.submit(_lengths, rows))

    def run(self, questions: Iterable[Question]) -> Iterator[tuple[Question, list[Reply]]]:
        """The questions in order, some ahead under way."""
        waiting: deque[tuple[Question, Future[list[Reply]]]] = deque()
        for question in questions:
            waiting.append((question, self._pool.submit(_answer, question)))
            if len(waiting) >= self._ahead:
                done, future = waiting.popleft()
                yield done, self._result(future)
        for done, future in waiting:
            yield done, self._result(future)

    def _result(self, future: Future[T]) -> T:
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise Kg2InstructError(
                "a process that held the model died, perhaps for lack of memory; the same command goes on from here"
            ) from error

    def __enter__(self) -> PoolGenerator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _open(options: ModelOptions, decoding: Decoding, places: Any) -> None:
    global _mine
    from trainer.inference.generate import LocalGenerator
    from trainer.inference.model import load_model

    try:
        _mine = LocalGenerator(load_model(replace(options, device=places.get())), decoding)
    except Kg2InstructError as error:  # an exception here would only break the pool, and tell nothing
        _mine = str(error)


def _with_mine(use: Callable[[LocalGenerator], T]) -> T:
    if isinstance(_mine, str):
        raise Kg2InstructError(_mine)
    return use(_mine)


def _identity() -> Mapping[str, Any]:
    return _with_mine(lambda mine: mine.identity)


def _lengths(rows: Sequence[InstructionRow]) -> list[int]:
    return _with_mine(lambda mine: mine.lengths(rows))


def _answer(question: Question) -> list[Reply]:
    try:
        return _with_mine(lambda mine: mine.answer(question.rows, question.seed))
    except Kg2InstructError as error:  # not all of ours can be sent between processes
        raise Kg2InstructError(str(error)) from None
