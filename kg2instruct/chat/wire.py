"""The way to an endpoint: a body is sent, a response comes back; what they say is for others to read.

The openai package's client makes the calls, over the aiohttp transport that it comes with, the fastest it has. Keys,
addresses, headers and proxies in the environment are those that this client knows.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies

import aiohttp
import httpx2
import openai

from kg2instruct.chat.options import CallOptions
from kg2instruct.errors import ConfigError

# Idle connections are left before servers leave them: uvicorn, which most of one's own run on, does so after 5 s.
_IDLE_SECONDS = 4.0
# What the client tells of the machine with each call: a tenth of a call's CPU time, for nothing here.
_UNTOLD = [
    f"X-Stainless-{name}"
    for name in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
]


def credentials(options: CallOptions) -> dict[str, Any]:
    """Key and address for a client; raises ConfigError without a key, unless the endpoint is one of one's own."""
    base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or None
    key = os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
    if key is None:
        raise ConfigError("set OPENAI_API_KEY, or name an endpoint of your own with --base-url")
    return {"api_key": key, "base_url": base_url, "timeout": options.timeout}


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whatever its status; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Wire:
    """Posts to the chat completions of an endpoint, over connections that are kept."""

    def __init__(self, options: CallOptions) -> None:
        """Raises ConfigError where a key is missing, or an address or a proxy is of a kind that is not known."""
        known = credentials(options)
        address = known["base_url"]
        if address and not address.startswith(("http://", "https://")):
            raise ConfigError(f"{address}: an endpoint begins with http:// or https://")
        carrier = {
            "max_retries": 0,
            "timeout": None,
            "default_headers": dict.fromkeys(_UNTOLD, openai.Omit()),
        }
        try:
            self._client = openai.AsyncOpenAI(**known | carrier, http_client=_transport(options))
        except (ImportError, ValueError, httpx2.InvalidURL, openai.OpenAIError) as error:
            raise ConfigError(f"no client for {address or 'OpenAI'}: {error}") from error
        self._url = f"{str(self._client.base_url).rstrip('/')}/chat/completions"
        self._timeout = options.timeout

    async def post(self, body: Mapping[str, Any]) -> Response:
        """The response to a body; raises TimeoutError, or ConnectionError for all else that went wrong on the way."""
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        try:
            # The client's own timeouts are for each step of a call, this one is for all of it. Its typed call takes
            # time to look at body and response; `post` hands them on as they are.
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(self._url, cast_to=httpx2.Response, content=data)
        except openai.APIStatusError as error:
            response = error.response
        except (openai.APIConnectionError, aiohttp.ClientError, OSError) as error:
            # The transport takes every lost connection for a timeout: what it was is told by its causes.
            causes = list(_causes(error))
            if any(isinstance(cause, TimeoutError) for cause in causes):
                raise TimeoutError from error
            told = causes[min(1, len(causes) - 1)]
            raise ConnectionError(str(told) or type(told).__name__) from error
        return Response(response.status_code, dict(response.headers.items()), response.content)

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()


def _transport(options: CallOptions) -> httpx2.AsyncClient:
    """What carries the calls: aiohttp, or else, as it does not know SOCKS, httpx where a proxy is of that kind."""
    socks = any(proxy.startswith("socks") for proxy in getproxies().values())
    kind = openai.DefaultAsyncHttpxClient if socks else openai.DefaultAioHttpClient
    return kind(limits=httpx2.Limits(max_connections=options.concurrency, keepalive_expiry=_IDLE_SECONDS))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
