"""Rules that a record's triples have to keep; each is one function that says which triples break it.

They are applied in the order of RULES, each to what the ones before it left. Where two triples cannot both hold, the
weaker one goes: a model's before one of the knowledge base, the lower score, the one that comes later in the record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property

from msgspec.structs import replace

from kg2instruct.complete.facts import Facts, property_of
from kg2instruct.lang.tail_values import read_time
from kg2instruct.records import Example, Triple
from kg2instruct.registry import Registry
from kg2instruct.render.chains import most_specific
from kg2instruct.schema import LANGS, Relation, SchemaSet
from kg2instruct.verify.consistency import load_consistency


class Case:
    """The triples of a record that are still there, with what rules ask of them."""

    def __init__(self, example: Example, schemas: SchemaSet, kinds: dict[str, str]) -> None:
        self.example, self.schemas, self._kinds = example, schemas, kinds
        self.triples = example.relation
        self.facts = Facts(example, schemas)

    def relation(self, triple: Triple) -> Relation | None:
        """The schema's relation of a triple."""
        return self.schemas.relations.get(property_of(triple))

    def kind(self, name: str) -> str | None:
        """The id of a type by its name."""
        return self._kinds.get(name)

    @cached_property
    def ends(self) -> list[tuple[str, str]]:
        """Head and tail of each triple, as entities where known."""
        return [(self.facts.head(x), self.facts.tail(x)) for x in self.triples]

    def weaker(self, numbers: Collection[int]) -> list[int]:
        """All but the strongest of triples that cannot hold together."""
        return sorted(numbers, key=lambda n: _strength(self.triples[n], n))[1:]


def _strength(triple: Triple, number: int) -> tuple[bool, float, int]:
    return triple.via == "model", -(triple.score if triple.score is not None else 1.0), number


Rule = Callable[[Case], Iterable[int]]


def same_ends(case: Case) -> Iterator[int]:
    """Head and tail are one entity."""
    return (n for n, (head, tail) in enumerate(case.ends) if head == tail)


def types_do_not_fit(case: Case) -> Iterator[int]:
    """The schema does not have the relation between such types."""
    for n, x in enumerate(case.triples):
        relation = case.relation(x)
        if relation and not case.schemas.types_allowed(
            relation.pid, case.kind(x.head_type), case.kind(x.tail_type)
        ):
            yield n


def dates_out_of_order(case: Case) -> Iterator[int]:
    """Someone would have died before being born."""
    for first, second in load_consistency().order:
        for n, x in enumerate(case.triples):
            for m, y in enumerate(case.triples):
                if (
                    property_of(x) == first
                    and property_of(y) == second
                    and case.ends[n][0] == case.ends[m][0]
                ):
                    begin, end = read_time(x.tail_value or ""), read_time(y.tail_value or "")
                    if begin and end and begin.year > end.year:
                        yield from case.weaker([n, m])


def several_values(case: Case) -> Iterator[int]:
    """Another tail of a relation that has one at a time; a year and a day of it are no two."""
    groups: dict[tuple[str, int], list[int]] = {}
    for n, x in enumerate(case.triples):
        if case.facts.is_functional(x):
            groups.setdefault((case.ends[n][0], property_of(x)), []).append(n)
    for numbers in groups.values():
        first, *others = sorted(numbers, key=lambda n: _strength(case.triples[n], n))
        kept = case.triples[first]
        yield from (n for n in others if not case.facts.same_tail(kept, case.triples[n]))


def exclude_each_other(case: Case) -> Iterator[int]:
    """Two relations between the same two ends of which one holds at most."""
    for group in load_consistency().exclusive:
        pairs: dict[tuple[str, str], list[int]] = {}
        for n, x in enumerate(case.triples):
            if property_of(x) in group:
                pairs.setdefault(case.ends[n], []).append(n)
        for numbers in pairs.values():
            if len({property_of(case.triples[n]) for n in numbers}) > 1:
                yield from case.weaker(numbers)


def both_ways(case: Case) -> Iterator[int]:
    """What holds one way only, said of both ends."""
    one_way = load_consistency().one_way
    places = {(property_of(x), *case.ends[n]): n for n, x in enumerate(case.triples)}
    for (pid, head, tail), n in places.items():
        other = places.get((pid, tail, head))
        if pid in one_way and other is not None and n < other:
            yield from case.weaker([n, other])


def said_twice(case: Case) -> Iterator[int]:
    """The same fact again: a symmetric relation turned round, an inverse one, another name of an end."""
    kept: list[int] = []
    for n in sorted(range(len(case.triples)), key=lambda n: (not _canonical(case, n), n)):
        if any(case.facts.same(case.triples[n], case.triples[m]) for m in kept):
            yield n
        else:
            kept.append(n)


def _canonical(case: Case, number: int) -> bool:
    relation = case.relation(case.triples[number])
    return relation is None or relation.canonical


def follows_from_others(case: Case) -> Iterator[int]:
    """Of A in B, B in C and A in C the last follows from the others."""
    chained = {x.relation for x in case.triples if (relation := case.relation(x)) and relation.chain}
    left = {id(x) for x in most_specific(case.example, chained).relation}
    return (n for n, x in enumerate(case.triples) if id(x) not in left)


RULES: Registry[Rule] = Registry(
    "rule",
    {
        "same ends": same_ends,
        "types": types_do_not_fit,
        "dates out of order": dates_out_of_order,
        "several values": several_values,
        "exclude each other": exclude_each_other,
        "both ways": both_ways,
        "said twice": said_twice,
        "follows from others": follows_from_others,
    },
)


class Rules:
    """Applies rules, all of them by default, to one record after the other."""

    def __init__(self, schemas: SchemaSet, names: Iterable[str] | None = None) -> None:
        self._schemas = schemas
        self._rules = {name: RULES[name] for name in (RULES if names is None else names)}
        self._kinds = {
            kind.name[lang]: kind.id
            for kind in sorted(schemas.types.values(), key=lambda x: x.parent is None)
            for lang in LANGS
        }

    def apply(self, example: Example) -> tuple[Example, list[tuple[str, Triple]]]:
        """The record without the triples that break a rule, and these with the rule's name."""
        dropped: list[tuple[str, Triple]] = []
        for name, rule in self._rules.items():
            if not example.relation:
                break
            broken = set(rule(Case(example, self._schemas, self._kinds)))
            if broken:
                dropped += [(name, x) for n, x in enumerate(example.relation) if n in broken]
                kept = tuple(x for n, x in enumerate(example.relation) if n not in broken)
                example = replace(example, relation=kept)
        return example, dropped
