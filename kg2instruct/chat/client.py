"""Calls of an OpenAI-compatible endpoint, each paid answer in the journal before it is handed on."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from kg2instruct.chat.journal import Answer, Journal
from kg2instruct.chat.limits import Breaker, Pace
from kg2instruct.chat.models import Model
from kg2instruct.chat.options import CallOptions
from kg2instruct.chat.request import TOO_LONG, Request
from kg2instruct.chat.responses import Problem, is_too_long, read_answer, read_problem, room_left
from kg2instruct.chat.wire import Response, Wire
from kg2instruct.errors import Kg2InstructError
from kg2instruct.retry import Backoff, retry_after

_WRONG_ACCESS = (401, 402, 403, 404)  # 402: nothing left of what was paid in
TOO_MANY = "429: too many calls"
_SYNC_SECONDS = 1.0
# So many requests turned down and none answered: it is not the requests' fault.
_ALL_TURNED_DOWN = 5
_NO_MONEY = (
    *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active"),
    *("exceeded_current_quota_error", "Arrearage"),
)
_FILTERED = ("content_filter", "data_inspection_failed")
# What a model may want to be asked in another way, and how: None leaves it out.
_OTHER_WAYS = {"max_tokens": "max_completion_tokens", "temperature": None}
_NOT_KNOWN = re.compile(r"unsupported|not support", re.IGNORECASE)
_ROOMS = ("max_tokens", "max_completion_tokens")
_ANOTHER_WAY = "asked in another way"


class CostReachedError(Exception):
    """A call was not made because it might have gone over the cost set."""


class CallFailedError(Exception):
    """A call failed as often as it may; told in the message, and made again by the next run."""


class StoppedError(Exception):
    """A call was not made because the run is being ended."""


class AccessError(Kg2InstructError):
    """The endpoint does not let us in, or does not have the model: nothing would come of trying on."""


@dataclass(slots=True)
class Usage:
    """Calls of this run, by what came of them."""

    answered: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)

    def fail(self, reason: str) -> None:
        """Count a failed call."""
        self.failures[reason] = self.failures.get(reason, 0) + 1

    def count(self, answer: Answer) -> None:
        """Count an answer."""
        self.answered += 1
        self.tokens_in += answer.tokens_in
        self.tokens_out += answer.tokens_out
        self.cost += answer.cost

    def to_json(self, cost_of_journal: float) -> dict[str, Any]:
        """Plain data; costs in US dollars."""
        return {
            "answered": self.answered,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost": round(self.cost, 6),
            "cost_of_journal": round(cost_of_journal, 6),
            "failures": dict(sorted(self.failures.items())),
        }


class Caller:
    """Makes calls: as many at once, as fast, as often and for as much money as options and endpoint allow."""

    def __init__(
        self, journal: Journal, model: Model, options: CallOptions, usage: Usage | None = None
    ) -> None:
        self._journal, self._model, self._options = journal, model, options
        self._wire = Wire(options)
        self._room = asyncio.Semaphore(options.concurrency)
        self._pace = Pace()
        self._backoff = Backoff(options.first_delay, options.longest_delay, options.tries)
        self._breaker = Breaker(options.break_after, options.patience)
        self._syncer = _Syncer(journal)
        self._reserved = 0.0
        self._freed = asyncio.Condition()
        self._under_way: dict[str, asyncio.Future[Answer]] = {}
        self._turned_down = 0
        self._other_ways: dict[str, str | None] = {}
        self._rooms: dict[str, int] = {}
        self.usage = usage if usage is not None else Usage()
        self.stopping = self.interrupted = False

    async def ask(self, request: Request) -> Answer:
        """The answer to a request, in the journal by then.

        Raises CostReachedError, CallFailedError or StoppedError, which are about this request alone, and
        AccessError or EndpointDownError, after which no other one would fare better.
        """
        other = self._under_way.get(request.key)
        if other is not None:  # the same question is being asked elsewhere
            return await asyncio.shield(other)
        if (known := self._journal.get(request.key)) is not None:
            return known
        self._under_way[request.key] = told = asyncio.get_running_loop().create_future()
        try:
            answer = await self._ask(request)
            told.set_result(answer)
            return answer
        except Exception as error:
            told.set_exception(error)
            told.exception()  # it is told here, whether or not anybody else waits for it
            raise
        finally:
            told.cancel()
            del self._under_way[request.key]

    async def _ask(self, request: Request) -> Answer:
        async with self._room:
            most = self._model.cost(request.tokens, request.room)
            await self._reserve(most)
            try:
                answer = await self._try(request)
                self._journal.put([(request.key, answer)])
                self._syncer.start()
            finally:
                self._rooms.pop(request.key, None)
                self._reserved -= most
                if self._options.max_cost is not None:
                    async with self._freed:
                        self._freed.notify_all()
            return answer

    async def _reserve(self, cost: float) -> None:
        """Set money aside for a call; where it is short, wait for what calls under way leave over."""
        limit = self._options.max_cost
        if limit is None:
            self._reserved += cost
            return
        async with self._freed:
            while self._journal.cost + self._reserved + cost > limit:
                if self._reserved <= 0:
                    raise CostReachedError
                await self._freed.wait()
            self._reserved += cost

    async def _try(self, request: Request) -> Answer:
        reason, failures, waits = "", 0, 0
        while failures < self._backoff.tries:
            if self.stopping:
                raise StoppedError
            async with self._breaker.gate() or nullcontext():
                result = await self._call(request)
                if isinstance(result, Answer):
                    self._breaker.succeeded()
                    return result
                reason, wait = result
                self.usage.fail(reason)
                if reason == TOO_MANY:  # no fault of this call, however often it happens
                    waits += 1
                    self._breaker.held_up()
                elif reason != _ANOTHER_WAY:
                    failures += 1
                await self._rest(
                    self._backoff.delay(failures + waits) if wait is None else wait * random.uniform(1, 1.2)
                )
        raise CallFailedError(f"{failures} times, last with: {reason}")

    async def _rest(self, seconds: float) -> None:
        """Sleep, unless the run is being ended meanwhile."""
        while seconds > 0 and not self.stopping:
            await asyncio.sleep(min(seconds, 0.5))
            seconds -= 0.5

    async def _call(self, request: Request) -> Answer | tuple[str, float | None]:
        """An answer, or why there is none and how long the endpoint asks to wait."""
        response: Response | None = None
        await self._pace.enter(request.tokens)
        body = self._in_its_way(request)
        try:
            response = await self._wire.post(body)
            if response.status >= 400:
                return self._refused(response, request, body)
            answer = read_answer(response.data, self._model)
            self.usage.count(answer)
            return answer
        except TimeoutError:
            self._breaker.failed("no answer in time")
            return "no answer in time", None
        except ConnectionError as error:
            self._breaker.failed(f"no connection ({error})")
            return "no connection", None
        except ValueError as error:
            self._breaker.failed(f"a response that is not as it should be ({error})")
            return "a response that is not as it should be", None
        finally:
            self._pace.leave(request.tokens, response.headers if response else None)

    def _refused(
        self, response: Response, request: Request, body: Mapping[str, Any]
    ) -> Answer | tuple[str, float | None]:
        status = response.status
        problem = read_problem(response.data)
        code, message = problem.code, problem.message
        told = f"{status}: {' '.join(message.split())[:300]}"
        if status in _WRONG_ACCESS or code in _NO_MONEY:
            where = "; is the address one that ends in /v1?" if status == 404 else ""
            raise AccessError(f"the endpoint answers {told}{where}")
        wait = retry_after(response.headers)
        if status == 429:
            if wait is not None:
                self._pace.pause(wait)
            return TOO_MANY, wait
        if status in (408, 409) or status >= 500:
            self._breaker.failed(told)
            if wait is not None:
                self._pace.pause(wait)
            return f"{status}", wait
        if status in (400, 422) and self._learns(problem, request, body):
            return _ANOTHER_WAY, 0.0
        if is_too_long(status, code, message):
            return Answer("", TOO_LONG, model=self._model.name)
        if code in _FILTERED:
            return Answer("", "content_filter", model=self._model.name)
        self._turned_down += 1
        if self._turned_down >= _ALL_TURNED_DOWN and not self.usage.answered:
            raise AccessError(f"the endpoint answers {told}")
        raise CallFailedError(f"the endpoint answers {told}")

    def _learns(self, problem: Problem, request: Request, body: Mapping[str, Any]) -> bool:
        """Whether what the model does not take of a body can be asked for in another way: another field, less room."""
        field = problem.field
        if field in body and field in _OTHER_WAYS and _NOT_KNOWN.search(f"{problem.code} {problem.message}"):
            self._other_ways[field] = _OTHER_WAYS[field]
            return True
        asked = self._rooms.get(request.key, request.room)
        left = room_left(problem.message, asked)
        if left is None or not max(request.expected, 1) <= left < asked:
            return False
        self._rooms[request.key] = left
        return True

    def _in_its_way(self, request: Request) -> Mapping[str, Any]:
        """The body as the model takes it; the answer's key stays that of the body as it was."""
        body = dict(request.body)
        if (room := self._rooms.get(request.key)) is not None:
            body |= {name: room for name in _ROOMS if name in body}
        for name, other in self._other_ways.items():
            value = body.pop(name, None)
            if other is not None and value is not None:
                body[other] = value
        return body

    async def close(self) -> None:
        """Write what is left to write, and hang up."""
        await self._syncer.close()
        await self._wire.close()


class _Syncer:
    """Brings the journal to the disk about once a second, beside the calls."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, or tell what went wrong since the last time."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        elif self._task.done():
            self._task.result()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_SYNC_SECONDS)
            await asyncio.to_thread(self._journal.sync)

    async def close(self) -> None:
        """Bring the rest to the disk."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await asyncio.to_thread(self._journal.sync)
