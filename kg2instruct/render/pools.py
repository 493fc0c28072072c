"""What one task can ask of the records of one topic: labels with their other names and what they are confused with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg2instruct.render.asked import Asked
from kg2instruct.render.tasks import Task

if TYPE_CHECKING:
    from kg2instruct.render.labels import Label, LabelSchema, Topic

Key = tuple[str, ...]

# Of the labels confused with a label, so many are ever used.
MOST_CONFUSED = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """A label of a pool: as asked by default, under other names, and the numbers of labels confused with it.

    `number` is its own place in the pool, -1 for a label of the schema that the pool itself does not offer. `inverse`
    are the numbers of those that say the same from the other end.
    """

    number: int
    asked: Asked
    synonyms: tuple[Asked, ...]
    hard: tuple[int, ...]
    inverse: tuple[int, ...] = ()


class Pool:
    """The labels that one task can ask for, for records of one topic (all of them for None), worded in `lang`."""

    def __init__(self, schema: LabelSchema, task: Task, topic: Topic | None, lang: str) -> None:
        self._schema, self._task, self._topic, self._lang = schema, task, topic, lang
        kinds = {"entity": schema.entities, "relation": schema.relations, "event": schema.events}
        self._labels: Mapping[str, Label] = kinds[task.kind]
        asked = self._offered()
        self.index = {x.key: number for number, x in enumerate(asked)}
        self._by_relation: dict[str, list[int]] = {}
        for x in asked if task.name == "spo" else ():
            self._by_relation.setdefault(x.key[1], []).append(self.index[x.key])
        self.choices = tuple([self._choice(number, x) for number, x in enumerate(asked)])
        self._others: dict[Key, Choice | None] = {}

    def choice(self, key: Key) -> Choice | None:
        """The entry for the labels of a record's item; None where the schema does not know them.

        Records may hold what their topic does not ask for by itself, and pairs of types that no schema lists.
        """
        number = self.index.get(key)
        if number is not None:
            return self.choices[number]
        if key not in self._others:
            asked = self._known(key)
            self._others[key] = self._choice(-1, asked) if asked else None
        return self._others[key]

    def _offered(self) -> list[Asked]:
        topic, schema, name = self._topic, self._schema, self._task.name
        relations = [x for x in schema.relations if topic is None or x in topic.relations]
        if name == "ner":
            return [self._plain((x,)) for x in schema.entities if topic is None or x in topic.entities]
        if name == "re":
            return [self._plain((x,)) for x in relations]
        kept = set(relations)
        if name == "spo":
            return [self._fact(x) for x in schema.facts if x[1] in kept]
        if name == "kg":
            types = dict.fromkeys(head for head, relation, _ in schema.facts if relation in kept)
            return [self._entity(x, kept) for x in types]
        return [self._plain((x,)) for x in schema.events]

    def _known(self, key: Key) -> Asked | None:
        """The labels as asked, where the schema has them at all."""
        if self._task.name == "kg":
            return self._entity(key[0], set(self._schema.relations)) if self.choices else None
        if self._task.name == "spo":
            return self._fact(key) if key[1] in self._labels else None
        return self._plain(key) if key[0] in self._labels else None

    def _plain(self, key: Key) -> Asked:
        label, lang = self._labels[key[0]], self._lang
        return Asked(key, (_name(label, key[0], lang),), label.roles, (), label.definitions.get(lang, ""))

    def _fact(self, key: Key) -> Asked:
        types, label, lang = self._schema.entities, self._labels.get(key[1]), self._lang
        names = (
            _name(types.get(key[0]), key[0], lang),
            _name(label, key[1], lang),
            _name(types.get(key[2]), key[2], lang),
        )
        return Asked(key, names, definition=label.definitions.get(lang, "") if label else "")

    def _entity(self, name: str, relations: set[str]) -> Asked:
        """An entity type with the attributes that the schema gives it, all attributes where it gives none."""
        facts = [x for x in self._schema.facts if x[1] in relations]
        roles = dict.fromkeys(relation for head, relation, _ in facts if head == name)
        roles = roles or dict.fromkeys(relation for _, relation, _ in facts)
        return Asked((name,), (_name(self._schema.entities.get(name), name, self._lang),), tuple(roles))

    def _choice(self, number: int, asked: Asked) -> Choice:
        hard = tuple(self._hard(asked.key)[:MOST_CONFUSED])
        return Choice(number, asked, self._synonyms(asked), hard, self._inverse(asked.key))

    def _synonyms(self, asked: Asked) -> tuple[Asked, ...]:
        """The label under its other names, without those that are another label's name."""
        if self._task.name == "kg":
            return ()
        label = self._labels.get(self._word(asked.key))
        words = [x for x in label.synonyms.get(self._lang, ()) if x not in self._labels] if label else []
        if self._task.name == "spo":
            return tuple([_renamed(asked, (asked.names[0], x, asked.names[2])) for x in words])
        return tuple([_renamed(asked, (x,)) for x in words])

    def _hard(self, key: Key) -> list[int]:
        """The numbers of labels easily confused with a label, the most confusable first."""
        kind = "entity" if self._task.name == "kg" else self._task.kind
        near = self._schema.confusable.get(kind, {}).get(self._word(key), ())
        if self._task.name == "spo":
            same = [n for word in (key[1], *near) for n in self._by_relation.get(word, ())]
            return [n for n in same if n != self.index.get(key)]
        return [self.index[(x,)] for x in near if (x,) in self.index]

    def _inverse(self, key: Key) -> tuple[int, ...]:
        """The numbers of relations that say the same from the other end, in any types."""
        words = (
            sorted(self._schema.inverses.get(self._word(key), ())) if self._task.name in ("re", "spo") else ()
        )
        if self._task.name == "spo":
            return tuple([n for word in words for n in self._by_relation.get(word, ())])
        return tuple([self.index[(x,)] for x in words if (x,) in self.index])

    def _word(self, key: Key) -> str:
        return key[1] if self._task.name == "spo" else key[0]


def _name(label: Label | None, name: str, lang: str) -> str:
    return (label.names.get(lang) if label else None) or name


def _renamed(asked: Asked, names: tuple[str, ...]) -> Asked:
    return Asked(asked.key, names, asked.roles, asked.triggers, asked.definition)
