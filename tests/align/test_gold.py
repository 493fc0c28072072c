"""Scores on hand-marked pages, where they are at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext
from kg2instruct.records import Article, Lang
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import Problems, plan_units, read_pages
from kg2instruct.wiki.link_merge import merge_links, write_part
from kg2instruct.wiki.link_table import LinkTable
from kg2instruct.wiki.links import collect
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store

GOLD = Path(__file__).parents[2] / ".." / "shared" / "gold"


def read_articles(path: Path, lang: Lang) -> list[Article]:
    pages = [page for unit in plan_units([path]) for page in read_pages(unit, Problems())]
    return [
        parse_article(page, lang=lang, options=WikiOptions())
        for page in pages
        if page.ns == 0 and page.redirect is None
    ]


def read_links(path: Path, lang: Lang, folder: Path) -> LinkTable:
    parts = []
    for number, unit in enumerate(plan_units([path])):
        parts.append(folder / f"{number}.links")
        write_part(collect(read_pages(unit, Problems()), lang=lang), parts[-1])
    merge_links(parts, folder / "links")
    return LinkTable.open(folder / "links")


@pytest.mark.parametrize(("lang", "precision", "f1"), [("zh", 0.85, 0.80), ("en", 0.85, 0.75)])
def test_hand_marked_pages_are_aligned_well(
    lang: Lang, precision: float, f1: float, schemas: Any, evidence: Any, tmp_path: Path
) -> None:
    gold = GOLD / lang
    if not gold.is_dir():
        pytest.skip(f"no hand-marked pages in {gold}")
    build_store([gold / "entities.jsonl"], tmp_path / "kb")
    links = read_links(gold / "pages.xml", lang, tmp_path)
    context = AlignContext(Store.open(tmp_path / "kb"), schemas, evidence, lang, links)
    predictions = tmp_path / "predictions.jsonl"
    with predictions.open("w", encoding="utf-8") as out:
        for article in read_articles(gold / "pages.xml", lang):
            for example in align_article(article, context).examples:
                for triple in example.relation:
                    line = {
                        "page": article.title,
                        "passage": example.text,
                        "head": triple.head_qid,
                        "property": triple.property,
                        "tail": triple.tail_qid or triple.tail_value,
                    }
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
    command = [sys.executable, str(GOLD / "score.py"), str(gold), str(predictions), "--json"]
    scores = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    scores = scores["overall"]
    assert scores["precision"] >= precision, scores
    assert scores["f1"] >= f1, scores
