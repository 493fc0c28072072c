"""The built-in sample, aligned: what has to be found, what must not be, and what holds for all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg2instruct.align.article import AlignedArticle, align_article
from kg2instruct.records import Lang
from kg2instruct.sample import sample_paths
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import Problems, plan_units, read_pages

Pages = dict[Lang, dict[str, AlignedArticle]]

TABLE: dict[Lang, dict[str, dict[str, list[str]]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "align" / "sample.yaml").read_text(encoding="utf-8")
)
ROWS = [
    pytest.param(lang, kind, page, id=f"{lang}: {page}: {kind}")
    for lang, kinds in TABLE.items()
    for kind, pages in kinds.items()
    for page in pages
]


@pytest.fixture(scope="module")
def pages(sample_aligner: Any) -> Pages:
    """All pages of the sample, aligned, by language and title."""
    found: Pages = {"zh": {}, "en": {}}
    for lang, aligned in found.items():
        context = sample_aligner.context(lang)
        for unit in plan_units([sample_paths(lang).wikipedia]):
            for page in read_pages(unit, Problems()):
                article = parse_article(page, lang=lang, options=WikiOptions())
                if page.ns == 0 and page.redirect is None and not article.disambiguation:
                    aligned[page.title] = align_article(article, context)
    return found


@pytest.mark.parametrize(("lang", "kind", "page"), ROWS)
def test_a_page_of_the_sample_states(pages: Pages, lang: Lang, kind: str, page: str) -> None:
    facts = {
        f"{triple.head} | {triple.property} | {triple.tail}"
        for example in pages[lang][page].examples
        for triple in example.relation
    }
    listed = set(TABLE[lang][kind][page])
    if kind == "found":
        assert not listed - facts, sorted(facts)
    else:
        assert not listed & facts


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_tables_are_long_enough_to_say_something(lang: Lang) -> None:
    assert sum(map(len, TABLE[lang]["found"].values())) >= 40
    assert sum(map(len, TABLE[lang]["not found"].values())) >= 18


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_spans_of_the_sample_hold_what_they_say(pages: Pages, lang: Lang) -> None:
    for aligned in pages[lang].values():
        for example in aligned.examples:
            ends = [(m.start, m.entity) for m in example.entity]
            ends += [(t.head_start, t.head) for t in example.relation]
            ends += [(t.tail_start, t.tail) for t in example.relation]
            for start, words in ends:
                assert words
                assert start is None or example.text[start : start + len(words)] == words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_ends_of_triples_are_mentions(pages: Pages, lang: Lang) -> None:
    for aligned in pages[lang].values():
        for example in aligned.examples:
            known = {(mention.start, mention.entity) for mention in example.entity}
            for triple in example.relation:
                for end in ((triple.head_start, triple.head), (triple.tail_start, triple.tail)):
                    assert end[0] is None or end in known, (end, triple)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_of_the_sample_do_not_overlap(pages: Pages, lang: Lang) -> None:
    for aligned in pages[lang].values():
        for example in aligned.examples:
            taken: set[int] = set()
            for mention in example.entity:
                if mention.via != "value" and mention.start is not None and mention.end is not None:
                    span = set(range(mention.start, mention.end))
                    assert not span & taken, mention
                    taken |= span


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_fact_of_the_sample_stands_once_in_a_passage(pages: Pages, lang: Lang) -> None:
    for aligned in pages[lang].values():
        for example in aligned.examples:
            facts = Counter((t.head_qid, t.property, t.tail_qid or t.tail_value) for t in example.relation)
            assert set(facts.values()) <= {1}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_types_of_the_sample_fit_its_relations(pages: Pages, lang: Lang, sample_aligner: Any) -> None:
    context, schemas = sample_aligner.context(lang), sample_aligner.schemas
    for aligned in pages[lang].values():
        for example in aligned.examples:
            for triple in example.relation:
                assert triple.head_qid
                assert triple.property
                head = context.entity_type(int(triple.head_qid[1:]))
                tail = context.entity_type(int(triple.tail_qid[1:])) if triple.tail_qid else None
                assert schemas.types_allowed(int(triple.property[1:]), head, tail), triple


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_seen_is_kept_or_counted_as_dropped(pages: Pages, lang: Lang) -> None:
    totals: Counter[str] = sum((aligned.counts for aligned in pages[lang].values()), Counter())
    dropped = sum(number for name, number in totals.items() if name.startswith("dropped: "))
    assert totals["candidates"] == totals["triples"] + dropped
    assert totals["triples"] == sum(len(e.relation) for a in pages[lang].values() for e in a.examples)
    assert totals["pages"] == len(pages[lang])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sample_speaks_of_many_relations_and_all_its_topics(pages: Pages, lang: Lang) -> None:
    examples = [example for aligned in pages[lang].values() for example in aligned.examples]
    relations = {triple.property for example in examples for triple in example.relation}
    by_topic: defaultdict[str | None, int] = defaultdict(int)
    for example in examples:
        by_topic[example.cate] += len(example.relation)
    assert len(relations) >= 50
    assert len([topic for topic, number in by_topic.items() if topic and number]) == 12


# --- nothing depends on the order in which Python looks at sets

_PROGRAM = """
import sys
from pathlib import Path
from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext
from kg2instruct.align.evidence_table import load_evidence
from kg2instruct.jsonl import encode
from kg2instruct.sample import sample_paths
from kg2instruct.schema import load_schemas
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import Problems, plan_units, read_pages
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store

folder = Path(sys.argv[1])
build_store([sample_paths("zh").wikidata], folder)
for lang in ("zh", "en"):
    context = AlignContext(Store.open(folder), load_schemas(None), load_evidence(), lang)
    for unit in plan_units([sample_paths(lang).wikipedia]):
        for page in read_pages(unit, Problems()):
            aligned = align_article(parse_article(page, lang=lang, options=WikiOptions()), context)
            for example in aligned.examples:
                sys.stdout.buffer.write(encode(example))
            print(list(aligned.counts.items()))
            sys.stdout.flush()
"""


def test_hash_seeds_change_no_byte(tmp_path: Path) -> None:
    outputs = []
    for seed in ("0", "4711"):
        command = [sys.executable, "-c", _PROGRAM, str(tmp_path / seed)]
        done = subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        outputs.append(done.stdout)
    assert len(outputs[0]) > 100_000
    assert outputs[0] == outputs[1]
