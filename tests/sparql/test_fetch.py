"""Entities from an endpoint make the store that a dump of the same entities makes."""

from __future__ import annotations

import copy
import dataclasses
import filecmp
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.pipeline.fetching import schema_properties
from kg2instruct.retry import Backoff
from kg2instruct.sparql.cache import AnswerCache
from kg2instruct.sparql.client import Client
from kg2instruct.sparql.dialect import load_dialect
from kg2instruct.sparql.endpoint import Endpoint, EndpointError, EndpointOptions
from kg2instruct.sparql.fetch import FetchOptions, FetchReport, Selection, fetch
from kg2instruct.sparql.times import to_julian
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store

pyoxigraph = pytest.importorskip("pyoxigraph")

QUICK = EndpointOptions(backoff=Backoff(first=0.001, longest=0.01, tries=25), batch=100, timeout=60)
EVERYTHING = FetchOptions(properties=None)


def without_order(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entities with their aliases and statements sorted: RDF knows no order of these."""
    entities = copy.deepcopy(entities)
    for entity in entities:
        for terms in entity["aliases"].values():
            terms.sort(key=lambda term: term["value"])
        for statements in entity["claims"].values():
            statements.sort(key=lambda statement: statement["id"].replace("$", "-"))
        entity["claims"] = dict(sorted(entity["claims"].items(), key=lambda claim: int(claim[0][1:])))
    return entities


def fetch_to(
    folder: Path,
    url: str,
    selection: Selection,
    fetch_options: FetchOptions = EVERYTHING,
    options: EndpointOptions = QUICK,
) -> FetchReport:
    with AnswerCache(folder / "answers.sqlite", url) as cache:
        client = Client(Endpoint(url, options), cache)
        return fetch(client, load_dialect(), selection, folder / "entities.jsonl", options=fetch_options)


def all_of(entities: list[dict[str, Any]]) -> Selection:
    return Selection(ids=[entity["id"] for entity in entities])


def same_files(one: Path, other: Path) -> bool:
    names = sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.is_file())
    assert names == sorted(str(path.relative_to(other)) for path in other.rglob("*") if path.is_file())
    match, different, broken = filecmp.cmpfiles(one, other, names, shallow=False)
    return (different, broken) == ([], []) and len(match) > 10


def test_the_store_of_an_endpoint_has_the_bytes_of_the_store_of_a_dump(
    engine: Any, sample_entities: list[dict[str, Any]], write_lines: Callable[..., Path], tmp_path: Path
) -> None:
    report = fetch_to(tmp_path, engine.url, all_of(sample_entities))
    build_store([write_lines(without_order(sample_entities))], tmp_path / "dump")
    build_store([tmp_path / "entities.jsonl"], tmp_path / "fetched")
    assert report.counts["entities"] == len(sample_entities)
    assert (report.missing, report.failed) == ([], {})
    assert same_files(tmp_path / "dump", tmp_path / "fetched")


def test_faults_in_a_third_of_the_calls_change_nothing(
    engine: Any, sample_entities: list[dict[str, Any]], faulty: Any, tmp_path: Path
) -> None:
    selection = all_of(sample_entities)
    fetch_to(tmp_path / "calm", engine.url, selection)
    asked = len(engine.queries)
    engine.spoil = faulty(0.3)
    report = fetch_to(tmp_path / "stormy", engine.url, selection)
    assert report.failed == {}
    assert len(engine.faults) >= 8, engine.faults
    assert sum(engine.faults.values()) > 0.2 * (len(engine.queries) - asked)
    calm, stormy = tmp_path / "calm" / "entities.jsonl", tmp_path / "stormy" / "entities.jsonl"
    assert calm.read_bytes() == stormy.read_bytes()


def test_a_second_fetch_asks_nothing_and_one_after_an_interruption_only_the_rest(
    engine: Any, sample_entities: list[dict[str, Any]], reply: Any, tmp_path: Path
) -> None:
    selection = all_of(sample_entities)
    engine.spoil = lambda engine, *_: reply(403, b"banned") if len(engine.queries) > 12 else None
    with pytest.raises(EndpointError, match="403: banned"):
        fetch_to(tmp_path, engine.url, selection)
    engine.spoil = None
    before = len(engine.queries)
    fetch_to(tmp_path, engine.url, selection)
    resumed = len(engine.queries) - before
    fetch_to(tmp_path / "anew", engine.url, selection)
    whole = len(engine.queries) - before - resumed
    assert 0 < resumed <= whole - 10
    before = len(engine.queries)
    fetch_to(tmp_path, engine.url, selection, options=dataclasses.replace(QUICK, batch=7))
    assert len(engine.queries) == before
    assert (tmp_path / "entities.jsonl").read_bytes() == (tmp_path / "anew" / "entities.jsonl").read_bytes()


def test_titles_bring_entities_with_the_claims_of_a_schema_and_the_classes_above(
    engine: Any, sample_entities: list[dict[str, Any]], write_lines: Callable[..., Path], tmp_path: Path
) -> None:
    titles = {"zh": ["瑪麗·居里", "华沙", "没有这一页"], "en": ["marie_Curie"]}
    options = FetchOptions(properties=schema_properties())
    report = fetch_to(tmp_path, engine.url, Selection(titles=titles), options)
    assert report.missing == ["zh: 没有这一页"]
    assert report.counts["selected"] == 2
    build_store([write_lines(sample_entities)], tmp_path / "dump")
    build_store([tmp_path / "entities.jsonl"], tmp_path / "fetched")
    dump, fetched = Store.open(tmp_path / "dump"), Store.open(tmp_path / "fetched")
    curie, warsaw = dump.find_title("zh", "玛丽·居里"), dump.find_title("zh", "华沙")
    assert curie and warsaw
    wanted = {int(pid[1:]) for pid in schema_properties()} | {31, 279}
    for qid in (curie, warsaw):
        claims = [claim for claim in dump.claims(qid) if claim.property in wanted]
        assert len(claims) > 3
        assert set(fetched.claims(qid)) == set(claims)
        assert fetched.popularity(qid) == dump.popularity(qid)
        values = {claim.value for claim in claims if isinstance(claim.value, int)}
        for entity in {qid, *values}:
            assert set(fetched.names(entity, "zh")) == set(dump.names(entity, "zh"))
            assert fetched.label(entity, "en") == dump.label(entity, "en")
            assert fetched.types(entity) == dump.types(entity)


def test_members_of_a_class_include_those_of_the_classes_below_and_can_be_limited(
    engine: Any, sample_entities: list[dict[str, Any]], tmp_path: Path
) -> None:
    def classes(entity: dict[str, Any], pid: str) -> set[str]:
        found = (s["mainsnak"] for s in entity["claims"].get(pid, []) if s["rank"] != "deprecated")
        return {s["datavalue"]["value"]["id"] for s in found if s["snaktype"] == "value"}

    below = {"Q486972"}
    for _ in range(20):
        below |= {e["id"] for e in sample_entities if classes(e, "P279") & below}
    members = {e["id"] for e in sample_entities if classes(e, "P31") & below}
    assert len(members) > 3 and len(below) > 1
    options = FetchOptions(properties=())
    report = fetch_to(tmp_path, engine.url, Selection(classes=["Q486972"]), options)
    assert report.counts["selected"] == len(members)
    report = fetch_to(tmp_path, engine.url, Selection(classes=["Q486972"], limit=2), options)
    assert report.counts["selected"] == 2


def test_values_of_values_come_with_their_claims_where_asked_for(engine: Any, tmp_path: Path) -> None:
    options = FetchOptions(properties=("P19", "P17"), depth=1)
    fetch_to(tmp_path, engine.url, Selection(titles={"en": ["Marie Curie"]}), options)
    build_store([tmp_path / "entities.jsonl"], tmp_path / "kb")
    store = Store.open(tmp_path / "kb")
    curie = store.find_title("en", "Marie Curie")
    (birthplace,) = [claim.value for claim in store.claims(curie or 0) if claim.property == 19]
    assert any(claim.property == 17 for claim in store.claims(int(birthplace)))


HARD = [
    ("+1616-04-23T00:00:00Z", 11, "Q1985786"), ("+1582-10-15T00:00:00Z", 11, "Q1985727"),
    ("-0044-03-15T00:00:00Z", 11, "Q1985786"), ("-0001-12-31T00:00:00Z", 11, "Q1985786"),
    ("-0001-00-00T00:00:00Z", 9, "Q1985727"), ("-0500-00-00T00:00:00Z", 7, "Q1985786"),
    ("-13798000000-00-00T00:00:00Z", 3, "Q1985727"), ("+1900-02-29T00:00:00Z", 11, "Q1985786"),
    ("+2000-05-00T00:00:00Z", 10, "Q1985727"), ("+1234-00-00T00:00:00Z", 8, "Q1985786"),
]  # fmt: skip


def hard_entity() -> list[dict[str, Any]]:
    """Everything that a claim can be: calendars, years before Christ, units, no value, some value, ends, texts."""

    def claim(pid: str, datatype: str, value: Any, rank: str = "normal", **more: Any) -> dict[str, Any]:
        claim.number += 1  # type: ignore[attr-defined]
        kind = value if value in ("somevalue", "novalue") else "value"
        snak = {"snaktype": kind, "property": pid, "datatype": datatype}
        if kind == "value":
            snak["datavalue"] = {"value": value}
        return {"mainsnak": snak, "type": "statement", "id": f"Q7$A-{claim.number:03d}", "rank": rank} | more  # type: ignore[attr-defined]

    claim.number = 0  # type: ignore[attr-defined]

    def time(text: str, precision: int, calendar: str) -> dict[str, Any]:
        uri = f"http://www.wikidata.org/entity/{calendar}"
        return {
            "time": text,
            "precision": precision,
            "calendarmodel": uri,
            "timezone": 0,
            "before": 0,
            "after": 0,
        }

    def end(kind: str) -> dict[str, Any]:
        value = time("+1999-00-00T00:00:00Z", 9, "Q1985727")
        snak = {"snaktype": kind, "property": "P582"} | (
            {"datavalue": {"value": value}} if kind == "value" else {}
        )
        return {"P582": [snak]}

    def item(number: int) -> dict[str, Any]:
        return {"entity-type": "item", "numeric-id": number, "id": f"Q{number}"}

    claims = {
        "P31": [claim("P31", "wikibase-item", item(5))],
        "P19": [claim("P19", "wikibase-item", kind) for kind in ("somevalue", "novalue")],
        "P39": [
            claim("P39", "wikibase-item", item(8), qualifiers=end(kind))
            for kind in ("value", "somevalue", "novalue")
        ] + [claim("P39", "wikibase-item", item(8), rank) for rank in ("preferred", "deprecated")],
        "P569": [claim("P569", "time", time(*hard)) for hard in HARD] + [claim("P569", "time", "somevalue")],
        "P2048": [
            claim("P2048", "quantity", {"amount": "+1.78", "unit": "http://www.wikidata.org/entity/Q11573",
                                        "upperBound": "+1.79", "lowerBound": "+1.77"}),
            claim("P2048", "quantity", {"amount": "-40", "unit": "1"}),
        ],
        "P1559": [claim("P1559", "monolingualtext", {"text": '引号"和\\反斜線', "language": "zh-hant"})],
        "P742": [claim("P742", "string", "笔名")],
    }  # fmt: skip
    kinds = {pid: listed[0]["mainsnak"]["datatype"] for pid, listed in claims.items()} | {
        "P279": "wikibase-item"
    }
    empty: dict[str, Any] = {"labels": {}, "aliases": {}, "claims": {}, "modified": "2026-01-02T03:04:05Z"}
    properties = [
        empty | {"type": "property", "id": pid, "datatype": kind, "lastrevid": 5}
        for pid, kind in kinds.items()
    ]

    def named(number: int, **more: Any) -> dict[str, Any]:
        label = {"zh": {"language": "zh", "value": f"物{number}"}}
        sitelinks = {"zhwiki": {"site": "zhwiki", "title": f"物{number}"}}
        return empty | {"type": "item", "id": f"Q{number}", "labels": label, "sitelinks": sitelinks,
                        "lastrevid": number} | more  # fmt: skip

    return [*properties, named(5), named(7, claims=claims), named(8), named(11573)]


@pytest.mark.parametrize("munged", [True, False])
def test_every_kind_of_value_comes_back_as_it_was(
    serve: Any, rdf: Any, write_lines: Callable[..., Path], tmp_path: Path, munged: bool
) -> None:
    entities = hard_entity()
    store = pyoxigraph.Store()
    store.extend(rdf.quads(entities, munged=munged))
    engine = serve(store)
    fetch_to(tmp_path, engine.url, all_of(entities))
    build_store([write_lines(without_order(entities))], tmp_path / "dump")
    build_store([tmp_path / "entities.jsonl"], tmp_path / "fetched")
    dump, fetched = Store.open(tmp_path / "dump"), Store.open(tmp_path / "fetched")
    assert fetched.claims(7) == dump.claims(7)
    assert len(dump.claims(7)) == 1 + 4 + len(HARD) + 2 + 2
    assert sum(claim.ended for claim in dump.claims(7)) == 2
    assert same_files(tmp_path / "dump", tmp_path / "fetched")


def test_redirected_ids_lead_to_their_entities(serve: Any, rdf: Any, tmp_path: Path) -> None:
    store = pyoxigraph.Store()
    store.extend([*rdf.quads(hard_entity()), rdf.redirect("Q70", "Q7"), rdf.redirect("Q80", "Q8")])
    report = fetch_to(tmp_path, serve(store).url, Selection(ids=["Q70"]))
    build_store([tmp_path / "entities.jsonl"], tmp_path / "kb")
    kb = Store.open(tmp_path / "kb")
    assert (kb.resolve(70), kb.resolve(80)) == (7, 8)
    assert len(kb.claims(70)) > 10
    assert report.counts["selected"] == 1


def test_a_dump_wins_over_an_entity_that_was_fetched_in_part(
    serve: Any, rdf: Any, write_lines: Callable[..., Path], tmp_path: Path
) -> None:
    entities = hard_entity()
    store = pyoxigraph.Store()
    store.extend(rdf.quads(entities))
    fetch_to(tmp_path, serve(store).url, Selection(ids=["Q8"]), FetchOptions(properties=()))
    value = next(entity for entity in entities if entity["id"] == "Q5")
    value["labels"] = {"zh": {"language": "zh", "value": "人"}}
    for order in (1, -1):
        files = [write_lines([value]), tmp_path / "entities.jsonl"][::order]
        build_store(files, tmp_path / "merged")
        merged = Store.open(tmp_path / "merged")
        assert (merged.label(5, "zh"), merged.label(8, "zh")) == ("人", "物8")


def test_a_wikibase_with_other_prefixes_is_read_by_a_file_of_them(
    serve: Any, rdf: Any, tmp_path: Path
) -> None:
    base = "https://wikibase.example/"
    numbers = {"P31": "P19", "P19": "P3", "P582": "P4"}

    def moved(term: Any) -> Any:
        if not isinstance(term, pyoxigraph.NamedNode) or not term.value.startswith(
            "http://www.wikidata.org/"
        ):
            return term
        path, _, name = term.value.rpartition("/")
        if name in ("Q199", "Q1985727", "Q1985786"):
            return term
        path = path.replace("http://www.wikidata.org", base.rstrip("/"))
        return pyoxigraph.NamedNode(f"{path}/{numbers.get(name, name)}")

    store = pyoxigraph.Store()
    store.extend(
        pyoxigraph.Quad(moved(q.subject), moved(q.predicate), moved(q.object))
        for q in rdf.quads(hard_entity())
    )
    engine = serve(store)
    (tmp_path / "prefixes.yaml").write_text(f"base: {base}\nproperties: {{P31: P19, P19: P3, P582: P4}}\n")
    with pytest.raises(InputError, match="--prefixes"):
        fetch_to(tmp_path, engine.url, Selection(ids=["Q7"]))
    with AnswerCache(tmp_path / "own.sqlite", engine.url) as cache:
        client = Client(Endpoint(engine.url, QUICK), cache)
        dialect = load_dialect(tmp_path / "prefixes.yaml")
        fetch(client, dialect, Selection(ids=["Q7"]), tmp_path / "own.jsonl", options=EVERYTHING)
    build_store([tmp_path / "own.jsonl"], tmp_path / "kb")
    claims = Store.open(tmp_path / "kb").claims(7)
    assert len(claims) == 1 + 4 + len(HARD) + 2 + 2
    assert [claim.value for claim in claims if claim.property == 31] == [5]
    assert sum(claim.ended for claim in claims) == 2


def test_mistakes_in_a_file_of_prefixes_are_told_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "prefixes.yaml"
    path.write_text("bse: https://a.example/\npq: nonsense\nwikis: {zhwiki: 5}\nproperties: {P31: Q5}\n")
    with pytest.raises(ConfigError) as caught:
        load_dialect(path)
    for said in ("did you mean 'base'", "pq: 'nonsense' is not a URI", "zhwiki: 5", "as in {P31: P1}"):
        assert said in str(caught.value)


def test_julian_days_survive_the_way_through_the_gregorian_calendar(rdf: Any) -> None:
    @given(st.integers(-4700, 9999), st.integers(1, 12), st.integers(1, 28))
    def survives(year: int, month: int, day: int) -> None:
        assert to_julian(*rdf.gregorian(year, month, day)) == (year, month, day)

    survives()
    assert rdf.gregorian(1616, 4, 23) == (1616, 5, 3)
