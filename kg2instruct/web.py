"""Requests that are asked again when what went wrong may pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

import httpx

from kg2instruct.errors import Kg2InstructError
from kg2instruct.retry import TRANSIENT, Backoff, Pause, retry_after, user_agent


class WebError(Kg2InstructError):
    """Something cannot be had, or is not what was published; the message says what would help."""


class NotThereError(WebError):
    """The server has no such file."""


class PassingError(Exception):
    """A request failed, and another may not; how long the server asks to wait, if it says so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(slots=True)
class Web:
    """A client of web servers; may be used from several threads."""

    contact: str = ""
    timeout: float = 60.0
    backoff: Backoff = field(default_factory=Backoff)
    pause: Pause = field(default_factory=Pause)
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        agent = f"{user_agent(self.contact)} httpx/{httpx.__version__}"
        self._client = httpx.Client(
            headers={"User-Agent": agent, "Accept-Encoding": "identity"},
            follow_redirects=True,
            timeout=self.timeout,
        )

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @contextmanager
    def stream(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        form: Mapping[str, str] | None = None,
        stopped: Event | None = None,
    ) -> Iterator[httpx.Response]:
        """One GET (POST of a form, where one is given) whose body is read as it comes.

        Raises PassingError, also once `stopped` is set, or WebError for what is refused.
        """
        self.pause.wait(stopped)
        if stopped is not None and stopped.is_set():
            raise PassingError("stopped")
        method, data = ("GET", None) if form is None else ("POST", dict(form))
        try:
            with self._client.stream(method, url, headers=dict(headers), data=data) as response:
                self._check(url, response)
                yield response
        except httpx.HTTPError as error:
            raise PassingError(f"the connection failed ({type(error).__name__}: {error})") from error
        except httpx.InvalidURL as error:
            raise WebError(f"{url}: {error}") from error

    def get(self, url: str, *, absent: bytes | None = None) -> bytes:
        """A small file; `absent` where the server says that there is none, else WebError."""
        for number in range(1, self.backoff.tries + 1):
            try:
                with self.stream(url, {}) as response:
                    return response.read()
            except PassingError as error:
                self.rest(number, error, url)
            except NotThereError:
                if absent is None:
                    raise
                return absent
        raise AssertionError  # `rest` raises at the last try

    def rest(self, number: int, error: PassingError, url: str, stopped: Event | None = None) -> None:
        """Wait after the failure of this number, not beyond `stopped`; WebError when it was the last."""
        if number >= self.backoff.tries:
            raise WebError(
                f"{url}: failed {number} times, last with: {error}; the same command goes on from here"
            ) from error
        if error.wait is not None:
            self.pause.ask(error.wait)
        else:
            (stopped or Event()).wait(self.backoff.delay(number))

    def _check(self, url: str, response: httpx.Response) -> None:
        status = response.status_code
        if status in (404, 410):
            raise NotThereError(f"{url}: not there ({status})")
        if status in TRANSIENT:
            raise PassingError(f"status {status}", retry_after(response.headers))
        if status >= 400 and status != 416:
            raise WebError(f"{url}: the server answers {status} {response.reason_phrase}")
