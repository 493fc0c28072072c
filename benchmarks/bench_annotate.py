"""`python -m benchmarks.bench_annotate`: annotating plain text with a knowledge base of millions of names.

Time to open the store and its dictionary, and characters a CPU second of whole annotation, of finding names alone and
of cutting words with rjieba, on the same text in the same run. Names are made up; the text is the built-in sample's.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import rjieba

from benchmarks.machine import console, describe_machine, print_table
from kg2instruct.annotate import Document, annotate_document
from kg2instruct.lang.fold import fold
from kg2instruct.pipeline.context import text_context
from kg2instruct.sample import sample_paths
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import Problems, plan_units, read_pages
from kg2instruct.wikidata.build import build_store

_FIRST_ID = 300_000_000
_SIGNS = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def entity_lines(count: int, seed: int) -> Iterator[str]:
    """The sample's entities, and made-up ones until there are `count` more names."""
    yield from sample_paths("zh").wikidata.read_text("utf-8").splitlines()
    draw = random.Random(seed)
    for number in range(count):
        name = "".join(draw.choices(_SIGNS, k=draw.randint(3, 7)))
        item = {
            "type": "item",
            "id": f"Q{_FIRST_ID + number}",
            "labels": {"zh": {"language": "zh", "value": name}},
        }
        yield json.dumps(item | {"aliases": {}, "claims": {}, "sitelinks": {}}, ensure_ascii=False)


def texts() -> list[str]:
    """The visible text of the sample's Chinese pages."""
    pages = [
        page for unit in plan_units([sample_paths("zh").wikipedia]) for page in read_pages(unit, Problems())
    ]
    articles = [
        parse_article(p, lang="zh", options=WikiOptions()) for p in pages if p.ns == 0 and p.redirect is None
    ]
    return ["\n".join(passage.text for passage in article.passages) for article in articles]


def rate(work: Callable[[str], object], documents: list[str], seconds: float) -> float:
    """Characters a CPU second; the documents over and over."""
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for text in documents:
            work(text)
            done += len(text)
    return done / (time.process_time() - start)


def main() -> None:
    """Parse the command line, build the store, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_annotate", description=__doc__)
    parser.add_argument("--names", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU time for each measurement")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    console.print(describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        dump, kb = Path(folder) / "entities.jsonl", Path(folder) / "kb"
        with dump.open("w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in entity_lines(options.names, options.seed))
        build_store([dump], kb, langs=("zh",), workers=2)
        start, wall = time.process_time(), time.perf_counter()
        context = text_context("zh", kb)
        opening = time.process_time() - start, time.perf_counter() - wall
        documents = [text for text in texts() if text]
        rates = {
            "annotate": rate(
                lambda t: annotate_document(Document("t", t), context), documents, options.seconds
            ),
            "find names": rate(lambda t: context.dictionary.find(fold(t)), documents, options.seconds),
            "cut words (rjieba)": rate(rjieba.cut, documents, options.seconds),
        }
        print_table(
            f"store with {len(context.dictionary):,} names opened",
            ("", "seconds"),
            [("CPU", f"{opening[0]:.2f}"), ("wall", f"{opening[1]:.2f}")],
            "aim: under 2 s",
        )
        print_table(
            "annotating the sample's pages",
            ("", "characters / CPU s", "of annotate"),
            [(name, f"{found:,.0f}", f"{found / rates['annotate']:.1f}") for name, found in rates.items()],
        )


if __name__ == "__main__":
    main()
