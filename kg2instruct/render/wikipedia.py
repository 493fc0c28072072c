"""The labels that instructions on Wikipedia passages ask for, from the schemas of the 12 topics."""

from __future__ import annotations

from kg2instruct.records import Lang
from kg2instruct.render.labels import LabelSchema
from kg2instruct.schema import SchemaSet


def label_schema(schemas: SchemaSet, lang: Lang) -> LabelSchema:
    """The schema set as labels in the language of the records."""
    raise NotImplementedError(schemas, lang)
