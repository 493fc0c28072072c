"""Calls of an OpenAI-compatible endpoint, each paid answer in the journal before it is handed on."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import openai

from kg2instruct.chat.journal import Answer, Journal
from kg2instruct.chat.limits import Breaker, Pace
from kg2instruct.chat.models import Model
from kg2instruct.chat.options import CallOptions
from kg2instruct.chat.request import TOO_LONG, Request
from kg2instruct.chat.responses import is_too_long, read_answer
from kg2instruct.errors import ConfigError, Kg2InstructError
from kg2instruct.retry import retry_after

# The client's own kind of response, whatever its HTTP library is called in this version.
_HTTP = next(
    kind.__module__ for kind in openai.DefaultAsyncHttpxClient.__mro__ if kind.__name__ == "AsyncClient"
)
_RESPONSE: Any = import_module(_HTTP.partition(".")[0]).Response
_WRONG_ACCESS = (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError)
TOO_MANY = "429: too many calls"
_SYNC_SECONDS = 1.0
# So many requests turned down and none answered: it is not the requests' fault.
_ALL_TURNED_DOWN = 5
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached")


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


def credentials(options: CallOptions) -> dict[str, Any]:
    """Key and address for a client; raises ConfigError without a key, unless the endpoint is one of one's own."""
    base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or None
    key = os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
    if key is None:
        raise ConfigError("set OPENAI_API_KEY, or name an endpoint of your own with --base-url")
    return {"api_key": key, "base_url": base_url, "timeout": options.timeout}


class Caller:
    """Makes calls: as many at once, as fast, as often and as dear as the options and the endpoint allow."""

    def __init__(
        self, journal: Journal, model: Model, options: CallOptions, usage: Usage | None = None
    ) -> None:
        self._journal, self._model, self._options = journal, model, options
        self._client = openai.AsyncOpenAI(**credentials(options), max_retries=0)
        self._room = asyncio.Semaphore(options.concurrency)
        self._pace = Pace()
        self._breaker = Breaker(options.break_after, options.patience)
        self._syncer = _Syncer(journal)
        self._reserved = 0.0
        self._freed = asyncio.Condition()
        self._under_way: dict[str, asyncio.Task[Answer]] = {}
        self._turned_down = 0
        self.usage = usage if usage is not None else Usage()
        self.stopping = self.interrupted = False

    async def ask(self, request: Request) -> Answer:
        """The answer to a request, in the journal by then.

        Raises CostReachedError, CallFailedError or StoppedError, which are about this request alone, and
        AccessError or EndpointDownError, after which no other one would fare better.
        """
        task = self._under_way.get(request.key)
        if task is None:  # else the same question is being asked elsewhere
            task = asyncio.create_task(self._ask(request))
            self._under_way[request.key] = task
            task.add_done_callback(lambda _: self._under_way.pop(request.key))
        return await asyncio.shield(task)

    async def _ask(self, request: Request) -> Answer:
        async with self._room:
            if (known := self._journal.get(request.key)) is not None:
                return known
            most = self._model.cost(request.tokens, request.room)
            await self._reserve(most)
            try:
                answer = await self._try(request)
                self._journal.put([(request.key, answer)])
                self._syncer.start()
            finally:
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
        while failures < self._options.tries:
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
                else:
                    failures += 1
                await self._rest(
                    self._delay(failures + waits) if wait is None else wait * random.uniform(1, 1.2)
                )
        raise CallFailedError(f"the endpoint failed {failures} times, last with: {reason}")

    async def _rest(self, seconds: float) -> None:
        """Sleep, unless the run is being ended meanwhile."""
        while seconds > 0 and not self.stopping:
            await asyncio.sleep(min(seconds, 0.5))
            seconds -= 0.5

    def _delay(self, number: int) -> float:
        most = min(self._options.longest_delay, self._options.first_delay * 2.0 ** min(number - 1, 30))
        return random.uniform(most / 2, most)

    async def _call(self, request: Request) -> Answer | tuple[str, float | None]:
        """An answer, or why there is none and how long the endpoint asks to wait."""
        headers: Mapping[str, str] | None = None
        await self._pace.enter(request.tokens)
        try:
            # The client's typed call takes 2 ms of CPU to look at the body and the response; this takes none.
            response = await self._client.post("/chat/completions", cast_to=_RESPONSE, body=request.body)
            headers = response.headers
            answer = read_answer(response.content, self._model)
            self.usage.count(answer)
            return answer
        except openai.APIStatusError as error:
            headers = error.response.headers
            return self._refused(error)
        except openai.APITimeoutError:
            self._breaker.failed("no answer in time")
            return "no answer in time", None
        except openai.APIConnectionError as error:
            self._breaker.failed(f"no connection ({error.__cause__ or error})")
            return "no connection", None
        except (openai.APIError, ValueError) as error:
            self._breaker.failed(f"a response that is not as it should be ({error})")
            return "a response that is not as it should be", None
        finally:
            self._pace.leave(request.tokens, headers)

    def _refused(self, error: openai.APIStatusError) -> Answer | tuple[str, float | None]:
        status, code = error.status_code, error.code or ""
        if isinstance(error, _WRONG_ACCESS) or code in _NO_MONEY:
            raise AccessError(f"the endpoint answers {status}: {_one_line(error)}") from error
        wait = retry_after(error.response.headers)
        if status == 429:
            if wait is not None:
                self._pace.pause(wait)
            return TOO_MANY, wait
        if status in (408, 409) or status >= 500:
            self._breaker.failed(f"{status}: {_one_line(error)}")
            if wait is not None:
                self._pace.pause(wait)
            return f"{status}", wait
        if is_too_long(status, code, str(error)):
            return Answer("", TOO_LONG, model=self._model.name)
        if code == "content_filter":
            return Answer("", code, model=self._model.name)
        self._turned_down += 1
        message = f"the endpoint answers {status}: {_one_line(error)}"
        if self._turned_down >= _ALL_TURNED_DOWN and not self.usage.answered:
            raise AccessError(message) from error
        raise CallFailedError(message) from error

    async def close(self) -> None:
        """Write what is left to write, and hang up."""
        await self._syncer.close()
        await self._client.close()


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


def _one_line(error: openai.APIStatusError) -> str:
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(message or error).split())[:300]
