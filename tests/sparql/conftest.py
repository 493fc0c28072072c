"""A SPARQL endpoint over real HTTP: Oxigraph with the sample's entities, and faults on demand."""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kg2instruct.sample import sample_paths

pyoxigraph = pytest.importorskip("pyoxigraph")


def _beside(name: str) -> Any:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


wikibase_rdf = _beside("wikibase_rdf")

BLAZEGRAPH_TRACE = b"""
SPARQL-QUERY: queryStr=SELECT DISTINCT ?e WHERE { }
java.util.concurrent.TimeoutException
\tat java.util.concurrent.FutureTask.get(FutureTask.java:205)
\tat com.bigdata.rdf.sail.webapp.BigdataServlet.submitApiTask(BigdataServlet.java:292)
"""
PAGE = b"<!DOCTYPE html><html><head><title>Wikimedia Error</title></head><body>Our servers are busy</body></html>"


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Say that the whole body comes, and hang up after so many bytes."""


Spoil = Callable[["Engine", str, bytes], Reply | None]


@dataclass
class Engine:
    """The endpoint: its data, what was asked of it, and what is done to answers."""

    store: Any
    url: str = ""
    spoil: Spoil | None = None
    queries: list[str] = field(default_factory=list)
    methods: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, query: str) -> bytes:
        with self.lock:  # one query after the other, so that tests do not depend on how threads run
            found = self.store.query(query)
            return bytes(found.serialize(format=pyoxigraph.QueryResultsFormat.JSON))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: Engine
    timeout = 20

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._handle(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _handle(self, form: str) -> None:
        engine, query = self.engine, parse_qs(form)["query"][0]
        with engine.lock:
            engine.queries.append(query)
            engine.methods[self.command] += 1
            engine.agents.add(self.headers["User-Agent"])
            engine.at_once += 1
            engine.most_at_once = max(engine.most_at_once, engine.at_once)
        try:
            body = engine.answer(query)
        except SyntaxError as error:
            return self._send(Reply(400, f"MALFORMED QUERY: {error}".encode()))
        finally:
            with engine.lock:
                engine.at_once -= 1
        reply = engine.spoil(engine, query, body) if engine.spoil else None
        if reply is None and "gzip" in self.headers.get("Accept-Encoding", ""):
            reply = Reply(200, gzip.compress(body, 1), {"Content-Encoding": "gzip"})
        return self._send(reply or Reply(200, body))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in ({"Content-Type": "application/sparql-results+json"} | reply.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        self.close_connection = True


def faulty(share: float, seed: int = 1) -> Spoil:
    """Spoils a share of the answers, in all the ways in which endpoints do."""
    chance = random.Random(seed)
    kinds: dict[str, Callable[[bytes], Reply]] = {
        "429": lambda _: Reply(429, b"Rate limit exceeded", {"Retry-After": "0"}),
        "503": lambda _: Reply(503, PAGE, {"Content-Type": "text/html", "Retry-After": "0.01"}),
        "502": lambda _: Reply(502, PAGE, {"Content-Type": "text/html"}),
        "page": lambda _: Reply(200, PAGE, {"Content-Type": "text/html"}),
        "time-out": lambda _: Reply(500, BLAZEGRAPH_TRACE),
        "time-out in the middle": lambda body: Reply(200, body[: len(body) // 2] + BLAZEGRAPH_TRACE),
        "half": lambda body: Reply(200, body[: len(body) // 2]),
        "cut": lambda body: Reply(200, body, cut=len(body) // 2),
        "cut gzip": lambda body: Reply(200, gzip.compress(body)[:-20], {"Content-Encoding": "gzip"}),
        "empty": lambda _: Reply(200, b""),
    }

    def spoil(engine: Engine, _query: str, body: bytes) -> Reply | None:
        with engine.lock:
            if chance.random() >= share:
                return None
            kind = chance.choice(sorted(kinds))
            engine.faults[kind] += 1
        return kinds[kind](body)

    return spoil


@pytest.fixture(scope="session")
def sample_entities() -> list[dict[str, Any]]:
    lines = sample_paths("zh").wikidata.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(name="faulty")
def faulty_fixture() -> Any:
    return faulty


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture(scope="session")
def rdf() -> Any:
    """The module that writes entities as RDF."""
    return wikibase_rdf


@pytest.fixture(scope="session")
def wiki_server() -> Any:
    """The module that serves a wiki's API."""
    return _beside("wiki_server")


@pytest.fixture
def serve() -> Iterator[Callable[[Any], Engine]]:
    """Starts an endpoint over a store of Oxigraph."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(store: Any) -> Engine:
        engine = Engine(store)
        handler = type("BoundHandler", (Handler,), {"engine": engine})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        engine.url = f"http://127.0.0.1:{server.server_address[1]}/sparql"
        thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
        thread.start()
        servers.append((server, thread))
        return engine

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def sample_store(sample_entities: list[dict[str, Any]]) -> Any:
    store = pyoxigraph.Store()
    store.bulk_extend(wikibase_rdf.quads(sample_entities))
    return store


@pytest.fixture
def engine(serve: Callable[[Any], Engine], sample_store: Any) -> Engine:
    return serve(sample_store)


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[[list[dict[str, Any]]], Path]:
    def write(entities: list[dict[str, Any]]) -> Path:
        path = tmp_path / "dump.jsonl"
        path.write_text("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entities), "utf-8")
        return path

    return write
