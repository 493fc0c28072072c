"""Calls per second of the chat client, and of a translation, against what concurrency allows; memory over many rows.

    python -m benchmarks.bench_chat [--calls 3000] [--concurrency 16] [--latency 0.05] [--rounds 5]
                                    [--memory ROWS [--live CALLS]]

The endpoint is a process of its own on this machine that answers after `latency` seconds. Each round asks it by the
client alone, by a translation of short rows with all its checks, and over plain sockets with nothing read or kept:
what the machine gives at that moment. Figures are medians.

With `--memory`, so many rows go through the client, `live` of them (all, if not set) answered by an endpoint without
latency and the others, before them, by the journal: memory must not follow the number of rows.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import selectors
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from kg2instruct.chat import CallOptions, Done, Journal, Model, NotDone
from kg2instruct.chat.journal import Answer
from kg2instruct.chat.request import Request
from kg2instruct.chat.run import ask_all
from kg2instruct.convert.report import Report
from kg2instruct.jsonl import encode
from kg2instruct.translate import TranslateOptions
from kg2instruct.translate.readers import read_items
from kg2instruct.translate.run import Paths, translate_file

# The translation of any row of `rows`.
_TEXT = "⟦instruction⟧\\n介绍一下这座小镇。\\n⟦output⟧\\n这是一座安静的小镇，坐落在河边。\\n⟦end⟧"
_BODY = (
    '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
    f'"message":{{"role":"assistant","content":"{_TEXT}"}}}}],'
    '"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}'
).encode()
_REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)
_PLAIN = b"POST /v1/chat/completions HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\n{}"
_MODEL = Model("m")
_PART = 5000  # answers that are put into a journal together


class _Endpoint(asyncio.Protocol):
    """One connection to an endpoint that gives one answer to everything."""

    def __init__(self, latency: float) -> None:
        self._latency, self._got = latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if found and len(body) >= int(head.lower().partition(b"content-length:")[2].split(None, 1)[0]):
            self._got = b""
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, _REPLY)


def serve(latency: float, told: Connection) -> None:
    """Answer until the process is ended; the port is told first."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Endpoint(latency), "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    # select waits to the microsecond where epoll waits for whole milliseconds, half of one too long on average.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(main())


