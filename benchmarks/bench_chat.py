"""Calls per second of the chat client against what its concurrency allows, and memory over many rows.

    python benchmarks/bench_chat.py [--calls 3000] [--concurrency 16] [--latency 0.05] [--memory 200000]

The endpoint is a process of its own on this machine that answers after `latency` seconds. With `--memory` rows are
translated from a journal that has all answers, in two lengths: memory must not follow the number of rows.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from kg2instruct.chat import CallOptions, Done, Journal, Model, NotDone
from kg2instruct.chat.journal import Answer
from kg2instruct.chat.request import Request
from kg2instruct.chat.run import ask_all

_BODY = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"\xe5\xa5\xbd\xe3\x80\x82"}}],'
    b'"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}'
)
_REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)


def serve(latency: float, told: Connection) -> None:
    """An endpoint that gives one answer to everything."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:"))
                await reader.readexactly(int(size.split(b":")[1]))
                await asyncio.sleep(latency)
                writer.write(_REPLY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(one, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def requests(count: int) -> Iterator[tuple[int, Request]]:
    """So many questions, each another one."""
    for number in range(count):
        messages = [{"role": "user", "content": f"Question {number}: what is said of it?"}]
        yield number, Request(f"k{number}", {"model": "m", "messages": messages}, 20, 50, 0)


def throughput(count: int, concurrency: int, latency: float) -> None:
    """Print calls per second, their share of what is possible, and CPU time a call."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(latency, there), daemon=True)
    server.start()
    options = CallOptions(base_url=f"http://127.0.0.1:{here.recv()}/v1", concurrency=concurrency)
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal") as journal:
        ends: list[float] = []

        def keep(number: int, outcome: Done[Answer] | NotDone) -> None:
            _keep(number, outcome)
            ends.append(time.perf_counter())

        cpu = time.process_time()
        ask_all(requests(count), keep, journal=journal, model=Model("m"), options=options)
        cpu = time.process_time() - cpu
    server.terminate()
    # From the first full round on: making the client takes as long as many calls, whatever their number.
    spent, count = ends[-1] - ends[concurrency - 1], count - concurrency
    possible = concurrency / latency if latency else float("inf")
    print(
        f"{count / spent:.0f} calls/s, {100 * count / spent / possible:.1f} % of {possible:.0f}; "
        f"{1000 * cpu / count:.2f} ms of CPU a call"
    )


def _keep(_: int, outcome: Done[Answer] | NotDone) -> None:
    if not isinstance(outcome, Done):
        raise SystemExit(f"not answered: {outcome.reason}")


def memory(count: int) -> None:
    """Print the peak memory after a tenth of the rows and after all of them."""
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal") as journal:
        for start in range(0, count, 5000):
            journal.put(
                [(f"k{i}", Answer("好。", "stop", 9, 3)) for i in range(start, min(start + 5000, count))]
            )
        peaks = []
        os.environ.setdefault("OPENAI_API_KEY", "none")
        for part in (count // 10, count):
            ask_all(requests(part), _keep, journal=journal, model=Model("m"), options=CallOptions())
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"peak {peaks[0]:.0f} MB after {count // 10} rows, {peaks[1]:.0f} MB after {count} more")


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--memory", type=int, default=0)
    options = parser.parse_args()
    throughput(options.calls, options.concurrency, options.latency)
    if options.memory:
        memory(options.memory)


if __name__ == "__main__":
    main()
