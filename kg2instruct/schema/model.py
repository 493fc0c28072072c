"""What a schema says: relations, topics and entity types, and the questions that other stages ask of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from kg2instruct.errors import UnknownName
from kg2instruct.records import Lang

Kind = Literal["entity", "time", "quantity", "text", "class"]

LANGS: tuple[Lang, ...] = ("zh", "en")
KINDS: tuple[Kind, ...] = ("entity", "time", "quantity", "text", "class")
DIMENSIONS = (
    *("angle", "area", "count", "currency", "density", "duration", "force", "frequency", "length", "mass"),
    *("power", "ratio", "speed", "temperature", "voltage", "volume"),
)


@dataclass(frozen=True, slots=True)
class Relation:
    """A property of the knowledge base as a relation of a schema.

    `name`, `definition`, `synonyms` and `triggers` are by language. `head_types` and `tail_types` are ids of
    entity types, empty for any. `dimension` is what a quantity measures, empty where it is open.
    """

    pid: int
    kind: Kind
    name: Mapping[Lang, str]
    definition: Mapping[Lang, str]
    synonyms: Mapping[Lang, tuple[str, ...]]
    triggers: Mapping[Lang, tuple[str, ...]]
    head_types: tuple[str, ...] = ()
    tail_types: tuple[str, ...] = ()
    dimension: str = ""
    symmetric: bool = False
    """The two ends can be swapped: one of the two triples is enough."""
    functional: bool = False
    """A head has one tail at a time."""
    inverses: tuple[int, ...] = ()
    """Relations that say the same from the other end; several where it says more (child: father, mother)."""
    canonical: bool = True
    """False: written as its inverse with the ends swapped."""
    chain: bool = False
    """Transitive: of A in B, B in C, A in C the last follows, and may be left out."""
    needs_trigger: bool = False
    """Both ends in one sentence is weak evidence; a trigger word nearby is wanted."""

    @property
    def inverse(self) -> int | None:
        """The relation from the other end, where there is exactly one."""
        return self.inverses[0] if len(self.inverses) == 1 else None

    @property
    def swapped(self) -> int | None:
        """The relation that records have in its place, with the ends swapped; None where they have itself."""
        return None if self.canonical else self.inverse


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type of entities: of all classes of an entity the one with the highest priority decides."""

    id: str
    name: Mapping[Lang, str]
    topic: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of pages, its relations, and its own names for some of them."""

    id: str
    name: Mapping[Lang, str]
    description: Mapping[Lang, str]
    relations: tuple[int, ...]
    names: Mapping[int, Mapping[Lang, str]]


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """Topics, relations and types by id, in the order of the files; plain data that can be pickled."""

    topics: Mapping[str, Topic]
    relations: Mapping[int, Relation]
    types: Mapping[str, EntityType]
    classes: Mapping[int, tuple[int, str]]
    """Class QID to (priority, type id)."""
    heads: Mapping[int, frozenset[str]]
    """Types that the head of a relation may have, narrower and wider ones included; empty for any."""
    tails: Mapping[int, frozenset[str]]

    def relation(self, pid: int) -> Relation:
        """The relation of a property; raises UnknownName."""
        try:
            return self.relations[pid]
        except KeyError:
            raise UnknownName("relation", f"P{pid}", (f"P{known}" for known in self.relations)) from None

    def topic(self, name: str) -> Topic:
        """A topic by its id or its name in any language; raises UnknownName."""
        for topic in self.topics.values():
            if name == topic.id or name in topic.name.values():
                return topic
        raise UnknownName("topic", name, self.topics)

    def type_of(self, ancestors: Collection[int], direct: Collection[int] = ()) -> EntityType | None:
        """The type of an entity from its classes (P31) and everything above them (P279).

        A known class among the direct ones goes first; then the highest priority, then the smallest QID.
        """
        best = self._best(direct) or self._best(ancestors)
        return self.types[best] if best else None

    def topic_of(self, ancestors: Collection[int], direct: Collection[int] = ()) -> Topic | None:
        """The topic of an entity's type; None where it has no type or the type belongs to no topic."""
        found = self.type_of(ancestors, direct)
        return self.topics[found.topic] if found and found.topic else None

    def _best(self, qids: Iterable[int]) -> str | None:
        known = [(-self.classes[qid][0], qid) for qid in qids if qid in self.classes]
        return self.classes[min(known)[1]][1] if known else None

    def coarse(self, entity_type: EntityType | str) -> EntityType:
        """The widest type above a type: 城市 → 地理地区."""
        found = self.types[entity_type] if isinstance(entity_type, str) else entity_type
        while found.parent:
            found = self.types[found.parent]
        return found

    def relations_of(self, topic: Topic | str | None) -> tuple[Relation, ...]:
        """The relations of a topic, all for None; classes (P31, P279) only where a topic lists them."""
        if topic is None:
            return tuple(relation for relation in self.relations.values() if relation.kind != "class")
        return tuple(self.relations[pid] for pid in self._topic(topic).relations)

    def relation_name(self, pid: int, lang: Lang, topic: Topic | str | None = None) -> str:
        """The name of a relation, the topic's own where it has one."""
        if topic is not None:
            own = self._topic(topic).names.get(pid)
            if own and lang in own:
                return own[lang]
        return self.relation(pid).name[lang]

    def labels(self, topic: Topic | str | None, lang: Lang) -> tuple[str, ...]:
        """The names of a topic's relations, no two alike."""
        return tuple(self.relation_name(relation.pid, lang, topic) for relation in self.relations_of(topic))

    def relation_named(self, name: str, lang: Lang, topic: Topic | str | None = None) -> Relation | None:
        """The relation with this name, or else with this synonym, among those of the topic."""
        relations = self.relations_of(topic)
        for relation in relations:
            if self.relation_name(relation.pid, lang, topic) == name:
                return relation
        return next((relation for relation in relations if name in relation.synonyms[lang]), None)

    def types_allowed(self, pid: int, head: EntityType | str | None, tail: EntityType | str | None) -> bool:
        """Whether a relation may hold between two types; an unknown type (None) fits everywhere.

        A type fits where it, one above or one below it is listed: a place may be the country asked for.
        """
        return _fits(self.heads.get(pid), head) and _fits(self.tails.get(pid), tail)

    def _topic(self, topic: Topic | str) -> Topic:
        return topic if isinstance(topic, Topic) else self.topics.get(topic) or self.topic(topic)


def _fits(allowed: frozenset[str] | None, entity_type: EntityType | str | None) -> bool:
    if not allowed or entity_type is None:
        return True
    return (entity_type if isinstance(entity_type, str) else entity_type.id) in allowed
