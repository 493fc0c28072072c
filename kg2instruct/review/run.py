"""Samples exported, corrections imported."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile, ZipFile, is_zipfile

from kg2instruct.errors import InputError
from kg2instruct.evaluate.alignment import GoldClaim
from kg2instruct.jsonl import write_jsonl
from kg2instruct.lang.tail_values import kind_of
from kg2instruct.records import Example
from kg2instruct.registry import Registry
from kg2instruct.review import doccano, labelstudio
from kg2instruct.review.figures import Figures
from kg2instruct.review.reviewed import Reviewed, review
from kg2instruct.review.sample import choose
from kg2instruct.review.spans import Annotated, labels_of
from kg2instruct.schema import SchemaSet
from kg2instruct.verify.entail import premise_of

Tool = Literal["labelstudio", "doccano"]
Write = Callable[[list[Example], list[str], list[str], Path], None]
TOOLS: Registry[Write] = Registry("tool", {"labelstudio": labelstudio.write, "doccano": doccano.write})
# How a mention that needs no second look was found.
_PLAIN = ("link", "title")


def export(
    examples: Callable[[], Iterable[Example]], tool: str, out: Path, *, count: int, seed: int = 0
) -> list[Example]:
    """Write a sample for a tool, and its records to `aligned/`; return them. `examples` is called twice."""
    write = TOOLS[tool]
    chosen = choose(examples(), count, seed)
    sample = [example for number, example in enumerate(examples()) if number in chosen]
    if not sample:
        raise InputError("no record has a triple: there is nothing to review")
    out.mkdir(parents=True, exist_ok=True)
    types, relations = labels_of(sample)
    write(sample, types, relations, out)
    write_jsonl(out / "aligned" / "records.jsonl", sample)
    return sample


@dataclass(slots=True)
class Imported:
    """What a review said."""

    figures: Figures
    reviewed: list[Reviewed] = field(default_factory=list)
    totals: Counter[str] = field(default_factory=Counter)
    """Triples of all records by property."""
    unreviewed: int = 0
    unknown: int = 0
    """Corrected texts that are none of the records'."""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        counts = {"unreviewed": self.unreviewed, "unknown": self.unknown}
        return counts | self.figures.to_json(self.totals)


def import_files(
    files: Sequence[Path], examples: Iterable[Example], schemas: SchemaSet, *, least: float = 0.8
) -> Imported:
    """Read a tool's export, of all people or of each, against the records that were sampled from.

    Raises InputError where a file is no export.
    """
    corrections = _corrections(files)
    ids = {record for record, _, _ in corrections if record}
    texts = {text for record, text, _ in corrections if not record}
    found: dict[str, Example] = {}
    done = Imported(Figures(least))
    for example in examples:
        done.totals.update(x.property or x.relation for x in example.relation)
        if example.id in ids:
            found[example.id] = example
        if example.text in texts:
            found.setdefault(example.text, example)
    for record, text, opinions in corrections:
        source = found.get(record or text)
        if source is None or source.text != text:
            done.unknown += 1
        elif not opinions:
            done.unreviewed += 1
        else:
            reviewed = review(source, opinions, schemas)
            done.figures.add(reviewed)
            done.reviewed.append(reviewed)
    return done


def _corrections(files: Iterable[Path]) -> list[tuple[str, str, list[Annotated]]]:
    """Record id, text and all opinions on each record."""
    contents = [content for file in files for content in _contents(file)]
    opinions: dict[tuple[str, str], list[Annotated]] = {}
    for name, content in contents:
        for record, text, found in _read(name, content):
            # Each person's file of doccano has all records, empty those that this person never looked at.
            done = [x for x in found if x.spans or len(contents) == 1]
            opinions.setdefault((record, text), []).extend(done)
    return [(record, text, found) for (record, text), found in opinions.items()]


def _contents(file: Path) -> Iterator[tuple[str, str]]:
    """Name and content of an export; doccano packs a file for each person, or one for all."""
    try:
        if not is_zipfile(file):
            yield str(file), file.read_text("utf-8-sig")
            return
        with ZipFile(file) as packed:
            names = [x for x in sorted(packed.namelist()) if x.endswith((".jsonl", ".json"))]
            if not names:
                raise InputError(f"{file}: no .jsonl in it: export as JSONL")
            for name in names:
                yield f"{file}/{name}", packed.read(name).decode("utf-8-sig")
    except (OSError, BadZipFile) as error:
        raise InputError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    except UnicodeDecodeError as error:
        raise _not_an_export(str(file), error) from error


def _read(name: str, content: str) -> Iterator[tuple[str, str, list[Annotated]]]:
    """Label Studio's JSON or JSON lines, or doccano's JSON lines: which, shows."""
    try:
        entries = (
            json.loads(content)
            if content.lstrip().startswith("[")
            # Not by splitlines(): texts may hold other marks of lines than \n.
            else [json.loads(x) for x in content.split("\n") if x.strip()]
        )
        if entries and "data" in entries[0]:
            yield from labelstudio.read(entries)
        elif entries and "entities" in entries[0]:
            yield from doccano.read(entries)
        elif entries:
            raise ValueError("neither `data` nor `entities` in its first entry")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_an_export(name, error) from error


def _not_an_export(name: str, error: Exception) -> InputError:
    return InputError(
        f"{name}: not an export of Label Studio (JSON) or doccano (JSONL with relations): {error}"
    )


def gold_claims(reviewed: Iterable[Reviewed]) -> Iterator[GoldClaim]:
    """The triples of corrected records as lines of a gold set, each once; without entity or property they are none."""
    seen: set[GoldClaim] = set()
    for one in reviewed:
        example = one.example
        easy = {m.start for m in example.entity if m.via in _PLAIN}
        for x in (*one.right, *one.missed):
            tail = x.tail_qid or x.tail_value
            if example.page and x.head_qid and x.property and tail:
                hard = x.head_start not in easy or (x.tail_qid is not None and x.tail_start not in easy)
                claim = GoldClaim(
                    page=example.page.title,
                    evidence=premise_of(example, x),
                    head=x.head_qid,
                    property=x.property,
                    tail=tail,
                    head_text=x.head,
                    tail_text=x.tail,
                    kind=kind_of(tail),
                    hard=hard,
                )
                if claim not in seen:
                    seen.add(claim)
                    yield claim
