"""Entities as dump JSON, stores built of them, and a naive reader to hold the store against."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.lang.demonyms import demonyms
from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store

Entity = dict[str, Any]
SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"


def snak(property_id: str, value: Any, datatype: str = "wikibase-item") -> Entity:
    kinds = {"wikibase-item": "wikibase-entityid", "wikibase-property": "wikibase-entityid"}
    kinds |= {"time": "time", "quantity": "quantity", "monolingualtext": "monolingualtext"}
    data = {"value": value, "type": kinds.get(datatype, "string")}
    return {"snaktype": "value", "property": property_id, "datavalue": data, "datatype": datatype}


def statement(property_id: str, value: Any, datatype: str = "wikibase-item", rank: str = "normal") -> Entity:
    """A statement; an int is an item's number."""
    if isinstance(value, int):
        value = {"entity-type": "item", "numeric-id": value, "id": f"Q{value}"}
    return {"mainsnak": snak(property_id, value, datatype), "type": "statement", "rank": rank}


def entity(id: str, labels: dict[str, str] | None = None, **fields: Any) -> Entity:
    """An item or property; `aliases` by language, `links` by site, `statements` as a list."""
    terms = {lang: {"language": lang, "value": text} for lang, text in (labels or {}).items()}
    aliases = {
        lang: [{"language": lang, "value": text} for text in texts]
        for lang, texts in fields.pop("aliases", {}).items()
    }
    links = {site: {"site": site, "title": title} for site, title in fields.pop("links", {}).items()}
    claims: dict[str, list[Entity]] = defaultdict(list)
    for claim in fields.pop("statements", []):
        claims[claim["mainsnak"]["property"]].append(claim)
    kind = "item" if id.startswith("Q") else "property"
    found = {"type": kind, "id": id, "labels": terms, "aliases": aliases, "claims": dict(claims)}
    if kind == "item":
        found["sitelinks"] = links
    return found | fields


def dump(entities: list[Entity]) -> bytes:
    return (
        b"[\n" + b",\n".join(json.dumps(found, ensure_ascii=False).encode() for found in entities) + b"\n]\n"
    )


class Wikidata:
    """Makes entities, files and stores in a folder of the test."""

    entity = staticmethod(entity)
    statement = staticmethod(statement)
    snak = staticmethod(snak)
    dump = staticmethod(dump)
    shared = SHARED

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, content: bytes, name: str = "dump.json") -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def store(self, *entities: Entity, **options: Any) -> Store:
        """A store of these entities."""
        build_store([self.file(dump(list(entities)))], self.folder / "kb", **options)
        return Store.open(self.folder / "kb")


@pytest.fixture
def wikidata(tmp_path: Path) -> Wikidata:
    return Wikidata(tmp_path)


ZH = ("zh-hans", "zh-cn", "zh-sg", "zh-my", "zh", "zh-hant", "zh-tw", "zh-hk", "zh-mo", "mul")
EN = ("en", "mul", "en-us", "en-gb", "en-ca")


class NaiveStore:
    """The look-ups of a store over a plain dictionary of entities, without any thought for speed."""

    def __init__(self, entities: list[Entity]) -> None:
        newest: dict[str, tuple[Any, Entity]] = {}
        for order, found in enumerate(entities):
            age = (found.get("lastrevid", 0), found.get("modified", ""), order)
            if found["id"] not in newest or age > newest[found["id"]][0]:
                newest[found["id"]] = age, found
        self.items = {int(i[1:]): e for i, (_, e) in newest.items() if i.startswith("Q")}

    def names(self, qid: int, lang: str) -> tuple[str, ...]:
        found, chain = self.items[qid], ZH if lang == "zh" else EN
        every = [found["labels"][code]["value"] for code in chain if code in found["labels"]]
        every += [term["value"] for code in chain for term in found["aliases"].get(code, [])]
        every += demonyms(lang).get(qid, ())
        once = {fold(clean): clean for name in reversed(every) if (clean := " ".join(name.split()))}
        return tuple(sorted(once.values(), key=[" ".join(name.split()) for name in every].index))

    def label(self, qid: int, lang: str) -> str | None:
        labels = self.items[qid]["labels"]
        chain = [code for code in (ZH if lang == "zh" else EN) if code in labels]
        clean = (" ".join(labels[code]["value"].split()) for code in chain)
        return next(filter(None, clean), None)

    def objects(self, qid: int) -> tuple[int, ...]:
        return tuple(sorted({value for _, value in self.edges(qid)}))

    def edges(self, qid: int) -> set[tuple[int, int]]:
        return {
            (int(pid[1:]), claim["mainsnak"]["datavalue"]["value"]["numeric-id"])
            for pid, group in self.items[qid]["claims"].items()
            for claim in group
            if claim["rank"] != "deprecated"
            and "datavalue" in claim["mainsnak"]
            and claim["mainsnak"].get("datatype") == "wikibase-item"
        }

    def find_name(self, lang: str, surface: str) -> tuple[int, ...]:
        hits = [q for q in self.items if fold(surface) in map(fold, self.names(q, lang))]
        return tuple(sorted(hits, key=lambda q: (-len(self.items[q]["sitelinks"]), q)))

    def incoming(self, qid: int) -> tuple[tuple[int, int], ...]:
        return tuple(sorted((s, pid) for s in self.items for pid, value in self.edges(s) if value == qid))

    def ancestors(self, qid: int) -> frozenset[int]:
        above = {qid}
        while True:
            more = {v for q in above & self.items.keys() for pid, v in self.edges(q) if pid == 279} - above
            if not more:
                return frozenset(above)
            above |= more


@pytest.fixture
def naive() -> Callable[[list[Entity]], NaiveStore]:
    return NaiveStore
