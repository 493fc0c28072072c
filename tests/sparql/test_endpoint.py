"""How an endpoint is asked: politely, in batches that it bears, and never taken in by what is no answer."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.retry import Backoff
from kg2instruct.sparql.answers import BadAnswerError, TooSlowError, read_rows
from kg2instruct.sparql.cache import AnswerCache
from kg2instruct.sparql.client import BatchSize, Client
from kg2instruct.sparql.dialect import load_dialect
from kg2instruct.sparql.endpoint import Endpoint, EndpointError, EndpointOptions
from kg2instruct.sparql.queries import Queries
from kg2instruct.wikidata.languages import languages

QUICK = EndpointOptions(backoff=Backoff(first=0.001, longest=0.01, tries=4), batch=40, timeout=60)
NAMES = Queries(load_dialect()).terms(languages(("zh", "en")))
WHOLE = (
    b'{"head":{"vars":["e"]},"results":{"bindings":[{"e":{"type":"literal","value":"a","xml:lang":"zh"}}]}}'
)
TRACE = b"\njava.util.concurrent.TimeoutException\n\tat java.util.concurrent.FutureTask.get(FutureTask.java:205)\n"


@pytest.fixture
def ids(sample_entities: list[dict[str, Any]]) -> list[str]:
    return [entity["id"] for entity in sample_entities if entity["id"][0] == "Q"][:100]


def client(engine: Any, folder: Path, options: EndpointOptions = QUICK) -> Client:
    return Client(Endpoint(engine.url, options), AnswerCache(folder / "answers.sqlite", engine.url))


def test_a_whole_answer_is_read() -> None:
    ((row,),) = [read_rows(WHOLE)]
    assert (row["e"].value, row["e"].lang) == ("a", "zh")


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"", BadAnswerError, "empty"),
        (
            b"<!DOCTYPE html><html><style>x{}</style><h1>Too busy</h1></html>",
            BadAnswerError,
            "HTML.*Too busy",
        ),
        (WHOLE[:60], BadAnswerError, "breaks off"),
        (WHOLE[:60] + TRACE, TooSlowError, "TimeoutException"),
        (WHOLE[:-2] + b"]}}" + TRACE, TooSlowError, "TimeoutException"),
        (b'{"exception": "java.lang.OutOfMemoryError"}', BadAnswerError, "no list of results"),
        (b"Service Unavailable", BadAnswerError, "Service Unavailable"),
        (b"\x1f\x8b\x08\x00broken", BadAnswerError, "packed|breaks off"),
    ],
)
def test_what_is_no_answer_is_told_apart(body: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_rows(body)


def test_a_label_that_speaks_of_a_time_out_is_a_label() -> None:
    assert read_rows(WHOLE.replace(b'"a"', b'"TimeoutException: timed out"'))


def test_short_queries_go_by_get_and_long_ones_by_post(engine: Any, tmp_path: Path, ids: list[str]) -> None:
    asking = client(engine, tmp_path)
    list(asking.rows(NAMES, ids[:1]))
    assert engine.methods == {"GET": 1}
    list(asking.rows(NAMES, ids))
    assert engine.methods["POST"] >= 1


def test_the_agent_says_who_asks_and_how_to_reach_them(engine: Any, tmp_path: Path) -> None:
    list(client(engine, tmp_path, dataclasses.replace(QUICK, contact="ada@example.org")).rows(NAMES, ["Q64"]))
    (agent,) = engine.agents
    assert agent.startswith("kg2instruct/") and "(ada@example.org)" in agent


def test_no_more_queries_run_at_once_than_allowed(engine: Any, tmp_path: Path, ids: list[str]) -> None:
    options = dataclasses.replace(QUICK, batch=5, parallel=3)
    list(client(engine, tmp_path, options).rows(NAMES, ids))
    assert 1 <= engine.most_at_once <= 3


QLEVER = b'{"exception": "Operation timed out.", "query": "SELECT", "status": "ERROR"}'


@pytest.mark.parametrize(("status", "body"), [(500, TRACE), (429, QLEVER), (504, b"upstream")])
def test_a_batch_that_takes_too_long_is_asked_in_halves(
    engine: Any, reply: Any, tmp_path: Path, ids: list[str], status: int, body: bytes
) -> None:
    def names(folder: str) -> dict[str, list[str]]:
        found = client(engine, tmp_path / folder).rows(NAMES, ids)
        return {key: sorted(map(str, rows)) for key, rows in found}  # an endpoint keeps no order

    expected = names("calm")
    sizes: list[int] = []

    def spoil(_engine: Any, query: str, _body: bytes) -> Any:
        sizes.append(query.count("wd:Q"))
        return reply(status, body) if sizes[-1] > 6 else None

    engine.spoil = spoil
    assert names("slow") == expected
    # It learns: one by one there would be a hundred, and halving every batch of 40 anew takes 45.
    assert len(sizes) < 60


def test_the_size_of_batches_grows_again() -> None:
    size = BatchSize(64)
    size.too_slow(64)
    assert size.now == 32
    for _ in range(12):
        size.good()
    assert size.now == 64


def test_an_entity_that_is_too_much_even_alone_is_told_and_the_others_come(
    engine: Any, reply: Any, tmp_path: Path, ids: list[str]
) -> None:
    heavy = ids[30]
    engine.spoil = lambda _engine, query, _body: reply(504, b"upstream") if f"wd:{heavy} " in query else None
    asking = client(engine, tmp_path)
    found = dict(asking.rows(NAMES, ids))
    assert set(found) == set(ids) - {heavy}
    assert list(asking.failed) == [heavy] and "time-out" in asking.failed[heavy]
    engine.spoil = None
    assert set(dict(client(engine, tmp_path).rows(NAMES, ids))) == set(ids)


def test_the_pause_that_an_endpoint_asks_for_is_kept(
    engine: Any, reply: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr("kg2instruct.retry.Pause.ask", lambda _self, seconds: asked.append(seconds))
    replies = itertools.chain([reply(429, b"slow down", {"Retry-After": "7"})], itertools.repeat(None))
    engine.spoil = lambda *_: next(replies)
    assert dict(client(engine, tmp_path).rows(NAMES, ["Q64"]))
    assert asked == [7.0]


def test_what_goes_wrong_is_told_while_it_lasts(
    engine: Any, reply: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg2instruct.sparql.client._SECONDS_UNTOLD", 0.01)
    told: list[str] = []
    asking = Client(
        Endpoint(engine.url, dataclasses.replace(QUICK, backoff=Backoff(first=0.2, longest=0.2))),
        AnswerCache(tmp_path / "answers.sqlite", engine.url),
        tell=lambda name, *_: told.append(name),
    )
    replies = itertools.chain([reply(200, b"<?xml version='1.0'?><sparql/>")], itertools.repeat(None))
    engine.spoil = lambda *_: next(replies)
    assert dict(asking.rows(NAMES, ["Q64"]))
    assert "names (asked again: an answer in XML, not in JSON)" in told
    assert told[-1] == "names"


def test_an_endpoint_that_is_down_ends_the_run_in_one_line(engine: Any, reply: Any, tmp_path: Path) -> None:
    engine.spoil = lambda *_: reply(503, b"<html>Our servers are busy</html>")
    with pytest.raises(
        EndpointError, match=r"failed 4 times, last with: 503: Our servers are busy; the same"
    ):
        list(client(engine, tmp_path).rows(NAMES, ["Q64"]))
    with pytest.raises(EndpointError, match="the connection failed"):
        Endpoint("http://127.0.0.1:9/sparql", QUICK).ask("SELECT * WHERE {}")


def test_what_the_endpoint_refuses_is_not_asked_again(engine: Any) -> None:
    with pytest.raises(EndpointError, match="answers 400: MALFORMED QUERY"):
        Endpoint(engine.url, QUICK).ask("SELECT nonsense")
    assert len(engine.queries) == 1


@pytest.mark.parametrize("told", [True, False])
def test_answers_that_the_endpoint_cuts_are_asked_for_in_parts(
    engine: Any, reply: Any, tmp_path: Path, ids: list[str], told: bool
) -> None:
    """As Virtuoso does it: so many rows and no more, and a header that says so."""
    import json

    expected = {
        key: {tuple(sorted(r)) for r in rows} for key, rows in client(engine, tmp_path / "x").rows(NAMES, ids)
    }
    counts = {key: len(rows) for key, rows in client(engine, tmp_path / "x").rows(NAMES, ids)}
    cap = max(counts.values()) // 2

    def spoil(_engine: Any, _query: str, body: bytes) -> Any:
        answer = json.loads(body)
        answer["results"]["bindings"] = answer["results"]["bindings"][:cap]
        return reply(200, json.dumps(answer).encode(), {"X-SPARQL-MaxRows": str(cap)} if told else {})

    engine.spoil = spoil
    options = dataclasses.replace(QUICK, max_rows=0 if told else cap)
    asking = client(engine, tmp_path / "cut", options)
    found = dict(asking.rows(NAMES, ids))
    assert {key: len(rows) for key, rows in found.items()} == counts
    assert set(found) == set(expected)


def test_a_part_of_an_answer_that_virtuoso_sends_when_it_runs_out_of_time_is_not_taken(
    engine: Any, reply: Any, tmp_path: Path
) -> None:
    replies = itertools.chain([reply(200, WHOLE, {"X-SQL-State": "S1TAT"})], itertools.repeat(None))
    engine.spoil = lambda *_: next(replies)
    ((_, rows),) = client(engine, tmp_path).rows(NAMES, ["Q64"])
    assert len(rows) > 1


def test_answers_are_kept_by_endpoint_and_query(engine: Any, tmp_path: Path) -> None:
    list(client(engine, tmp_path).rows(NAMES, ["Q64"]))
    with AnswerCache(tmp_path / "answers.sqlite", "http://elsewhere/sparql") as other:
        assert other.missing(NAMES.text, ["Q64"]) == ["Q64"]
    with AnswerCache(tmp_path / "answers.sqlite", engine.url) as same:
        assert same.missing(NAMES.text, ["Q64", "Q90"]) == ["Q90"]
        assert same.missing(NAMES.text + " ", ["Q64"]) == ["Q64"]
