"""A small knowledge base and a page at a time: what alignment makes of a few lines of wikitext."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg2instruct.align.article import AlignedArticle, align_article
from kg2instruct.align.context import AlignContext, NoLinks
from kg2instruct.align.evidence_table import EvidenceTable, load_evidence
from kg2instruct.align.options import AlignOptions
from kg2instruct.records import Article, Example, Lang, Mention, Page, Triple
from kg2instruct.sample import sample_paths
from kg2instruct.schema import SchemaSet, load_schemas
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store

DATA = Path(__file__).parents[1] / "data" / "align"

_TIME = re.compile(r"(-?)(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_QUANTITY = re.compile(r"(-?[\d.]+)/(Q\d+|1)")
_RANKS = {"!": "deprecated", "*": "preferred"}


# --- entities in short, as Wikidata writes them


def statement(pid: str, short: object) -> dict[str, Any]:
    """A statement of a value in short: `Q64`, `1879-03-14`, `891.85/Q712226`, `!Q64` or a text."""
    text = str(short)
    rank = _RANKS.get(text[0], "normal")
    text = text.lstrip("".join(_RANKS))
    datatype, kind, value = _value(text)
    data = {"value": value, "type": kind}
    mainsnak = {"snaktype": "value", "property": pid, "datavalue": data, "datatype": datatype}
    return {"mainsnak": mainsnak, "type": "statement", "rank": rank, "qualifiers": {}}


def _value(text: str) -> tuple[str, str, Any]:
    if re.fullmatch(r"Q\d+", text):
        number = int(text[1:])
        return (
            "wikibase-item",
            "wikibase-entityid",
            {"entity-type": "item", "numeric-id": number, "id": text},
        )
    if match := _TIME.fullmatch(text):
        sign, year, month, day = match.groups()
        time = f"{sign or '+'}{year}-{month or '00'}-{day or '00'}T00:00:00Z"
        precision = 11 if day else 10 if month else 9
        calendar = "http://www.wikidata.org/entity/Q1985727"
        zeros = {"timezone": 0, "before": 0, "after": 0}
        return "time", "time", {"time": time, "precision": precision, "calendarmodel": calendar, **zeros}
    if match := _QUANTITY.fullmatch(text):
        unit = "1" if match[2] == "1" else f"http://www.wikidata.org/entity/{match[2]}"
        return "quantity", "quantity", {"amount": f"+{match[1]}", "unit": unit}
    return "string", "string", text


def entity(qid: str, short: Mapping[str, Any]) -> dict[str, Any]:
    """An item of entities.yaml as a line of a dump; see the head of that file."""
    labels, aliases, links = {}, {}, {}
    for lang in ("zh", "en"):
        names = [name.strip() for name in str(short.get(lang, "")).split("|") if name.strip()]
        if names:
            labels[lang] = {"language": lang, "value": names[0]}
            aliases[lang] = [{"language": lang, "value": name} for name in names[1:]]
            title = short.get("wiki", {}).get(lang, names[0])
            links[f"{lang}wiki"] = {"site": f"{lang}wiki", "title": title}
    for number in range(short.get("sites", 0)):
        links[f"w{number}wiki"] = {"site": f"w{number}wiki", "title": qid}
    claims: dict[str, list[dict[str, Any]]] = {}
    for key, values in short.items():
        pid = {"is": "P31", "under": "P279"}.get(key, key)
        if re.fullmatch(r"P\d+", pid):
            listed = values if isinstance(values, list) else [values]
            claims[pid] = [statement(pid, value) for value in listed]
    return {
        "type": "item",
        "id": qid,
        "labels": labels,
        "aliases": aliases,
        "sitelinks": links,
        "claims": claims,
    }


def read_entities(path: Path) -> list[dict[str, Any]]:
    """The entities of a file in short."""
    short = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return [entity(qid, {**fields, "sites": int(fields.get("sites", 0))}) for qid, fields in short.items()]


def make_store(entities: Sequence[Mapping[str, Any]], folder: Path) -> Store:
    """A store of these entities in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    dump = folder / "entities.jsonl"
    dump.write_text("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entities), encoding="utf-8")
    build_store([dump], folder / "kb")
    return Store.open(folder / "kb")


# --- what alignment is asked


@dataclass(frozen=True)
class Links:
    """Redirects and anchor counts as a dump would give them."""

    redirects: Mapping[str, str]
    anchors: Mapping[str, Mapping[str, int]]

    def resolve(self, title: str) -> str:
        return self.redirects.get(title, title)

    def commonness(self, surface: str) -> Sequence[tuple[str, int]]:
        return tuple(self.anchors.get(surface, {}).items())


@dataclass(frozen=True)
class Aligned:
    """What came of a page: its examples, and what was counted."""

    examples: Sequence[Example]
    counts: Counter[str]

    @property
    def triples(self) -> list[Triple]:
        return [triple for example in self.examples for triple in example.relation]

    @property
    def mentions(self) -> list[Mention]:
        return [mention for example in self.examples for mention in example.entity]

    @property
    def facts(self) -> list[str]:
        """The triples as `head | P | tail`, ends as the text has them."""
        return [f"{t.head} | {t.property} | {t.tail}" for t in self.triples]

    @property
    def claims(self) -> list[str]:
        """The triples as `Q | P | Q or value`."""
        return [f"{t.head_qid} | {t.property} | {t.tail_qid or t.tail_value}" for t in self.triples]


class Aligner:
    """Aligns pages with one store."""

    def __init__(self, store: Store, schemas: SchemaSet, evidence: EvidenceTable) -> None:
        self.store, self.schemas, self.evidence = store, schemas, evidence

    def context(self, lang: Lang, *, links: Links | None = None, **options: Any) -> AlignContext:
        return AlignContext(
            store=self.store,
            schemas=self.schemas,
            evidence=self.evidence,
            lang=lang,
            links=links or NoLinks(),
            options=AlignOptions(**options),
        )

    def article(self, lang: Lang, title: str, wikitext: str) -> Article:
        page = Page(id=1, title=title, ns=0, revision=2, text=wikitext)
        return parse_article(page, lang=lang, options=WikiOptions())

    def __call__(
        self,
        lang: Lang,
        title: str,
        wikitext: str,
        *,
        redirects: Mapping[str, str] | None = None,
        anchors: Mapping[str, Mapping[str, int]] | None = None,
        **options: Any,
    ) -> Aligned:
        """Align one page; `redirects` and `anchors` stand for the links of a dump."""
        context = self.context(lang, links=Links(redirects or {}, anchors or {}), **options)
        found: AlignedArticle = align_article(self.article(lang, title, wikitext), context)
        return Aligned(found.examples, found.counts)


@pytest.fixture(scope="session")
def schemas() -> SchemaSet:
    return load_schemas(None)


@pytest.fixture(scope="session")
def evidence() -> EvidenceTable:
    return load_evidence()


@pytest.fixture(scope="session")
def entities() -> list[dict[str, Any]]:
    return read_entities(DATA / "entities.yaml")


@pytest.fixture(scope="session")
def align(
    entities: list[dict[str, Any]],
    schemas: SchemaSet,
    evidence: EvidenceTable,
    tmp_path_factory: pytest.TempPathFactory,
) -> Aligner:
    """Aligns a page with the small knowledge base: `align("zh", "柏林", "'''柏林'''是[[德国]]首都。")`."""
    store = make_store(entities, tmp_path_factory.mktemp("small"))
    return Aligner(store, schemas, evidence)


@pytest.fixture(scope="session")
def make_aligner(
    schemas: SchemaSet, evidence: EvidenceTable
) -> Callable[[Sequence[Mapping[str, Any]], Path], Aligner]:
    """Makes an aligner with a store of its own entities in a folder."""
    return lambda entities, folder: Aligner(make_store(entities, folder), schemas, evidence)


@pytest.fixture(scope="session")
def sample_aligner(
    schemas: SchemaSet, evidence: EvidenceTable, tmp_path_factory: pytest.TempPathFactory
) -> Aligner:
    """Aligns with the knowledge base of the built-in sample."""
    folder = tmp_path_factory.mktemp("sample")
    build_store([sample_paths("zh").wikidata], folder / "kb")
    return Aligner(Store.open(folder / "kb"), schemas, evidence)
