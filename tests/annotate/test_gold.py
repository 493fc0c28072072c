"""How much of what links tell is found without them, on hand-marked pages, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from kg2instruct.align.article import align_article
from kg2instruct.annotate import Document, annotate_document
from kg2instruct.evaluate.alignment import GoldClaim, score_triples, triples_of
from kg2instruct.jsonl import read_jsonl
from kg2instruct.pipeline.context import text_context
from kg2instruct.records import Article, Example, Lang, PageRef
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import Problems, plan_units, read_pages
from kg2instruct.wikidata.build import build_store

GOLD = Path(__file__).parents[2] / ".." / "shared" / "gold"


def articles(path: Path, lang: Lang) -> list[Article]:
    pages = [page for unit in plan_units([path]) for page in read_pages(unit, Problems())]
    plain = [page for page in pages if page.ns == 0 and page.redirect is None]
    return [parse_article(page, lang=lang, options=WikiOptions()) for page in plain]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_links_most_is_still_found(lang: Lang, tmp_path: Path) -> None:
    gold = GOLD / lang
    if not gold.is_dir():
        pytest.skip(f"no hand-marked pages in {gold}")
    build_store([gold / "entities.jsonl"], tmp_path / "kb")
    context = text_context(lang, tmp_path / "kb")
    linked: list[Example] = []
    plain: list[Example] = []
    for article in articles(gold / "pages.xml", lang):
        linked += align_article(article, context).examples
        text = "\n".join(passage.text for passage in article.passages)
        page = PageRef(article.title, article.id, article.revision)
        plain += [replace(e, page=page) for e in annotate_document(Document("", text), context).examples]
    claims = list(read_jsonl(gold / "gold.jsonl", GoldClaim))
    with_links = score_triples(claims, triples_of(linked)).figures["overall"]
    without = score_triples(claims, triples_of(plain)).figures["overall"]
    assert without.f1 >= 0.8 * with_links.f1
    assert without.precision >= 0.85
