"""The labels that instructions on Wikipedia passages ask for, from the schemas of the 12 topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from kg2instruct.records import Lang
from kg2instruct.render.inverses import inverse_names
from kg2instruct.render.labels import Fact, Label, LabelSchema, Topic
from kg2instruct.render.occurrences import Occurrences
from kg2instruct.schema import EntityType, Relation, SchemaSet
from kg2instruct.schema import Topic as SchemaTopic

T = TypeVar("T")

# The type of a literal's mention, by kind of relation.
_VALUE_TYPES = ("time", "quantity", "text")
# A text (a motto, a scientific name) is the value of a relation, not a kind of entity to look for. Names as such are
# what few pages are about; asked for beside people, "none" would be a wrong answer.
_NOT_LOOKED_FOR = frozenset(("text", "name"))


def label_schema(
    schemas: SchemaSet, lang: Lang, found: Occurrences | None = None, *, both_ends: bool = False
) -> LabelSchema:
    """The schema set as labels in the records' language: widest types, relations as topics name them.

    `found` are the labels' occurrences in the records, which tell what else is easily confused. Which share of
    records has an answer is left open: aligned records do not hold all that their texts say, so those without
    any triple are not asked. Relations that records write from their other end would be asked for in vain and are
    left out; with `both_ends`, for answers that are turned round where needed, they are not.
    """
    relations: dict[str, Label] = {}
    topics: dict[str | None, Topic] = {}
    facts: dict[Fact, None] = {}
    chained: set[str] = set()
    properties: dict[str, str] = {}
    types = {
        kind.name[lang]: _label(kind, lang)
        for kind in schemas.types.values()
        if kind.parent is None and kind.id not in _NOT_LOOKED_FOR
    }
    for topic in (None, *schemas.topics.values()):
        names: set[str] = set()
        kinds: set[str] = set()
        for relation in schemas.relations_of(topic):
            if relation.kind == "class":
                continue
            name = schemas.relation_name(relation.pid, lang, topic)
            relations.setdefault(name, _relation_label(relation, name, schemas, lang, topic))
            properties[name] = f"P{relation.pid}"
            if both_ends or relation.swapped is None:
                names.add(name)
            if relation.chain:
                chained.add(name)
            ends = list(_facts(relation, name, schemas, lang))
            facts.update(dict.fromkeys(ends))
            kinds.update(kind for head, _, tail in ends for kind in (head, tail))
        # Without a topic relations have their general names: topics' own ones for them would be asked for in vain.
        if topic is None:
            topics[None] = Topic(frozenset(types), frozenset(names))
        else:
            topics[topic.name[lang]] = Topic(frozenset(kinds), frozenset(names))
    return LabelSchema(
        entities=types,
        relations=relations,
        facts=tuple(facts),
        topics=topics,
        chained=frozenset(chained),
        inverses=inverse_names(properties, schemas.relations),
    ).counted(found or Occurrences())


def _label(kind: EntityType, lang: Lang) -> Label:
    return Label(kind.name[lang], _by_lang(kind.name))


def _relation_label(
    relation: Relation, name: str, schemas: SchemaSet, lang: Lang, topic: SchemaTopic | None
) -> Label:
    other: Lang = "en" if lang == "zh" else "zh"
    names: dict[str, str] = {lang: name, other: schemas.relation_name(relation.pid, other, topic)}
    return Label(name, names, _by_lang(relation.synonyms), _by_lang(relation.definition))


def _by_lang(values: Mapping[Lang, T]) -> dict[str, T]:
    return {str(lang): value for lang, value in values.items()}


def _facts(relation: Relation, name: str, schemas: SchemaSet, lang: Lang) -> Iterator[Fact]:
    """The typed forms of a relation that its schema names; none where an end is open."""
    tails = (relation.kind,) if relation.kind in _VALUE_TYPES else relation.tail_types
    for head in _coarse(relation.head_types, schemas, lang):
        for tail in _coarse(tails, schemas, lang):
            yield head, name, tail


def _coarse(types: Iterable[str], schemas: SchemaSet, lang: Lang) -> list[str]:
    return sorted({schemas.coarse(name).name[lang] for name in types})
