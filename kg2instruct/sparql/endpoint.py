"""One call of an endpoint after the other: what may pass is asked again, what will not is told."""

from __future__ import annotations

import ast
import http.client
import urllib.error
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from threading import Event, Lock

from SPARQLWrapper import JSON, POST, SPARQLWrapper
from SPARQLWrapper import __version__ as wrapper_version
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from kg2instruct.errors import Kg2InstructError
from kg2instruct.retry import TRANSIENT, Backoff, Pause, retry_after, user_agent
from kg2instruct.sparql.answers import BadAnswerError, Row, TooSlowError, read_rows, shown, timed_out

# Longer queries than this go by POST; proxies refuse long addresses.
_LONGEST_GET = 1000
_TOO_SLOW = (408, 504, 524)


class EndpointError(Kg2InstructError):
    """The endpoint does not answer as asked; the message says what it said last."""


class TooMuchError(EndpointError):
    """The query takes the endpoint too long, however often it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """How an endpoint is asked: seconds for one query, calls at once, how often again, who asks."""

    timeout: int = 75
    parallel: int = 2
    contact: str = ""
    backoff: Backoff = field(default_factory=Backoff)
    batch: int = 50
    """Entities in one query, at first and at most."""
    max_rows: int = 0
    """Rows after which the endpoint cuts its answers; 0 where it does not, or says so itself."""


@dataclass(slots=True)
class Traffic:
    """Calls so far: answered, failed by what went wrong, and bytes received."""

    answered: int = 0
    received: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def fail(self, reason: str) -> None:
        """Count a failed call."""
        with self.lock:
            self.failures[reason] = self.failures.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class Answered:
    """The rows of an answer, and the number of rows at which the endpoint says that it cuts (0: it does not)."""

    rows: list[Row]
    cut_at: int = 0

    @property
    def cut(self) -> bool:
        """Whether rows may be missing."""
        return 0 < self.cut_at <= len(self.rows)


class Endpoint:
    """A SPARQL endpoint. `ask` may be called from several threads."""

    def __init__(self, url: str, options: EndpointOptions) -> None:
        self.url, self.options = url, options
        self.traffic = Traffic()
        self.trouble = ""
        """What went wrong last, while nothing was answered since."""
        self._pause = Pause()
        self._stopped = Event()

    def stop(self) -> None:
        """Let calls that wait for another try give up."""
        self._stopped.set()

    def ask(self, query: str, *, patient: bool = False) -> Answered:
        """The rows of a query; asks again after what may pass.

        Raises TooSlowError at the first time-out, unless `patient`, and EndpointError when the endpoint
        refuses the query or has failed as often as it may.
        """
        backoff = self.options.backoff
        reason, kind = "", EndpointError
        for number in range(1, backoff.tries + 1):
            self._pause.wait(self._stopped)
            if self._stopped.is_set():
                break
            try:
                return self._call(query)
            except TooSlowError as error:
                reason, kind = f"time-out: {error}", TooMuchError
                self.traffic.fail("time-out")
                if not patient:
                    raise
                wait: float | None = None
            except _PassingError as error:
                reason, kind, wait = str(error), EndpointError, error.wait
                self.traffic.fail(error.kind)
            self.trouble = reason
            if wait is not None:
                self._pause.ask(wait)
            elif number < backoff.tries:
                self._stopped.wait(backoff.delay(number))
        raise kind(
            f"{self.url}: failed {backoff.tries} times, last with: {reason}; the same command goes on from here"
        )

    def _call(self, query: str) -> Answered:
        wrapper = SPARQLWrapper(self.url, returnFormat=JSON, agent=self._agent())
        wrapper.setOnlyConneg(True)
        wrapper.setTimeout(self.options.timeout)
        wrapper.addCustomHttpHeader("Accept-Encoding", "gzip")
        wrapper.setQuery(query)
        if len(query) > _LONGEST_GET:
            wrapper.setMethod(POST)
        try:
            response = wrapper.query().response
            with response:
                headers, body = _lower(response.headers), response.read()
        except (SPARQLWrapperException, urllib.error.HTTPError) as error:
            raise self._refused(error) from error
        except TimeoutError as error:
            raise TooSlowError(f"no answer in {self.options.timeout} s") from error
        except (OSError, http.client.HTTPException) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise TooSlowError(f"no answer in {self.options.timeout} s") from error
            raise _PassingError("no connection", f"the connection failed ({error})") from error
        return self._read(headers, body)

    def _read(self, headers: Mapping[str, str], body: bytes) -> Answered:
        if headers.get("x-sql-state") == "S1TAT":  # Virtuoso: what was found until then
            raise TooSlowError("the endpoint ran out of time and sent a part of the answer")
        try:
            rows = read_rows(body)
        except BadAnswerError as error:
            raise _PassingError("no whole answer", str(error)) from error
        with self.traffic.lock:
            self.trouble = ""
            self.traffic.answered += 1
            self.traffic.received += len(body)
        cap = headers.get("x-sparql-maxrows", "")
        return Answered(rows, int(cap) if cap.isdecimal() else self.options.max_rows)

    def _refused(self, error: Exception) -> Exception:
        """What to make of an error status."""
        cause = error if isinstance(error, urllib.error.HTTPError) else error.__context__
        status = cause.code if isinstance(cause, urllib.error.HTTPError) else 500
        headers = _lower(cause.headers) if isinstance(cause, urllib.error.HTTPError) else {}
        try:
            body = error.read() if isinstance(error, urllib.error.HTTPError) else _body_of(error)
        except (OSError, http.client.HTTPException):
            body = b""
        wait = retry_after(headers)
        # QLever says by 429 that time ran out, others that there were too many queries, and how long to wait.
        may_be_slow = status != 503 and (status != 429 or wait is None)
        if status in _TOO_SLOW or (may_be_slow and timed_out(body)):
            return TooSlowError(shown(body) or f"status {status}")
        if status in TRANSIENT:
            return _PassingError(str(status), f"{status}: {shown(body)}", wait)
        return EndpointError(f"{self.url}: the endpoint answers {status}: {shown(body)}")

    def _agent(self) -> str:
        return f"{user_agent(self.options.contact)} SPARQLWrapper/{wrapper_version}"


class _PassingError(Exception):
    """A call failed, and another may not: what kind of failure, and how long the endpoint asks to wait."""

    def __init__(self, kind: str, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.wait = kind, wait


def _body_of(error: Exception) -> bytes:
    """The body of an error answer, which SPARQLWrapper writes into its message as Python writes bytes."""
    text = str(error).rpartition("Response:\n")[2]
    try:
        body = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text.encode()
    return body if isinstance(body, bytes) else text.encode()


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
