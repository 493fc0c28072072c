"""What kind of thing an entity is, by its classes: most entities share theirs with many others."""

from __future__ import annotations

from msgspec import Struct

from kg2instruct.records import Lang
from kg2instruct.schema import EntityType, SchemaSet
from kg2instruct.wikidata.store import Store


class Kind(Struct, frozen=True, gc=False):
    """What the entities of some classes are in a schema; without a type all but `type` is empty."""

    type: EntityType | None
    coarse: str
    """The id of the widest type above it."""
    name: str
    """The name of that one in the language."""
    all: frozenset[str]
    """The types of all their classes: what is a museum may be a club, too."""
    around: frozenset[str]
    """Their type, the wider one, and narrower ones where it is no narrow one itself."""


def kind_of(classes: tuple[int, ...], store: Store, schemas: SchemaSet, lang: Lang) -> Kind:
    """What the entities of these classes are."""
    above = [store.ancestors(one) for one in classes]
    found = schemas.type_of(frozenset().union(*above), classes)
    if found is None:
        return Kind(None, "", "", frozenset(), frozenset())
    widest = schemas.coarse(found)
    of_each = (schemas.type_of(types, (one,)) for one, types in zip(classes, above, strict=True))
    below = (kind.id for kind in schemas.types.values() if kind.parent == found.id)
    return Kind(
        found,
        widest.id,
        widest.name[lang],
        frozenset(one.id for one in of_each if one),
        frozenset((found.id, found.parent or found.id, *below)),
    )
