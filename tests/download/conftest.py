"""A server of files over real HTTP that misbehaves on demand, and the stand-in for the Hub."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

_path = Path(__file__).parents[1] / "publish" / "conftest.py"
_spec = importlib.util.spec_from_file_location("hub_standin", _path)
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
import sys  # noqa: E402

sys.modules["hub_standin"] = _module  # dataclasses look their module up
_spec.loader.exec_module(_module)
hub = _module.hub


@dataclass
class FileServer:
    """Files by path, and how they are served."""

    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    ranges: bool = True
    """Whether the server answers requests for a part of a file."""
    etags: bool = True
    cut: Callable[[str, int], int | None] = lambda _path, _size: None
    """After how many bytes of a body to hang up."""
    before: Callable[[str], tuple[int, dict[str, str]] | None] = lambda _path: None
    """An error status and headers to answer instead."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    sent: int = 0
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, pattern: str) -> list[tuple[str, str]]:
        return [entry for entry in self.requests if re.search(pattern, entry[0])]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: FileServer
    timeout = 20

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        files = self.server_of
        with files.lock:
            files.requests.append((self.path, self.headers.get("Range", "")))
            files.at_once += 1
            files.most_at_once = max(files.most_at_once, files.at_once)
        try:
            self._answer(files)
        finally:
            with files.lock:
                files.at_once -= 1

    def _answer(self, files: FileServer) -> None:
        if (error := files.before(self.path)) is not None:
            return self._send(error[0], b"as told", error[1])
        content = files.files.get(self.path)
        if content is None:
            return self._send(404, b"not found", {})
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        headers = {"ETag": etag} if files.etags else {}
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        held = self.headers.get("If-Range") in (None, etag)
        if not (files.ranges and part and held):
            return self._send(200, content, headers)
        start, end = int(part[1]), min(int(part[2] or len(content) - 1), len(content) - 1)
        if start >= len(content):
            return self._send(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return self._send(206, content[start : end + 1], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = self.server_of.cut(self.path, len(body)) if status in (200, 206) else None
        body = body if cut is None else body[:cut]
        self.wfile.write(body)
        with self.server_of.lock:
            self.server_of.sent += len(body)
        self.close_connection = cut is not None


@pytest.fixture
def files() -> Iterator[FileServer]:
    served = FileServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"server_of": served}))
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def content() -> bytes:
    """100 kB without a pattern."""
    return b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(3200))[:100_001]


@pytest.fixture
def wiki(files: FileServer, content: bytes) -> FileServer:
    """A server of dumps: two finished ones of zhwiki, one under way, one of enwiki in parts, one of Wikidata."""
    for date, status in (("20260901", "done"), ("20261001", "done"), ("20261101", "in-progress")):
        name = f"zhwiki-{date}-pages-articles-multistream.xml.bz2"
        index = name.replace(".xml", "-index.txt")
        listed = {
            name: {
                "size": len(content),
                "sha1": hashlib.sha1(content).hexdigest(),
                "url": f"/zhwiki/{date}/{name}",
            },
            index: {"size": 1, "sha1": "0" * 40, "url": f"/zhwiki/{date}/{index}"},
        }
        _dump(files, "zhwiki", date, {"articlesmultistreamdump": {"status": status, "files": listed}})
        files.files[f"/zhwiki/{date}/{name}"] = content
    files.files["/zhwiki/"] = (
        b'<a href="20260901/">20260901/</a> <a href="20261001/">x</a> <a href="20261101/">y</a>'
    )
    parts = {
        f"enwiki-20261001-pages-articles-multistream{n}.xml-p{n}p{n}9.bz2": content[n:] for n in (10, 9, 1)
    }
    listed = {
        name: {"size": len(part), "md5": hashlib.md5(part).hexdigest(), "url": "x"}
        for name, part in parts.items()
    }
    _dump(files, "enwiki", "20261001", {"articlesmultistreamdump": {"status": "done", "files": listed}})
    files.files |= {f"/enwiki/20261001/{name}": part for name, part in parts.items()}
    files.files["/enwiki/"] = b'<a href="/mirror/enwiki/20261001/">20261001</a>'
    entities = "/wikidatawiki/entities/"
    files.files[entities] = (
        b'<a href="20261109/">a</a><a href="20261102/">b</a><a href="latest-all.json.gz">c</a>'
    )
    name = "wikidata-20261102-all.json.gz"
    files.files[f"{entities}20261102/{name}"] = content
    files.files[f"{entities}20261102/wikidata-20261102-sha1sums.txt"] = (
        f"{hashlib.sha1(content).hexdigest()}  {name}\n{'0' * 40}  wikidata-20261102-all.nt.gz\n".encode()
    )
    files.files[f"{entities}20261109/wikidata-20261109-all.json.gz"] = content[:10]
    return files


def _dump(files: FileServer, wiki: str, date: str, jobs: dict[str, Any]) -> None:
    files.files[f"/{wiki}/{date}/dumpstatus.json"] = json.dumps({"version": "0.8", "jobs": jobs}).encode()
