"""A wiki's API over real HTTP, as far as it is asked: titles, redirects, texts in parts, lag, and faults."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TEXTS_AT_ONCE = 7
"""More texts than this do not fit into an answer, which then says how to go on."""


@dataclass
class Wiki:
    """Pages by title (their text; redirects by their text), the entities of some, and what was asked."""

    pages: dict[str, tuple[int, int, str]]
    items: dict[str, str]
    variants: dict[str, str] = field(default_factory=dict)
    url: str = ""
    spoil: Callable[[int], tuple[int, bytes, dict[str, str]] | None] = lambda _number: None
    asked: list[dict[str, str]] = field(default_factory=list)
    agents: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def query(self, form: dict[str, str]) -> dict[str, Any]:
        titles = form["titles"].split("|")
        if len(titles) > 50:
            return {"error": {"code": "toomanyvalues", "info": "Too many values supplied"}}
        moves: dict[str, list[dict[str, str]]] = {"normalized": [], "converted": [], "redirects": []}
        ends: dict[str, None] = {}
        for title in titles:
            normal = title[:1].upper() + title[1:].replace("_", " ")
            self._move(moves["normalized"], title, normal)
            variant = self.variants.get(normal, normal)
            self._move(moves["converted"], normal, variant)
            end = variant
            while end in self.pages and (
                way := re.match(r"#redirect\s*\[\[([^\]]+)", self.pages[end][2], re.I)
            ):
                self._move(moves["redirects"], end, way[1])
                end = way[1]
            ends[end] = None
        skip = int(form.get("rvcontinue", "0"))
        wanted = [end for end in ends if end in self.pages]
        with_text = set(wanted[skip : skip + TEXTS_AT_ONCE]) if "revisions" in form["prop"] else set()
        query = {kind: listed for kind, listed in moves.items() if listed}
        answer: dict[str, Any] = {
            "query": query | {"pages": [self._page(end, end in with_text) for end in ends]}
        }
        if with_text and skip + TEXTS_AT_ONCE < len(wanted):
            answer["continue"] = {"rvcontinue": str(skip + TEXTS_AT_ONCE), "continue": "||pageprops"}
        return answer

    @staticmethod
    def _move(moves: list[dict[str, str]], source: str, target: str) -> None:
        if source != target and {"from": source, "to": target} not in moves:
            moves.append({"from": source, "to": target})

    def _page(self, title: str, with_text: bool) -> dict[str, Any]:
        if title not in self.pages:
            return {"ns": 0, "title": title, "missing": True}
        number, revision, text = self.pages[title]
        page: dict[str, Any] = {"pageid": number, "ns": 0, "title": title}
        if title in self.items:
            page["pageprops"] = {"wikibase_item": self.items[title]}
        if with_text:
            content = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": text}
            page["revisions"] = [{"revid": revision, "parentid": 0, "slots": {"main": content}}]
        return page


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wiki: Wiki
    timeout = 20

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        wiki = self.wiki
        with wiki.lock:
            wiki.asked.append(form)
            wiki.agents[self.headers["User-Agent"]] += 1
            spoiled = wiki.spoil(len(wiki.asked))
        status, answer, headers = spoiled or (
            200,
            json.dumps(wiki.query(form), ensure_ascii=False).encode(),
            {},
        )
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def serve(wiki: Wiki) -> Callable[[], None]:
    """Start the wiki's server; returns what stops it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"wiki": wiki}))
    server.daemon_threads = True
    wiki.url = f"http://127.0.0.1:{server.server_address[1]}/w/api.php"
    thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def titles_of(pages: Sequence[Any]) -> dict[str, tuple[int, int, str]]:
    """Pages of a dump as the wiki keeps them."""
    texts = {page.title: f"#REDIRECT [[{page.redirect}]]" if page.redirect else page.text for page in pages}
    return {page.title: (page.id, page.revision, texts[page.title]) for page in pages if page.ns == 0}
