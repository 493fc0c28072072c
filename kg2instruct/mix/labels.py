"""The labels that instructions on a source's records ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from kg2instruct.mix.recipe import SourceSpec
from kg2instruct.mix.records import Extent, lines
from kg2instruct.records import Example, Lang, lang_of
from kg2instruct.render.grounded import WIKIPEDIA
from kg2instruct.render.label_files import load_labels
from kg2instruct.render.labels import LabelSchema, schemas_of
from kg2instruct.render.occurrences import Occurrences
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.schema import load_schemas


@dataclass(slots=True)
class ExampleLabels:
    """Those that the recipe names, Wikipedia's from the schemas, of all others those that occur in the records."""

    named: dict[str, LabelSchema] = field(default_factory=dict)
    """By language."""
    found: dict[tuple[str, str], LabelSchema] = field(default_factory=dict)
    """By language and source."""

    @classmethod
    def of(cls, spec: SourceSpec, files: Sequence[Path]) -> ExampleLabels:
        """Read them off all records of a source."""
        counted: dict[Lang, Occurrences] = {}

        def others() -> Iterator[Example]:
            """The records for which no labels are named; those of the others are counted."""
            for example in _examples(files):
                if spec.schema or spec.labels or example.source == WIKIPEDIA:
                    counted.setdefault(lang_of(example), Occurrences()).add(example)
                else:
                    yield example

        found = schemas_of(others())
        named = _named(spec)
        return cls({lang: named(lang).counted(seen) for lang, seen in counted.items()}, found)

    def __getitem__(self, example: Example) -> LabelSchema:
        found = self.found.get((example.lang, example.source))
        return found or self.named.get(lang_of(example)) or LabelSchema()


def _named(spec: SourceSpec) -> Callable[[Lang], LabelSchema]:
    """The labels that a source names, in the language of records."""
    if spec.labels:
        return partial(load_labels, Path(spec.labels))
    return partial(
        label_schema, load_schemas(None if spec.schema in ("", "wikipedia") else Path(spec.schema))
    )


def _examples(files: Sequence[Path]) -> Iterator[Example]:
    decode = msgspec.json.Decoder(Example).decode
    for path in files:
        for _, line in lines(Extent(path)):
            try:
                yield decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # counted where rows are made
