"""Real Wikidata entities, where the folder with them is there."""

from __future__ import annotations

import bz2
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.describe import describe_entity, describe_store
from kg2instruct.wikidata.store import Store

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
DATA = SHARED / "data" / "wikidata"
DUMPS = ("wikibase-dump-filter_entities.json", "opentapioca_part1.json.bz2", "qrank_part1.json.bz2")

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no folder with real Wikidata files")


def entities(path: Path) -> list[dict[str, Any]]:
    data = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()
    lines = (line.strip().rstrip(b",") for line in data.splitlines())
    return [json.loads(line) for line in lines if line.startswith(b"{")]


@needs_data
def test_real_dumps_are_read_as_by_a_naive_reader(naive: Callable[..., Any], tmp_path: Path) -> None:
    paths = [DATA / name for name in DUMPS]
    report = build_store(paths, tmp_path / "kb", keep_all=True)
    store = Store.open(tmp_path / "kb")
    oracle = naive([entity for path in paths for entity in entities(path)])
    assert report.problems == ()
    assert store.stats()["items"] == len(oracle.items)
    for qid in oracle.items:
        assert store.objects(qid) == oracle.objects(qid)
        assert store.incoming(qid) == oracle.incoming(qid)
        for lang in ("zh", "en"):
            assert store.label(qid, lang) == oracle.label(qid, lang)
            assert store.names(qid, lang) == oracle.names(qid, lang)


@needs_data
def test_a_dump_made_faulty_on_purpose_loses_only_what_is_missing(tmp_path: Path) -> None:
    paths = [DATA / "wdtk_sample-dump-20150815.json.gz", DATA / "wdtk_mock-dump-with-bugs.json"]
    stores = []
    for number, path in enumerate(paths):
        report = build_store([path], tmp_path / str(number), keep_all=True)
        assert report.problems == ()
        stores.append(Store.open(tmp_path / str(number)))
    whole, faulty = stores
    assert whole.stats()["items"] == faulty.stats()["items"]
    assert whole.claims(8) == faulty.claims(8)
    assert (whole.datatype(53), faulty.datatype(53)) == ("wikibase-item", "wikibase-item")


@needs_data
def test_answers_of_the_api_are_read(tmp_path: Path) -> None:
    names = ("opentapioca_wbgetentities_response.json", "qwikidata_wd_P279.json", "qwikidata_wd_L3354.json")
    report = build_store([DATA / name for name in names], tmp_path / "kb")
    store = Store.open(tmp_path / "kb")
    assert (store.stats()["properties"], report.counts["read_lexemes"]) == (1, 1)
    assert store.property_label(279, "zh") == "上级分类"
    assert store.label(123, "en") == "September"
    assert store.manifest.dump_date == "2019-03-23"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_gold_entities_are_all_there(lang: str, tmp_path: Path) -> None:
    path = SHARED / "gold" / lang / "entities.jsonl"
    if not path.exists():
        pytest.skip("no gold folder")
    build_store([path], tmp_path / "kb")
    store = Store.open(tmp_path / "kb")
    found = entities(path)
    assert store.stats()["items"] + store.stats()["properties"] == len(found)
    for entity in found:
        for site, link in entity.get("sitelinks", {}).items():
            if site == f"{lang}wiki":
                assert store.find_title(lang, link["title"]) == int(entity["id"][1:])
    description = describe_entity(store, "Q64")
    assert description.classes
    assert description.claim_count == len(store.claims(64))
    assert describe_store(store).bytes > 0
