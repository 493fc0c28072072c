"""`python -m benchmarks.bench_quality`: what each rule of the alignment brings, on hand-marked pages.

    rules       precision, recall and F1 without one rule at a time, and without other means
    corpora     how many relations that people marked in other texts the evidence lets through

Gold sets and corpora are looked for in --gold and --data (beside the project by default); what is missing is left out.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.machine import console, print_table
from benchmarks.stated import CORPORA, recall
from kg2instruct.align import rules
from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext, NoLinks
from kg2instruct.align.evidence_table import EvidenceTable, load_evidence
from kg2instruct.evaluate.alignment import Figures, GoldClaim, score_triples, triples_of
from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Article, Lang
from kg2instruct.schema import load_schemas
from kg2instruct.wiki.article import WikiOptions, parse_article
from kg2instruct.wiki.dump import Problems, plan_units, read_pages
from kg2instruct.wiki.link_merge import merge_links, write_part
from kg2instruct.wiki.link_table import LinkTable
from kg2instruct.wiki.links import collect
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store

_SHARED = Path(__file__).resolve().parents[2] / "shared"
_LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True)
class GoldSet:
    """A gold set ready to be aligned again and again."""

    lang: Lang
    articles: list[Article]
    claims: list[GoldClaim]
    context: AlignContext

    def score(self, context: AlignContext | None = None) -> Figures:
        """Figures of an alignment of all pages."""
        context = context or self.context
        examples = (e for article in self.articles for e in align_article(article, context).examples)
        return score_triples(self.claims, triples_of(examples)).figures["overall"]


def read_gold_set(folder: Path, lang: Lang, work: Path) -> GoldSet:
    """Build the store and link table of a gold set in `work`, and parse its pages."""
    build_store([folder / "entities.jsonl"], work / "kb", langs=("zh", "en"))
    units = list(plan_units([folder / "pages.xml"]))
    for number, unit in enumerate(units):
        write_part(collect(read_pages(unit, Problems()), lang=lang), work / f"{number}.links")
    merge_links(sorted(work.glob("*.links")), work / "links")
    pages = [page for unit in units for page in read_pages(unit, Problems())]
    articles = [
        parse_article(page, lang=lang, options=WikiOptions())
        for page in pages
        if page.ns == 0 and page.redirect is None
    ]
    context = AlignContext(
        Store.open(work / "kb"), load_schemas(), load_evidence(), lang, LinkTable.open(work / "links")
    )
    return GoldSet(lang, articles, list(read_jsonl(folder / "gold.jsonl", GoldClaim)), context)


@contextmanager
def without(rule: rules.Rule) -> Iterator[None]:
    """Align without one of the rules."""
    kept = rules.RULES
    rules.RULES = tuple(other for other in kept if other is not rule)
    try:
        yield
    finally:
        rules.RULES = kept


def ablate(gold: GoldSet) -> dict[str, Figures]:
    """Figures of the whole, without each rule, and without other means."""
    found = {"all": gold.score()}
    for rule in rules.RULES:
        with without(rule):
            found[f"without rule: {rule.__name__.replace('_', ' ')}"] = gold.score(replace(gold.context))
    context, evidence = gold.context, gold.context.evidence
    variants: dict[str, Callable[[], AlignContext]] = {
        "without the understood subject": lambda: replace(
            context, options=replace(context.options, implied_subject=False)
        ),
        "without link counts and redirects": lambda: replace(context, links=NoLinks()),
        "without learned words": lambda: replace(context, evidence=EvidenceTable(evidence.entries)),
        "without evidence files, triggers only": lambda: replace(context, evidence=EvidenceTable({})),
    }
    return found | {name: gold.score(make()) for name, make in variants.items()}


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--gold", type=Path, default=_SHARED / "gold", help="folder with zh/ and en/ gold sets"
    )
    parser.add_argument("--data", type=Path, default=_SHARED / "data", help="folder with the corpora")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for lang in _LANGS:
            if (options.gold / lang).is_dir():
                work = Path(folder) / lang
                work.mkdir()
                _print_ablation(lang, ablate(read_gold_set(options.gold / lang, lang, work)))
            else:
                console.print(f"no gold set in {options.gold / lang}")
        for marked in CORPORA:
            if (options.data / marked.file).exists():
                tally = recall(marked, options.data, Path(folder))
                _print_recall(marked.corpus, tally)


def _print_ablation(lang: str, found: dict[str, Figures]) -> None:
    whole = found["all"]
    rows = [
        (name, f"{f.precision:.3f}", f"{f.recall:.3f}", f"{f.f1:.3f}", f"{f.f1 - whole.f1:+.3f}")
        for name, f in found.items()
    ]
    print_table(f"gold {lang}: {whole.gold} claims", ("", "precision", "recall", "F1", "ΔF1"), rows)


def _print_recall(corpus: str, tally: dict[str, tuple[int, int]]) -> None:
    ranked = sorted(tally.items(), key=lambda item: (-item[1][1], item[0]))[:12]
    rows = [(name, str(right), str(asked), f"{right / asked:.2f}") for name, (right, asked) in ranked]
    print_table(f"{corpus}: marked relations found", ("relation", "found", "marked", "recall"), rows)


if __name__ == "__main__":
    main()
