"""The input of the measurements: exports, entities and a store, made once from the sample and kept in a folder."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from benchmarks.entities import EntityMolds, names_of, own_items
from benchmarks.linked import link_entities
from benchmarks.molds import Change, Names, TextMold
from kg2instruct.records import Lang, Page
from kg2instruct.sample import sample_paths
from kg2instruct.wiki.dump import Problems, plan_units, read_pages
from kg2instruct.wikidata.build import build_store

LANGS: tuple[Lang, ...] = ("zh", "en")
_HERE = Path(__file__).resolve().parent
_MORE = _HERE.parent.parent / "shared" / "data"
MORE_PAGES = {
    "zh": _MORE / "zhwiki" / "zhwiki_assembled.xml",
    "en": _MORE / "enwiki" / "dbpedia_minidump_en.xml.bz2",
}
"""Real pages that are used too where they lie beside the project."""

# Shares of the wikitext: pages of the sample and of MORE_PAGES, which are longer.
_SHARES = {"zh": (0.45, 0.15), "en": (0.2, 0.2)}
_OFFSETS = {"zh": 500_000_000, "en": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Corpus:
    """Where the input lies, and what it holds."""

    folder: Path
    facts: dict[str, Any]

    def export(self, lang: str) -> Path:
        """The MediaWiki export of a language."""
        return self.folder / f"{lang}wiki.xml"

    @property
    def kb(self) -> Path:
        """The store."""
        return self.folder / "kb"


def corpus(cache: Path, megabytes: float, seed: int, tell: Callable[[str], None]) -> Corpus:
    """The input of so many MB of wikitext; made now unless the cache has it."""
    sources = [*sorted(_HERE.glob("*.py")), *(path for lang in LANGS for path in sample_paths(lang))]
    makers = [path for path in sources if path.stem in ("corpus", "entities", "linked", "molds")]
    key = hashlib.sha256(f"{megabytes} {seed}".encode())
    for path in makers + [path for path in sources if path.parent != _HERE]:
        key.update(path.read_bytes())
    key.update(repr(sorted(str(path) for path in MORE_PAGES.values() if path.exists())).encode())
    folder = cache / f"corpus-{megabytes:g}mb-{key.hexdigest()[:12]}"
    facts = folder / "facts.json"
    if not facts.exists():
        tell(f"making {megabytes:g} MB of pages and their entities in {folder} …")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        made = _make(folder, megabytes * 1e6, seed)
        build_store([folder / "entities.jsonl"], folder / "kb", langs=LANGS)
        facts.write_text(json.dumps(made))
    return Corpus(folder, json.loads(facts.read_text()))


def pages_of(export: Path) -> Iterator[Page]:
    """All pages of an export."""
    for unit in plan_units([export]):
        yield from read_pages(unit, Problems())


@dataclass(frozen=True, slots=True)
class _Mold:
    page: Page
    text: TextMold


def _make(folder: Path, size: float, seed: int) -> dict[str, Any]:
    lines = sample_paths("zh").wikidata.read_bytes().splitlines()
    entities = [msgspec.json.decode(line.rstrip(b",")) for line in lines if line.startswith(b"{")]
    pages = {lang: list(pages_of(sample_paths(lang).wikipedia)) for lang in LANGS}
    own = own_items(entities, {page.title for lang in LANGS for page in pages[lang]})
    names = Names(n for e in entities if e["type"] == "item" and int(e["id"][1:]) in own for n in names_of(e))
    facts: dict[str, Any] = {"entities": 0}
    with (folder / "entities.jsonl").open("wb") as out:
        molds = EntityMolds(entities, own, names)
        copies = 0
        for lang in LANGS:
            share = sum(_SHARES[lang]) if not MORE_PAGES[lang].exists() else _SHARES[lang][0]
            made = _write_pages(folder, lang, pages[lang], names, share * size, seed)
            copies = max(copies, made["copies"])
            facts[lang] = {"sample": made}
        facts["entities"] += _write_entities(out, molds, names, copies, seed)
        known = {name for entity in entities for name in names_of(entity)}
        for lang in LANGS:
            if MORE_PAGES[lang].exists():
                more = [page for page in pages_of(MORE_PAGES[lang]) if page.ns == 0]
                linked = link_entities(more, lang, seed, known)
                own = own_items(linked, {page.title for page in more})
                names = Names(n for e in linked if int(e["id"][1:]) in own for n in names_of(e))
                made = _write_pages(folder, lang, more, names, _SHARES[lang][1] * size, seed + 1)
                molds = EntityMolds(linked, own, names, _OFFSETS[lang])
                facts["entities"] += _write_entities(out, molds, names, made["copies"], seed + 1)
                facts[lang]["more"] = made
            with (folder / f"{lang}wiki.xml").open("a", encoding="utf-8") as export:
                export.write("</mediawiki>\n")
        facts["json"] = out.tell()
    return facts


def _write_entities(out: IO[bytes], molds: EntityMolds, names: Names, copies: int, seed: int) -> int:
    count = 0
    parts = itertools.chain([molds.shared()], (molds.lines(Change(k, names, seed)) for k in range(copies)))
    for lines in parts:
        for line in lines:
            out.write(line)
            count += 1
    return count


def _write_pages(
    folder: Path, lang: str, pages: Sequence[Page], names: Names, size: float, seed: int
) -> dict[str, Any]:
    """Append copies of pages to the export, begun with the sample's header, up to `size` bytes of wikitext."""
    export = folder / f"{lang}wiki.xml"
    molds = [_Mold(page, TextMold.of(page.text, names, lang)) for page in pages]
    titles = {page: names.cut(page.title) for page in pages}
    written = count = copies = 0
    with export.open("a", encoding="utf-8") as out:
        if out.tell() == 0:
            out.write(sample_paths(lang).wikipedia.read_text("utf-8").partition("  <page>")[0])
        while written < size:
            change = Change(copies, names, seed)
            for mold in molds:
                text = mold.text.cast(change)
                number = copies * len(molds) + count % len(molds) + (seed % 2) * 50_000_000 + 1
                target = change.put(names.cut(mold.page.redirect)) if mold.page.redirect else None
                out.write(_page_xml(mold.page, change.put(titles[mold.page]), number, text, target))
                written, count = written + len(text.encode()), count + 1
            copies += 1
    return {"copies": copies, "pages": count, "bytes": written}


def _page_xml(page: Page, title: str, number: int, text: str, target: str | None) -> str:
    redirect = f"<redirect title={quoteattr(target)} />" if target else ""
    return (
        f"  <page><title>{escape(title)}</title><ns>{page.ns}</ns><id>{number}</id>{redirect}\n"
        f"    <revision><id>{number}</id><model>wikitext</model><format>text/x-wiki</format>\n"
        f'      <text bytes="{len(text.encode())}" xml:space="preserve">{escape(text)}</text></revision></page>\n'
    )
