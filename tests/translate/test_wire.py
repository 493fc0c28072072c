"""Requests go where and as the environment says, and all that can go wrong on the way is one of two things."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import Any

import pytest

from kg2instruct.chat import CallOptions
from kg2instruct.chat.wire import Response, Wire
from kg2instruct.errors import ConfigError

BODY = {"model": "m", "messages": [{"role": "user", "content": "Say it."}]}


def post(base_url: str, body: Any = BODY, timeout: float = 5.0) -> Response:
    async def run() -> Response:
        wire = Wire(CallOptions(base_url=base_url, timeout=timeout))
        try:
            return await wire.post(body)
        finally:
            await wire.close()

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but those that a test sets."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_body_is_sent_with_the_key_and_the_response_comes_back(
    endpoint: Any, replies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "translations")
    endpoint.script = lambda _: replies.Reply({"told": 1}, 418, {"X-Left": "3"})
    response = post(endpoint.url)
    assert (response.status, response.data, response.headers.get("x-left")) == (418, b'{"told": 1}', "3")
    call = endpoint.calls[0]
    assert call.body == BODY
    assert call.headers["authorization"] == "bearer sesame"
    assert call.headers["openai-project"] == "translations"


def test_an_address_without_a_path_is_one(endpoint: Any) -> None:
    assert post(endpoint.url.removesuffix("/v1")).status == 200
    assert endpoint.calls[0].path == "/chat/completions"


def test_what_is_no_unicode_is_sent_as_far_as_it_is(endpoint: Any) -> None:
    post(endpoint.url, {**BODY, "messages": [{"role": "user", "content": "half a \ud83d sign, 好"}]})
    assert endpoint.calls[0].user == "half a ? sign, 好"


def test_a_proxy_is_taken_from_the_environment(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", endpoint.url.removesuffix("/v1").removeprefix("http://"))
    assert post("http://endpoint.invalid/v1").status == 200
    assert endpoint.calls[0].path == "http://endpoint.invalid/v1/chat/completions"
    monkeypatch.setenv("no_proxy", "endpoint.invalid")
    with pytest.raises(ConnectionError):
        post("http://endpoint.invalid/v1")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "gopher://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_spoken_to_is_told_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    if proxy.startswith("socks") and find_spec("socksio"):
        pytest.skip("SOCKS can be spoken here")
    monkeypatch.setenv("all_proxy", proxy)
    with pytest.raises(ConfigError, match=r"no client for http://endpoint\.invalid/v1: .*(?i:socks|gopher)"):
        post("http://endpoint.invalid/v1")


def test_an_address_without_a_scheme_is_told_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="localhost:8000/v1: an endpoint begins with http://"):
        post("localhost:8000/v1")


def test_an_address_that_is_none_is_told_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match=r"no client for http://localhost:port/v1: .*port"):
        post("http://localhost:port/v1")


@pytest.mark.parametrize("trouble", ["nobody", "no such host", "closed", "cut", "no HTTP"])
def test_without_a_whole_response_there_was_no_connection(endpoint: Any, replies: Any, trouble: str) -> None:
    status = {"cut": 200, "no HTTP": 123456}.get(trouble, 0)
    endpoint.script = lambda _: replies.Reply({"a": 1}, status, cut=trouble == "cut")
    urls = {"nobody": "http://127.0.0.1:9/v1", "no such host": "http://endpoint.invalid/v1"}
    with pytest.raises(ConnectionError, match=r"\w"):
        post(urls.get(trouble, endpoint.url))


def test_without_a_response_in_time_it_is_told(endpoint: Any, replies: Any) -> None:
    endpoint.script = lambda _: replies.Reply({"a": 1}, delay=2)
    with pytest.raises(TimeoutError):
        post(endpoint.url, timeout=0.1)
