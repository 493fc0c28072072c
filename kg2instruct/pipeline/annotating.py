"""Annotating files of texts in parallel: texts in groups, one output part a group, joined at the end."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from kg2instruct.align.context import AlignContext
from kg2instruct.annotate import (
    AnnotateOptions,
    Document,
    annotate_document,
    input_files,
    read_documents,
)
from kg2instruct.annotate.ner import Recogniser, load_recogniser
from kg2instruct.errors import InputError, Kg2InstructError
from kg2instruct.jsonl import atomic_writer, write_jsonl
from kg2instruct.pipeline.context import text_context
from kg2instruct.pipeline.engine import Engine
from kg2instruct.pipeline.folder import read_json, write_json
from kg2instruct.pipeline.identity import Identity, checksum, program
from kg2instruct.pipeline.progress import Progress
from kg2instruct.pipeline.units import StageReport, Tally, require_units, run_units
from kg2instruct.records import Example, Lang
from kg2instruct.wikidata.manifest import MANIFEST

_GROUP = 200  # texts a unit
_PART = ".jsonl"
BAD_LINES = "lines left out"


@dataclass(frozen=True, slots=True)
class TextGroup:
    """Some texts of the input."""

    name: str
    documents: tuple[Document, ...]

    @property
    def size(self) -> int:
        """Bytes of text."""
        return sum(len(document.text.encode("utf-8", "replace")) for document in self.documents)


@dataclass(slots=True)
class AnnotateTexts:
    """Texts to records."""

    lang: Lang
    kb: Path
    schemas: Path | None
    options: AnnotateOptions
    keep_all: bool = False
    ner: str = ""
    _context: AlignContext | None = field(default=None, repr=False)
    _recogniser: Recogniser | None = field(default=None, repr=False)

    def open(self) -> None:
        """Map the store and load names, schemas and evidence; forked workers share them."""
        self._context = text_context(self.lang, self.kb, self.schemas)
        self._context.dictionary.load()
        self._recogniser = load_recogniser(self.ner) if self.ner else None

    def run(self, unit: TextGroup, folder: Path) -> Tally:
        """Write the records of a group to `NAME.jsonl`."""
        tally = Tally()
        write_jsonl(folder / f"{unit.name}{_PART}", self._examples(unit, tally.counts))
        return tally

    def _examples(self, unit: TextGroup, counts: Counter[str]) -> Iterator[Example]:
        if self._context is None:
            raise RuntimeError("the stage was not opened")
        for document in unit.documents:
            counts["texts"] += 1
            found = annotate_document(document, self._context, self.options, self._recogniser)
            counts.update(found.counts)
            yield from (e for e in found.examples if e.entity or self.keep_all)


def annotate_files(
    paths: Sequence[Path],
    out: Path,
    stage: AnnotateTexts,
    *,
    workers: int = 1,
    fresh: bool = False,
    limit: int | None = None,
    strict: bool = False,
    engine: Engine | None = None,
    progress: Progress,
) -> Tally:
    """Write the records of all texts to `out`, whole or not at all; run again it goes on where it stopped.

    Bad lines are counted, and the first few told, in the tally; with `strict` the first raises InputError.
    """
    paths = input_files(paths, out=out)
    work = out.with_name(f".{out.name}.work")
    _claim(work, _identity(paths, stage, limit), fresh=fresh)
    bad = Tally()

    def note(what: str) -> None:
        if strict:
            raise InputError(what)
        bad.counts[BAD_LINES] += 1
        bad.add_examples(BAD_LINES, [what])

    documents = islice(read_documents(paths, note), limit)
    grouped = iter(lambda: tuple(islice(documents, _GROUP)), ())
    groups = (TextGroup(f"{number:08d}", group) for number, group in enumerate(grouped))
    report = run_units(groups, stage, work, workers=workers, engine=engine, progress=progress)
    require_units(report, "annotate")
    if report.failed:
        name, why = next(iter(report.failed.items()))
        raise Kg2InstructError(
            f"{len(report.failed)} groups of texts could not be done (group {name}: {why}); "
            "the same command tries them again, fewer --workers leave each more memory"
        )
    _join(report, out)
    shutil.rmtree(work, ignore_errors=True)
    report.tally.merge(bad.counts, bad.examples)
    return report.tally


def _identity(paths: Sequence[Path], stage: AnnotateTexts, limit: int | None) -> Identity:
    options = asdict(stage.options) | {
        "lang": stage.lang,
        "keep all": stage.keep_all,
        "limit": limit,
        "ner": stage.ner,
    }
    inputs = {str(path): checksum(path) for path in (*paths, stage.kb / MANIFEST)}
    if stage.schemas is not None:
        options["schemas"] = str(stage.schemas)
    return Identity(inputs, options, program())


def _claim(work: Path, identity: Identity, *, fresh: bool) -> None:
    """Throw away parts of another run; keep those of this one."""
    marker = work / "identity.json"
    started = read_json(marker)
    if fresh or started is None or identity.differs_from(started):
        shutil.rmtree(work, ignore_errors=True)
        write_json(marker, identity.to_json())


def _join(report: StageReport, out: Path) -> None:
    with atomic_writer(out) as whole:
        for part in report.outputs(_PART):
            with part.open("rb") as source:
                shutil.copyfileobj(source, whole, 1 << 20)
