"""The way to an endpoint: a body is sent, a response comes back; what they say is for others to read.

aiohttp carries the calls: with an eighth of the CPU time that a call of the openai package's client takes, there are
no gaps between one call and the next. The names in the environment are those that this client knows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx

from kg2instruct.chat.options import CallOptions
from kg2instruct.errors import ConfigError
from kg2instruct.retry import user_agent

_OPENAI = "https://api.openai.com/v1"
_NAMED = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
# Idle connections are left before servers leave them: uvicorn, which most of one's own run on, does so after 5 s.
_IDLE_SECONDS = 4.0


def credentials(options: CallOptions) -> dict[str, Any]:
    """Key and address for a client; raises ConfigError without a key, unless the endpoint is one of one's own."""
    base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or None
    key = os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
    if key is None:
        raise ConfigError("set OPENAI_API_KEY, or name an endpoint of your own with --base-url")
    return {"api_key": key, "base_url": base_url, "timeout": options.timeout}


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whatever its status; the names of `headers` are found in any case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Wire:
    """Posts to the chat completions of an endpoint, over connections that are kept."""

    def __init__(self, options: CallOptions) -> None:
        """Raises ConfigError where a key is missing, or an address or a proxy is of a kind that is not known."""
        known = credentials(options)
        self._url = f"{(known['base_url'] or _OPENAI).rstrip('/')}/chat/completions"
        if not self._url.startswith(("http://", "https://")):
            raise ConfigError(f"{known['base_url']}: an endpoint begins with http:// or https://")
        self._headers = {
            "Authorization": f"Bearer {known['api_key']}",
            "Content-Type": "application/json",
            "User-Agent": user_agent(),
        } | {header: os.environ[name] for header, name in _NAMED.items() if os.environ.get(name)}
        self._proxy = _proxy(self._url)
        self._timeout = aiohttp.ClientTimeout(total=options.timeout)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: Mapping[str, Any]) -> Response:
        """The response to a body; raises TimeoutError, or ConnectionError for all else that went wrong on the way."""
        if self._session is None:
            self._session = self._open()
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        try:
            async with self._session.post(self._url, data=data, proxy=self._proxy) as response:
                return Response(response.status, response.headers, await response.read())
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionError(str(error) or type(error).__name__) from error

    def _open(self) -> aiohttp.ClientSession:
        tls = httpx.create_ssl_context() if self._url.startswith("https:") else True
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=self._timeout,
        )

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an address, as HTTP_PROXY and the like do."""
    parts, proxies = urlsplit(url), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        raise ConfigError(f"proxy {proxy}: only proxies of HTTP are known")
    return proxy
