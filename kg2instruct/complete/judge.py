"""An answer of a model against text and schema: a grounded, typed triple, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from kg2instruct.complete.ground import Span, ground
from kg2instruct.complete.values import is_value, read_literal
from kg2instruct.lang.fold import fold
from kg2instruct.records import Example, Lang, Triple
from kg2instruct.schema import LANGS, Relation, SchemaSet, Topic
from kg2instruct.wikidata.store import Store

UNKNOWN_RELATION = "the relation is not in the schema"
UNKNOWN_TYPE = "the type of an end is unknown"
WRONG_TYPES = "the types do not fit the relation"
SAME_ENDS = "both ends are the same"
PRONOUN = "an end is a pronoun"
VALUE = "an end is a date or amount where an entity belongs"
_PRONOUNS = frozenset(
    (
        *("他们", "她们", "它们", "本人", "自己", "前者", "后者", *"他她它其该此这那"),
        *("he", "she", "it", "they", "him", "her", "them", "his", "its", "their", "this", "that", "these"),
        *("those", "who", "which", "himself", "herself", "itself", "themselves"),
    )
)
_LITERAL = ("time", "quantity", "text")


class Given(NamedTuple):
    """What a model says: names as it writes them; types are empty where it was not asked for them."""

    head: str
    relation: str
    tail: str
    head_type: str = ""
    tail_type: str = ""


class End(NamedTuple):
    """One end that stands in the text; `kind` is the id of its type, empty where unknown."""

    span: Span
    text: str
    kind: str
    qid: int | None


class Judge:
    """Judges answers by a schema and, where there is one, a knowledge base that names are looked up in."""

    def __init__(self, schemas: SchemaSet, store: Store | None = None) -> None:
        self.schemas, self.store = schemas, store

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """Ids of types by name; of two with one name the wider."""
        found: dict[str, str] = {}
        for kind in sorted(self.schemas.types.values(), key=lambda x: x.parent is not None):
            for lang in LANGS:
                found.setdefault(kind.name[lang], kind.id)
        return found

    def topics(self, example: Example, *, mentioned: bool = False) -> tuple[Topic, ...]:
        """The topic of a record, where it is one of the schema, and those of the entities that it mentions."""
        ids = {name: topic.id for topic in self.schemas.topics.values() for name in topic.name.values()}
        found = [ids[example.cate]] if example.cate in ids else []
        if mentioned:
            kinds = (self.schemas.types.get(self._kinds.get(m.entity_type, "")) for m in example.entity)
            found += sorted({kind.topic for kind in kinds if kind and kind.topic})
        return tuple(self.schemas.topics[topic] for topic in dict.fromkeys(found))

    def relation(self, name: str, lang: Lang, topics: Sequence[Topic]) -> Relation | None:
        """The relation with a name, as the first topic has it that knows it; of all relations without a topic."""
        for topic in topics or (None,):
            relation = self.schemas.relation_named(name, lang, topic)
            if relation is not None:
                return relation
        return None

    def judge(
        self, given: Given, example: Example, lang: Lang, topics: Sequence[Topic] | None = None
    ) -> Triple | str:
        """The triple that an answer makes with the text of a record, or the reason why it makes none.

        `topics` are those whose relations were asked for, by default the record's.
        """
        relation = self.relation(given.relation, lang, self.topics(example) if topics is None else topics)
        if relation is None:
            return UNKNOWN_RELATION
        places = ground(example.text, given.head, given.tail)
        if isinstance(places, str):
            return places
        ends = [example.text[start:end] for start, end in places]
        if any(fold(text) in _PRONOUNS for text in ends):
            return PRONOUN
        if any(is_value(text, lang) for text in ends[: 1 if relation.kind in _LITERAL else 2]):
            return VALUE
        head = self._entity(places[0], given.head_type, relation.head_types, example, lang)
        if relation.kind in _LITERAL:
            return self._of_value(head, relation, places[1], example, lang)
        tail = self._entity(places[1], given.tail_type, relation.tail_types, example, lang)
        if _same(head, tail):
            return SAME_ENDS
        if relation.swapped is not None:
            head, tail, relation = tail, head, self.schemas.relations[relation.swapped]
        if _is_unknown(head) or _is_unknown(tail):
            return UNKNOWN_TYPE
        if not self.schemas.types_allowed(relation.pid, head.kind or None, tail.kind or None):
            return WRONG_TYPES
        return self._triple(head, relation, tail, lang)

    def _of_value(
        self, head: End, relation: Relation, span: Span, example: Example, lang: Lang
    ) -> Triple | str:
        value = read_literal(example.text, span, relation, lang)
        if isinstance(value, str):
            return value
        if _is_unknown(head):
            return UNKNOWN_TYPE
        if head.kind in _LITERAL or not self.schemas.types_allowed(
            relation.pid, head.kind or None, relation.kind
        ):
            return WRONG_TYPES
        start, end = value.span
        if head.span[0] < end and start < head.span[1]:
            return SAME_ENDS
        tail = End(value.span, example.text[start:end], relation.kind, None)
        return self._triple(head, relation, tail, lang, value.value)

    def _entity(self, span: Span, said: str, allowed: tuple[str, ...], example: Example, lang: Lang) -> End:
        """An end as the record knows it, else the knowledge base, else by its type alone."""
        text = example.text[span[0] : span[1]]
        folded = fold(text)
        same = [m for m in example.entity if fold(m.entity) == folded]
        same.sort(key=lambda m: (m.start != span[0], not m.entity_type))
        for mention in same:
            if mention.entity_type in self._kinds:
                return End(span, text, self._kinds[mention.entity_type], _number(mention.qid))
        kind, qid = self._known(text, allowed, lang)
        qid = next((_number(m.qid) for m in same if m.qid), qid)
        if not kind and said in self._kinds:
            kind = self._kinds[said]
        if not kind and allowed:  # as in alignment: what a relation asks for first
            kind = self.schemas.coarse(allowed[0]).id
        return End(span, text, kind, qid)

    def _known(self, text: str, allowed: tuple[str, ...], lang: Lang) -> tuple[str, int | None]:
        """Type and entity of a name in the knowledge base; no entity where several of a fitting type have it."""
        if self.store is None or lang not in self.store.langs:
            return "", None
        wide = {self.schemas.coarse(name).id for name in allowed}
        fitting: list[tuple[str, int]] = []
        for candidate in self.store.find_name(lang, text):
            qid = candidate.qid
            found = self.schemas.type_of(self.store.types(qid), self.store.classes(qid))
            if found and (not wide or self.schemas.coarse(found).id in wide):
                fitting.append((self.schemas.coarse(found).id, qid))
        if not fitting:
            return "", None
        return fitting[0][0], fitting[0][1] if len(fitting) == 1 else None

    def _triple(
        self, head: End, relation: Relation, tail: End, lang: Lang, value: str | None = None
    ) -> Triple:
        topic = self.schemas.types[head.kind].topic if head.kind else None
        name = self.schemas.relation_name(relation.pid, lang, topic)
        return Triple(
            head=head.text,
            head_type=self._type_name(head, lang),
            head_start=head.span[0],
            head_qid=f"Q{head.qid}" if head.qid is not None else None,
            relation=name,
            property=f"P{relation.pid}",
            tail=tail.text,
            tail_type=self._type_name(tail, lang),
            tail_start=tail.span[0],
            tail_qid=f"Q{tail.qid}" if tail.qid is not None else None,
            tail_value=value,
            via="model",
        )

    def _type_name(self, end: End, lang: Lang) -> str:
        return self.schemas.coarse(end.kind).name[lang] if end.kind else ""


def _is_unknown(end: End) -> bool:
    """Neither a type nor an entity; what is known may lack a type: a conservation status has none."""
    return not end.kind and end.qid is None


def _same(head: End, tail: End) -> bool:
    return fold(head.text) == fold(tail.text) or (head.qid is not None and head.qid == tail.qid)


def _number(qid: str | None) -> int | None:
    return int(qid[1:]) if qid else None
