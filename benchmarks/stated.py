"""Relations that people marked in corpora, as pages with a knowledge base: does the evidence find them?

Each text becomes a page of its own whose marked names are links, and each marked relation a claim. Recall then says how
many stated relations the rules let through: on texts that nobody had before the eyes who wrote the rules. Precision
cannot be told so, since the knowledge base holds little but what is stated.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext
from kg2instruct.align.evidence_table import load_evidence
from kg2instruct.convert import convert
from kg2instruct.records import Article, Example, Lang, Link, Passage, Triple
from kg2instruct.schema import SchemaSet, load_schemas
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store

_CLAIM = {"type": "statement", "rank": "normal"}


class Marked(NamedTuple):
    """A corpus: converter, file below the data folder, language."""

    corpus: str
    file: str
    lang: Lang


CORPORA = (
    Marked("duie2", "ie_zh/duie/duie_dev_part1.jsonl", "zh"),
    Marked("rebel", "ie_en/rebel/sample_part1.jsonl", "en"),
    Marked("fewrel", "ie_en/fewrel/val_wiki_part1.json", "en"),
)


class Page(NamedTuple):
    """A text as a page, with its entities by words, and its claims as (head, property, tail)."""

    article: Article
    entities: dict[str, int]
    claims: list[tuple[int, int, int]]


def pages(examples: Iterable[Example], schemas: SchemaSet, lang: Lang) -> Iterator[Page]:
    """Texts with at least one relation between two named things that the schema knows."""
    for number, example in enumerate(examples, 1):
        qids: dict[str, int] = {}
        claims: list[tuple[int, int, int]] = []
        for triple in example.relation:
            pid = _property(triple, schemas, lang)
            if (
                pid
                and triple.head != triple.tail
                and triple.head_start is not None
                and triple.tail_start is not None
            ):
                ends = [qids.setdefault(x, number * 1000 + len(qids)) for x in (triple.head, triple.tail)]
                claims.append((ends[0], pid, ends[1]))
        if claims:
            about = Counter(triple.head for triple in example.relation if triple.head in qids).most_common(1)[
                0
            ][0]
            yield Page(_article(example, number, qids, about), qids, claims)


def _property(triple: Triple, schemas: SchemaSet, lang: Lang) -> int:
    """The schema's property of a marked relation, by its PID or its name; 0 for none."""
    if triple.property:
        pid = int(triple.property[1:])
        known = schemas.relations.get(pid)
        return pid if known and known.kind == "entity" else 0
    named = schemas.relation_named(triple.relation, lang)
    return named.pid if named and named.kind == "entity" else 0


def _article(example: Example, number: int, qids: dict[str, int], about: str) -> Article:
    taken = [False] * len(example.text)
    links = []
    for words in sorted(qids, key=lambda name: (-len(name), name)):
        start = example.text.find(words)
        while start >= 0:
            if not any(taken[start : start + len(words)]):
                taken[start : start + len(words)] = [True] * len(words)
                links.append(Link(start, start + len(words), f"Q{qids[words]}"))
            start = example.text.find(words, start + len(words))
    passage = Passage(example.text, tuple(sorted(links, key=lambda link: link.start)))
    return Article(number, f"Q{qids[about]}", 1, example.lang, (passage,))


def entity_lines(found: Iterable[Page], lang: Lang) -> Iterator[str]:
    """The entities of pages as lines of a Wikidata dump."""
    for page in found:
        for words, qid in page.entities.items():
            claims: dict[str, list[Any]] = {}
            for head, pid, tail in dict.fromkeys(page.claims):
                if head == qid:
                    value = {"entity-type": "item", "numeric-id": tail, "id": f"Q{tail}"}
                    snak = {
                        "snaktype": "value", "property": f"P{pid}", "datatype": "wikibase-item",
                        "datavalue": {"type": "wikibase-entityid", "value": value},
                    }  # fmt: skip
                    claims.setdefault(f"P{pid}", []).append(_CLAIM | {"mainsnak": snak})
            label = {lang: {"language": lang, "value": words}}
            link = {f"{lang}wiki": {"site": f"{lang}wiki", "title": f"Q{qid}", "badges": []}}
            yield json.dumps(
                {
                    "type": "item",
                    "id": f"Q{qid}",
                    "labels": label,
                    "aliases": {},
                    "claims": claims,
                    "sitelinks": link,
                }
            )


def recall(marked: Marked, data: Path, folder: Path) -> dict[str, tuple[int, int]]:
    """Found and marked relations of a corpus, by the name of the relation; `all` for the sum."""
    schemas = load_schemas()
    found = list(pages(convert(marked.corpus, [data / marked.file]), schemas, marked.lang))
    dump = folder / f"{marked.corpus}.jsonl"
    dump.write_text("\n".join(entity_lines(found, marked.lang)) + "\n", "utf-8")
    build_store([dump], folder / marked.corpus, langs=("zh", "en"))
    context = AlignContext(Store.open(folder / marked.corpus), schemas, load_evidence(), marked.lang)
    tally: dict[str, tuple[int, int]] = {"all": (0, 0)}
    for page in found:
        stated = {
            frozenset((triple.head_qid, triple.tail_qid))
            for example in align_article(page.article, context).examples
            for triple in example.relation
        }
        for head, pid, tail in dict.fromkeys(page.claims):
            hit = frozenset((f"Q{head}", f"Q{tail}")) in stated
            for name in ("all", schemas.relations[pid].name[marked.lang]):
                right, asked = tally.get(name, (0, 0))
                tally[name] = (right + hit, asked + 1)
    return tally
