"""Pages of a wiki by the MediaWiki API instead of a dump.

Titles are asked for in batches; redirects and the variants of Chinese titles are followed by the wiki, answers in
several parts are put together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kg2instruct.records import Page
from kg2instruct.retry import duration
from kg2instruct.web import PassingError, Web, WebError

BATCH = 50
# Seconds of replication lag beyond which the wiki should say no; what its operators ask robots for.
_MAX_LAG = "5"
_PASSING = ("maxlag", "ratelimited", "readonly", "internal_api_error", "timeouterror")
_MOST_PARTS = 1000


@dataclass(slots=True)
class Found:
    """What an answer says: pages by title (those asked for with their text), where titles lead, items of pages."""

    pages: dict[str, Page] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    """A title that was asked for to the page's own title, also where this is the same."""
    items: dict[str, str] = field(default_factory=dict)
    """A page's title to its entity (`Q64`)."""
    redirects: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


class WikiApi:
    """The API of one wiki, `https://zh.wikipedia.org/w/api.php`."""

    def __init__(self, url: str, web: Web) -> None:
        self.url, self._web = url, web

    def pages(self, titles: Sequence[str]) -> Found:
        """Up to 50 pages with their text. Raises WebError when the wiki does not answer as an API."""
        return self._find(
            titles,
            {
                "prop": "revisions|pageprops",
                "rvprop": "ids|content",
                "rvslots": "main",
                "ppprop": "wikibase_item",
            },
        )

    def resolve(self, titles: Sequence[str]) -> Found:
        """Up to 50 titles: where they lead, and which entities their pages are about."""
        return self._find(titles, {"prop": "pageprops", "ppprop": "wikibase_item"})

    def _find(self, titles: Sequence[str], what: dict[str, str]) -> Found:
        asked = {"action": "query", "titles": "|".join(titles), "redirects": "1", "converttitles": "1"} | what
        merged: dict[str, dict[str, Any]] = {}
        moves: dict[str, str] = {}
        redirects: dict[str, str] = {}
        for query in self._parts(asked):
            for kind in ("normalized", "converted", "redirects"):
                pairs = {move["from"]: move["to"] for move in query.get(kind, ())}
                moves |= pairs
                redirects |= pairs if kind == "redirects" else {}
            for page in query.get("pages", ()):
                merged[page["title"]] = merged.get(page["title"], {}) | page
        found = Found(redirects={source: _follow(source, moves) for source in redirects})
        for title in titles:
            end = _follow(title, moves)
            entry = merged.get(end, {"missing": True})
            if entry.get("missing") or entry.get("invalid"):
                found.missing.append(title)
                continue
            found.leads[title] = end
            if item := entry.get("pageprops", {}).get("wikibase_item"):
                found.items[end] = item
            if revisions := entry.get("revisions"):
                text = revisions[0].get("slots", {}).get("main", {}).get("content", "")
                found.pages[end] = Page(entry["pageid"], end, entry["ns"], revisions[0]["revid"], text)
        return found

    def _parts(self, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The `query` of an answer and of those that continue it."""
        form = asked | {"format": "json", "formatversion": "2", "maxlag": _MAX_LAG}
        for _ in range(_MOST_PARTS):
            answer = self._ask(form)
            yield answer.get("query", {})
            if not (further := answer.get("continue")):
                return
            form = form | {name: str(value) for name, value in further.items()}
        raise WebError(f"{self.url}: the answer goes on and on")

    def _ask(self, form: dict[str, str]) -> dict[str, Any]:
        for number in range(1, self._web.backoff.tries + 1):
            try:
                return self._call(form)
            except PassingError as error:
                self._web.rest(number, error, self.url)
        raise AssertionError  # `rest` raises at the last try

    def _call(self, form: dict[str, str]) -> dict[str, Any]:
        with self._web.stream(self.url, {"Accept-Encoding": "gzip"}, form=form) as response:
            body, headers = response.read(), response.headers
        try:
            answer = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise PassingError(f"not an answer of a MediaWiki API ({error})") from error
        if refused := answer.get("error"):
            code, info = str(refused.get("code", "")), str(refused.get("info", ""))
            if code.startswith(_PASSING):
                raise PassingError(f"{code}: {info}", duration(headers.get("Retry-After", "")))
            raise WebError(f"{self.url}: the wiki answers {code}: {info}")
        return answer


def _follow(title: str, moves: dict[str, str]) -> str:
    """The end of the way from a title; one that goes in circles ends where it came from."""
    at = title
    for _ in range(20):
        if (further := moves.get(at, at)) == at:
            return at
        at = further
    return title
