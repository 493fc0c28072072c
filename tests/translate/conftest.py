"""An OpenAI-compatible endpoint on this machine that answers as a test's script says, and counts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

_WORD = re.compile(r"⟦[^⟧]*⟧|[A-Za-z]+(?:['’-][A-Za-z]+)*|[\u4e00-\u9fff]")
_HAN = "天地人和山水风云日月星河花草树木金石春秋"


def pseudo_chinese(text: str) -> str:
    """A text in which each Latin word is two Chinese characters, and all else stays."""

    def two(word: re.Match[str]) -> str:
        if word[0].startswith("⟦"):
            return word[0]
        number = sum(map(ord, word[0].lower()))
        return _HAN[number % 20] + _HAN[number // 20 % 20]

    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", _WORD.sub(two, text))


def pseudo_english(text: str) -> str:
    """A text in which each Chinese character is an English word, and all else stays."""
    return re.sub(
        r"[\u4e00-\u9fff]",
        lambda ch: (
            " " + ["the", "of", "and", "to", "in", "is", "that", "for", "it", "with"][ord(ch[0]) % 10] + " "
        ),
        text,
    )


@dataclass
class Call:
    """A request as it came in: `number` counts from 1 over all, `again` from 0 over those with equal user messages."""

    number: int
    again: int
    path: str
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def user(self) -> str:
        return str(self.body["messages"][-1]["content"])


@dataclass
class Reply:
    """What is sent back; `cut` closes the connection in the middle of it, status 0 before it; `delay` in seconds."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False


def completion(
    text: str, *, finish: str = "stop", tokens: tuple[int, int] = (100, 50), **fields: Any
) -> Reply:
    """A chat completion."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
    }
    return Reply(body, **fields)


def error(status: int, message: str = "no", code: str | None = None, **headers: str) -> Reply:
    """An error of the endpoint."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply({"error": {"message": message, "type": "error", "code": code}}, status, named)


def translator(call: Call) -> Reply:
    """A translator that makes no mistakes."""
    return completion(pseudo_chinese(call.user))


Script = Callable[[Call], Reply]


class Endpoint:
    """The server; `script` may be changed at any time, `calls` are all chat calls answered or not."""

    def __init__(self) -> None:
        self.script: Script = translator
        self.calls: list[Call] = []
        self.users: Counter[str] = Counter()
        self.under_way = self.most_under_way = 0
        self.routes: dict[tuple[str, str], Callable[[str, bytes], Reply | Awaitable[Reply]]] = {}
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, path = head.split(b" ", 2)[:2]
                size = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                data = await reader.readexactly(int(size[1])) if size else b""
                reply = await self._reply(method.decode(), path.decode(), data, head)
                if not await self._send(writer, reply):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, method: str, path: str, data: bytes, head: bytes) -> Reply:
        route = re.sub(r"^https?://[^/]+", "", path).removeprefix("/v1").split("?")[0]
        if (method, route) == ("POST", "/chat/completions"):
            body = json.loads(data)
            user = body["messages"][-1]["content"]
            headers = dict(re.findall(r"(?m)^([\w-]+): *([^\r\n]*)", head.decode().lower()))
            call = Call(len(self.calls) + 1, self.users[user], path, body, headers)
            self.users[user] += 1
            self.calls.append(call)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            try:
                reply = self.script(call)
                await asyncio.sleep(reply.delay)
            finally:
                self.under_way -= 1
            return reply
        for (known, pattern), handler in self.routes.items():
            if known == method and re.fullmatch(pattern, route):
                result = handler(route, data)
                return result if isinstance(result, Reply) else await result
        return error(404, f"no such route: {method} {route}")

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, reply: Reply) -> bool:
        if not reply.status:
            return False
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        headers = {"content-type": "application/json", "content-length": str(len(data)), **reply.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode())
        if reply.cut:
            writer.write(data[: len(data) // 2])
            await writer.drain()
            return False
        writer.write(data)
        await writer.drain()
        return True


class Replies:
    """How tests script the endpoint."""

    completion = staticmethod(completion)
    error = staticmethod(error)
    translator = staticmethod(translator)
    chinese = staticmethod(pseudo_chinese)
    english = staticmethod(pseudo_english)
    Reply = Reply
    Call = Call


@pytest.fixture(scope="session")
def replies() -> type[Replies]:
    """Replies of the endpoint."""
    return Replies


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A running endpoint that translates into pseudo Chinese."""
    server = Endpoint()
    yield server
    server.close()


@pytest.fixture
def program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `python -m kg2instruct ARGS…` as a process of its own."""

    def run(*arguments: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kg2instruct", *map(str, arguments)]
        settings = {**(env or os.environ), "COLUMNS": "200", "NO_COLOR": "1"}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=settings, timeout=120, cwd=ROOT
        )

    return run
