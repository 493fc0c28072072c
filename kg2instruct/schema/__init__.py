"""Schemas: topics, their relations, and the types of entities.

`load_schemas()` gives the packaged set; a user's own file or folder has the same format (schemas/README.md).
"""

from __future__ import annotations

from kg2instruct.schema.load import load_schemas
from kg2instruct.schema.model import DIMENSIONS, KINDS, LANGS, EntityType, Kind, Relation, SchemaSet, Topic

__all__ = [
    "DIMENSIONS",
    "KINDS",
    "LANGS",
    "EntityType",
    "Kind",
    "Relation",
    "SchemaSet",
    "Topic",
    "load_schemas",
]