@contextmanager
def endpoint(latency: float) -> Iterator[int]:
    """The port of an endpoint in a process of its own."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(latency, there), daemon=True)
    server.start()
    try:
        yield here.recv()
    finally:
        server.terminate()


def requests(count: int, start: int = 0) -> Iterator[tuple[int, Request]]:
    """So many questions, each another one."""
    for number in range(start, count):
        messages = [{"role": "user", "content": f"Question {number}: what is said of it?"}]
        yield number, Request(f"k{number}", {"model": "m", "messages": messages}, 20, 50, 0)


# Speed


def throughput(count: int, concurrency: int, latency: float, rounds: int) -> None:
    """Print the share of the calls per second that are possible, and CPU time a call, of the client and without it."""
    possible = concurrency / latency if latency else float("inf")
    told: dict[str, list[tuple[float, float]]] = {"client": [], "translate": [], "plain sockets": []}
    with endpoint(latency) as port:
        for _ in range(rounds):
            told["translate"].append(
                _measured(count, concurrency, lambda end: _translate(count, concurrency, port, end))
            )
            told["client"].append(
                _measured(count, concurrency, lambda end: _ask(count, concurrency, port, end))
            )
            told["plain sockets"].append(
                _measured(count, concurrency, lambda end: asyncio.run(_plain(count, concurrency, port, end)))
            )
    for name, figures in told.items():
        shares = sorted(100 * speed / possible for speed, _ in figures)
        print(
            f"{name:13} {median(speed for speed, _ in figures):4.0f} calls/s, {median(shares):.1f} % of {possible:.0f} "
            f"({shares[0]:.1f}-{shares[-1]:.1f}); {median(cpu for _, cpu in figures):.2f} ms of CPU a call"
        )


def _measured(count: int, concurrency: int, run: Callable[[Callable[[], None]], None]) -> tuple[float, float]:
    """Calls per second and milliseconds of CPU a call, from the first full round on."""
    marks: list[tuple[float, float]] = []

    def end() -> None:
        marks.append((time.perf_counter(), time.process_time()))

    run(end)
    (begun, cpu), (ended, cpu_ended) = marks[concurrency - 1], marks[-1]
    calls = count - concurrency
    return calls / (ended - begun), 1000 * (cpu_ended - cpu) / calls


def _ask(count: int, concurrency: int, port: int, end: Callable[[], None]) -> None:
    def keep(number: int, outcome: Done[Answer] | NotDone) -> None:
        _keep(number, outcome)
        end()

    options = CallOptions(base_url=f"http://127.0.0.1:{port}/v1", concurrency=concurrency)
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal") as journal:
        ask_all(requests(count), keep, journal=journal, model=_MODEL, options=options)


def _translate(count: int, concurrency: int, port: int, end: Callable[[], None]) -> None:
    options = CallOptions(base_url=f"http://127.0.0.1:{port}/v1", concurrency=concurrency)
    with tempfile.TemporaryDirectory() as folder:
        rows, out = Path(folder) / "rows.jsonl", Path(folder) / "out.jsonl"
        with rows.open("wb") as file:
            for number in range(count):
                name = "".join("abcdefghij"[int(digit)] for digit in str(number)).capitalize()
                question, answer = f"Say what {name} is like.", f"{name} is a quiet town by the river."
                file.write(encode({"instruction": question, "output": answer}))
        summary = translate_file(
            read_items(rows, Report()),
            Paths.beside(out),
            TranslateOptions(to="zh", model="m"),
            _MODEL,
            options,
            tell=lambda _: end(),
        )
    if summary.first_time != count:
        raise SystemExit(f"of {count} rows {summary.first_time} were translated by their first answer")


async def _plain(count: int, concurrency: int, port: int, end: Callable[[], None]) -> None:
    numbers = iter(range(count))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in numbers:
            writer.write(_PLAIN)
            await reader.readexactly(len(_REPLY))
            end()
        writer.close()

    await asyncio.gather(*(one() for _ in range(concurrency)))


def _keep(_: int, outcome: Done[Answer] | NotDone) -> None:
    if not isinstance(outcome, Done):
        raise SystemExit(f"not answered: {outcome.reason}")


# Memory


def memory(count: int, live: int, concurrency: int) -> None:
    """Print the resident memory at 10, 50 and 100 % of the rows, of which the last `live` are asked of an endpoint."""
    known = count - live
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal") as journal:
        for start in range(0, known, _PART):
            ends = range(start, min(start + _PART, known))
            journal.put([(f"k{number}", Answer("好。", "stop", 9, 3)) for number in ends])
        with endpoint(0) as port:
            options = CallOptions(base_url=f"http://127.0.0.1:{port}/v1", concurrency=concurrency)

            def keep(number: int, outcome: Done[Answer] | NotDone) -> None:
                _keep(number, outcome)
                if number + 1 in (count // 10, count // 2, count):
                    print(
                        f"{number + 1:8} rows: {_resident():.0f} MB, peak {_peak():.0f} MB, "
                        f"{time.perf_counter() - begun:.0f} s",
                        flush=True,
                    )

            ask_all(requests(count), keep, journal=journal, model=_MODEL, options=options)


def _resident() -> float:
    with Path("/proc/self/statm").open(encoding="ascii") as sizes:
        return int(sizes.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=int, default=0, metavar="ROWS")
    parser.add_argument("--live", type=int, metavar="CALLS")
    options = parser.parse_args()
    if options.rounds:
        throughput(options.calls, options.concurrency, options.latency, options.rounds)
    if options.memory:
        live = options.memory if options.live is None else min(options.live, options.memory)
        memory(options.memory, live, options.concurrency)


if __name__ == "__main__":
    main()
