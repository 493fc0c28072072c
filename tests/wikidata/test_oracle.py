"""The store against a naive reader, on made-up entities of every shape."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg2instruct.lang.fold import fold
from kg2instruct.wikidata import parse
from kg2instruct.wikidata.block import Block
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.columns import pack_texts, take_texts, unpack_texts
from kg2instruct.wikidata.index import fold_texts
from kg2instruct.wikidata.pack import pack_store
from kg2instruct.wikidata.packing import pack_time, unpack_time
from kg2instruct.wikidata.store import Store

# Few letters and small numbers, so that names, values and ids meet each other.
NAMES = st.text(st.sampled_from("中國国aAＡ b\u3000𠮷é\n"), min_size=1, max_size=4)
CODES = st.sampled_from(["zh", "zh-hans", "zh-hant", "zh-tw", "en", "mul", "en-gb", "fr"])
QIDS = st.integers(1, 12)
STATEMENTS = st.tuples(
    st.sampled_from([17, 31, 279, 361]),
    QIDS,
    st.sampled_from(["normal", "normal", "preferred", "deprecated"]),
)
ENTITIES = st.lists(
    st.fixed_dictionaries(
        {
            "qid": QIDS,
            "labels": st.dictionaries(CODES, NAMES, max_size=4),
            "aliases": st.dictionaries(CODES, st.lists(NAMES, min_size=1, max_size=3), max_size=2),
            "sites": st.sets(st.sampled_from(["zhwiki", "enwiki", "dewiki", "jawiki"])),
            "statements": st.lists(STATEMENTS, max_size=5),
            "lastrevid": st.integers(0, 3),
        }
    ),
    min_size=1,
    max_size=12,
)


def made(wikidata: Any, plan: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        wikidata.entity(
            f"Q{each['qid']}",
            each["labels"],
            aliases=each["aliases"],
            links={site: f"{site} {each['qid']}" for site in sorted(each["sites"])},
            statements=[
                wikidata.statement(f"P{pid}", qid, rank=rank) for pid, qid, rank in each["statements"]
            ],
            lastrevid=each["lastrevid"],
        )
        for each in plan
    ]


@given(plan=ENTITIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_look_ups_are_those_of_a_naive_reader(
    wikidata: Any, naive: Callable[..., Any], plan: list[dict[str, Any]]
) -> None:
    entities = made(wikidata, plan)
    oracle = naive(entities)
    store = wikidata.store(*entities, keep_all=True)
    for qid in range(14):
        assert (qid in store) == (qid in oracle.items)
        assert store.incoming(qid) == oracle.incoming(qid)
        if qid not in oracle.items:
            continue
        item = oracle.items[qid]
        for lang in ("zh", "en"):
            assert store.label(qid, lang) == oracle.label(qid, lang)
            assert store.names(qid, lang) == oracle.names(qid, lang)
            assert store.title(qid, lang) == item["sitelinks"].get(f"{lang}wiki", {}).get("title")
            for name in oracle.names(qid, lang):
                found = store.find_name(lang, name)
                assert tuple(candidate.qid for candidate in found) == oracle.find_name(lang, name)
        assert store.popularity(qid) == len(item["sitelinks"])
        assert store.objects(qid) == oracle.objects(qid)
        assert {(claim.property, claim.value) for claim in store.claims(qid)} == oracle.edges(qid)
        assert store.ancestors(qid) == oracle.ancestors(qid)
        for other in range(14):
            between = {pid for pid, value in oracle.edges(qid) if value == other}
            assert store.properties_between(qid, other) == tuple(sorted(between))


@given(plan=ENTITIES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_kept_entities_are_told_as_if_all_were_kept(wikidata: Any, plan: list[dict[str, Any]]) -> None:
    entities = made(wikidata, plan)
    report = build_store([wikidata.file(wikidata.dump(entities))], wikidata.folder / "some")
    everything = wikidata.store(*entities, keep_all=True)
    some = Store.open(wikidata.folder / "some")
    assert report.counts["items"] <= everything.stats()["items"]
    for qid in range(14):
        named = any(everything.names(qid, lang) or everything.title(qid, lang) for lang in ("zh", "en"))
        if named:
            assert some.claims(qid) == everything.claims(qid)
            assert some.types(qid) == everything.types(qid)


@given(plan=ENTITIES, size=st.integers(1, 6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_blocks_ranges_and_pieces_change_nothing(
    wikidata: Any, plan: list[dict[str, Any]], size: int
) -> None:
    lines = wikidata.dump(made(wikidata, plan)).splitlines(True)
    written = []
    for step, limits in ((size, {"range_bytes": 3000, "piece_bytes": 60}), (len(lines), {})):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            blocks = [
                Block(number, "dump", b"".join(lines[start : start + step]))
                for number, start in enumerate(range(0, len(lines), step))
            ]
            parts = parse.parse_blocks(blocks, folder, ("zh", "en"), workers=1, done=lambda _: None)
            layout, counts = pack_store(parts, folder, ("zh", "en"), **limits)
            written.append((layout, counts, {column: (folder / column).read_bytes() for column in layout}))
    assert written[0] == written[1]


@given(st.lists(st.text()), st.data())
def test_texts_survive_packing(texts: list[str], data: st.DataObject) -> None:
    texts = [text.encode("utf-8", "ignore").decode().replace("\0", " ") for text in texts]
    packed = pack_texts(texts)
    assert unpack_texts(*packed) == texts
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1))) if texts else []
    assert unpack_texts(*take_texts(*packed, np.array(rows, np.int64))) == [texts[row] for row in rows]
    assert unpack_texts(*fold_texts(*packed)) == [fold(text) for text in texts]


@given(
    year=st.integers(1, 10**14),
    bce=st.booleans(),
    month=st.integers(1, 12),
    day=st.integers(1, 31),
    julian=st.booleans(),
)
def test_times_survive_packing(year: int, bce: bool, month: int, day: int, julian: bool) -> None:
    text = f"{'-' if bce else '+'}{year:04d}-{month:02d}-{day:02d}T00:00:00Z"
    packed = pack_time(text, 11, "Q1985786" if julian else "Q1985727")
    assert packed is not None
    time = unpack_time(packed)
    assert (time.year, time.month, time.day, time.precision) == (-year if bce else year, month, day, 11)


@given(st.text(max_size=12), st.integers(-2, 20))
def test_what_is_no_time_is_none_or_a_time_but_no_error(text: str, precision: int) -> None:
    packed = pack_time(text, precision, "")
    assert packed is None or unpack_time(packed).year != 0
