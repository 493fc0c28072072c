"""A page of a finished build, read and aligned again: what `kg2instruct explain` needs is kept in the folder.

explain/LANG/pages.jsonl    the page ids of each unit of the dump
explain/LANG/links/         redirects and link counts of the dump
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from kg2instruct.align.context import AlignContext
from kg2instruct.config import BuildConfig, read_config
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import encode, open_binary, read_jsonl, write_jsonl
from kg2instruct.pipeline.context import page_context
from kg2instruct.pipeline.folder import MANIFEST, read_json
from kg2instruct.pipeline.gathering import PAGES
from kg2instruct.pipeline.identity import checksum, program
from kg2instruct.pipeline.inputs import STDIN, Inputs, find_inputs, is_pipe, page_units
from kg2instruct.pipeline.results import Results
from kg2instruct.pipeline.stages import NOTES
from kg2instruct.records import Example, Lang, Page
from kg2instruct.report.explained import Explanation
from kg2instruct.report.sample import UnitNotes, read_notes
from kg2instruct.report.trace import trace
from kg2instruct.storage import is_remote, local
from kg2instruct.wiki.article import parse_article
from kg2instruct.wiki.dump import Problems, read_pages
from kg2instruct.wiki.templates import TemplateTable

EXPLAIN = "explain"
_ID = re.compile(r"(zh|en)wiki-(\d+)-(\d+)-(\d+)(?:-\w+-\d+)?")


def keep_for_explaining(results: Results, work: Path, out: Path) -> None:
    """Keep the link tables and the places of pages of a finished build."""
    for lang, report in results.aligned.items():
        folder = out / EXPLAIN / lang
        spans = (dataclasses.replace(read_notes(part), sample=[]) for part in report.outputs(NOTES))
        write_jsonl(folder / "pages.jsonl", spans)
        links = work / f"links-{lang}"
        if links.is_dir():
            shutil.rmtree(folder / "links", ignore_errors=True)
            shutil.move(links, folder / "links")


def explain(
    out: Path,
    record_id: str,
    *,
    wikipedia: Sequence[str] = (),
    kb: Path | None = None,
    schemas: str = "",
    wiki_templates: str = "",
) -> Explanation:
    """Tell why a record of a build is as it is; the other arguments say where inputs are now.

    `record_id` may also be that of a row, or of a passage that was left out. Raises InputError when the folder holds no
    finished build, inputs are gone or have changed, or there is no such page or passage.
    """
    found = _ID.fullmatch(record_id)
    if found is None:
        raise ConfigError(
            f"{record_id!r} is no id of a record of Wikipedia; expected one like zhwiki-3472-67692780-4"
        )
    lang, page_id, revision, number = cast("Lang", found[1]), int(found[2]), int(found[3]), int(found[4])
    moved = {"wikipedia": list(wikipedia), "schemas": schemas, "wiki_templates": wiki_templates}
    build = _Finished.open(out, {name: place for name, place in moved.items() if place}, kb)
    page, file = build.page(lang, page_id)
    if page.revision != revision:
        raise InputError(f"{file}: has page {page_id} in revision {page.revision}, not {revision}")
    config = build.config
    options = config.wiki
    if config.wiki_templates:
        table = TemplateTable.load(lang, local(config.wiki_templates))
        options = dataclasses.replace(options, templates=table)
    article = parse_article(page, lang=lang, options=options)
    if number >= len(article.passages):
        raise InputError(f"{page.title}: has {len(article.passages)} passages; their numbers begin with 0")
    explanation = trace(article, number, build.context(lang), source=file)
    return dataclasses.replace(explanation, differs=build.difference(explanation))


@dataclass(frozen=True, slots=True)
class _Finished:
    """A finished build and its inputs, with the knowledge base as it is found now."""

    out: Path
    config: BuildConfig
    inputs: Inputs
    kb: Path
    program: str

    @classmethod
    def open(cls, out: Path, moved: Mapping[str, Any], kb: Path | None) -> _Finished:
        """The build in a folder; `moved` has options of its configuration that are other paths now."""
        manifest = read_json(out / MANIFEST)
        if manifest is None or not (out / EXPLAIN).is_dir():
            raise InputError(f"{out}: holds no finished build; name the --out folder of `build` or `align`")
        config = read_config(out / "config.yaml", moved)
        _check_tables(config)
        store = kb or (local(config.kb) if config.kb else out / "kb")
        if not store.exists():
            raise InputError(f"{store}: the knowledge base is not there any more; name where it is with --kb")
        if config.titles:
            inputs = _kept_pages(config, out)
        else:
            inputs = _find(
                dataclasses.replace(config, kb=str(store), wikidata=()) if config.wikipedia else config
            )
            _check_unchanged(inputs, manifest["identity"])
        return cls(out, config, inputs, store, manifest["identity"]["program"])

    def page(self, lang: Lang, page_id: int) -> tuple[Page, str]:
        """A page, and the file that it is in."""
        if lang not in self.inputs.pages:
            raise InputError(
                f"{self.out}: was built of pages in {', '.join(self.inputs.pages)}, not in {lang}"
            )
        spans = read_jsonl(self.out / EXPLAIN / lang / "pages.jsonl", UnitNotes)
        units = {span.unit for span in spans if span.low <= page_id <= span.high}
        for page, file in _pages(self.inputs, lang, units):
            if page.id == page_id:
                return page, file
        raise InputError(f"{', '.join(map(str, self.inputs.pages[lang]))}: no page {page_id}")

    def context(self, lang: Lang) -> AlignContext:
        links = self.out / EXPLAIN / lang / "links"
        return page_context(lang, self.kb, links, self.inputs.schemas, self.config.align)

    def difference(self, explanation: Explanation) -> str:
        """How the record of today is not the one that was stored."""
        stored = self._stored(explanation.id)
        if stored is None:
            return "it is not among the stored records: it was left out as it names nothing"
        told = {(c.head, c.relation, c.tail) for s in explanation.sentences for c in s.triples}
        kept = {(t.head, t.relation, t.tail) for t in stored.relation if t.via == "wikidata"}
        names = [(m.entity, m.start, m.qid) for m in stored.entity]
        found = [(m.entity, m.start, m.means.id if m.means else None) for m in explanation.mentions]
        if stored.text == explanation.text and told <= kept and names == found:
            return ""
        if self.program != program():
            return f"the stored record was made by another version of the program ({self.program})"
        return "the stored record is not the same: were inputs or tables changed since?"

    def _stored(self, record_id: str) -> Example | None:
        """The record as it is in the folder: looked for by its bytes, as most lines need not be decoded."""
        needle = encode({"id": record_id}).strip()[:-1]
        for path in sorted((self.out / "aligned").glob(f"{record_id[:2]}-*.jsonl*")):
            with open_binary(path) as lines:
                for line in lines:
                    if line.startswith(needle):
                        return msgspec.json.decode(line, type=Example)
        return None


def _check_tables(config: BuildConfig) -> None:
    for flag, name in (("--schemas", config.schemas), ("--wiki-templates", config.wiki_templates)):
        if name and not is_remote(name) and not Path(name).exists():
            raise InputError(f"{name}: is not there any more; name where it is with {flag}")


def _kept_pages(config: BuildConfig, out: Path) -> Inputs:
    """Of a list of titles the pages are in the folder, wherever they came from."""
    langs = cast("tuple[Lang, ...]", config.lang)
    pages: dict[Lang, tuple[Path, ...]] = {lang: (out / PAGES / f"{lang}.xml",) for lang in langs}
    return Inputs(pages, (), None, local(config.schemas) if config.schemas else None)


def _find(config: BuildConfig) -> Inputs:
    for name in config.wikipedia:
        place = name.partition("=")[2] or name
        if is_remote(place):
            continue
        path = Path(place)
        if path == STDIN or (path.exists() and is_pipe(path)):
            raise InputError(
                f"{name}: the pages came through a pipe and were not kept; name the dump with --wikipedia"
            )
        if not path.exists():
            raise InputError(f"{path}: is not there any more; name where it is with --wikipedia")
    return find_inputs(config)


def _check_unchanged(inputs: Inputs, identity: Mapping[str, Any]) -> None:
    for path in (path for paths in inputs.pages.values() for path in paths):
        if checksum(path) not in identity["inputs"].values():
            raise InputError(f"{path}: is not the dump that was built from; name that one with --wikipedia")


def _pages(inputs: Inputs, lang: Lang, units: set[str]) -> Iterator[tuple[Page, str]]:
    left = set(units)
    for unit in page_units(inputs.pages[lang], limit=0, threads=1) if left else ():
        if unit.name in left:
            left.remove(unit.name)
            for page in read_pages(unit.dump, Problems()):
                yield page, unit.dump.file
        if not left:
            return
