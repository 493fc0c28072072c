"""Names found by a recogniser of another library: also those that the knowledge base does not have.

A recogniser is named `LIBRARY:MODEL` (`spacy:zh_core_web_sm`); what it calls a kind becomes a type of the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from kg2instruct.align.context import AlignContext
from kg2instruct.annotate.linking import Hit
from kg2instruct.errors import ConfigError, MissingExtra
from kg2instruct.registry import Registry

# Kinds of OntoNotes, CoNLL and Wikipedia models as types of the schema; dates and numbers are read by ourselves.
KINDS = {
    "PERSON": "person", "PER": "person", "ORG": "organization", "GPE": "place", "LOC": "place",
    "FAC": "building", "NORP": "people", "WORK_OF_ART": "work", "EVENT": "event", "PRODUCT": "artefact",
    "LANGUAGE": "language", "MISC": "",
}  # fmt: skip


class Spot(NamedTuple):
    """A name in a passage, with the id of its type in the schema; empty for a type of no use."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A loaded recogniser: passages in, their names out, in the same order."""

    name: str
    spots: Callable[[Sequence[str]], Iterator[list[Spot]]]


def load_recogniser(name: str) -> Recogniser:
    """Load `LIBRARY:MODEL`; raises ConfigError for a wrong name or a model that is not there, MissingExtra."""
    library, colon, model = name.partition(":")
    if not colon or not model:
        raise ConfigError(f"--ner {name}: expected LIBRARY:MODEL, such as spacy:zh_core_web_sm")
    return Recogniser(name, LIBRARIES[library](model))


def _spacy(model: str) -> Callable[[Sequence[str]], Iterator[list[Spot]]]:
    try:
        spacy: Any = import_module("spacy")
    except ImportError as error:
        raise MissingExtra("spacy", "ner") from error
    try:
        pipeline = spacy.load(model)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"--ner spacy:{model}: {error}; a model's folder or installed name is expected"
        ) from error

    def spots(texts: Sequence[str]) -> Iterator[list[Spot]]:
        for found in pipeline.pipe(texts):
            yield [Spot(e.start_char, e.end_char, KINDS[e.label_]) for e in found.ents if e.label_ in KINDS]

    return spots


LIBRARIES: Registry[Callable[[str], Callable[[Sequence[str]], Iterator[list[Spot]]]]] = Registry(
    "NER library", {"spacy": _spacy}
)


def add_hits(
    hits: list[Hit], spots: Sequence[Sequence[Spot]], folded: Sequence[str], context: AlignContext
) -> list[Hit]:
    """Hits with those that a recogniser adds: names that words hide (a border of jieba's), and types that decide."""
    known = {(hit.passage, hit.start, hit.end): place for place, hit in enumerate(hits)}
    found = list(hits)
    for number, names in enumerate(spots):
        for start, end, kind in names:
            surface = folded[number][start:end]
            candidates = context.named(surface)
            fitting = tuple(c for c in candidates if context.coarse_type(c.qid) == kind) or candidates
            if 0 < len(fitting) <= context.options.max_ambiguity:
                hit = Hit(number, start, end, surface, fitting, quoted=True)
                place = known.get((number, start, end))
                if place is None:
                    found.append(hit)
                else:
                    found[place] = hit
    return found
