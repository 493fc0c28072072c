"""When two triples say the same: alias forms of one entity, values by meaning, either end first."""

from __future__ import annotations

from collections.abc import Mapping

from kg2instruct.lang.fold import fold
from kg2instruct.lang.tail_values import kind_of, same_tail
from kg2instruct.records import Example, Triple
from kg2instruct.schema import SchemaSet

# How two dates or amounts are the same, whichever of the two a text rounds.
_VALUES = ("time", "quantity")


class Facts:
    """Compares the triples of one record."""

    def __init__(self, example: Example, schemas: SchemaSet) -> None:
        self._schemas = schemas
        self._names: Mapping[str, str] = {
            fold(m.entity): m.qid for m in reversed(example.entity) if m.qid is not None
        }

    def head(self, triple: Triple) -> str:
        """What the head is: its entity, or else its name."""
        return triple.head_qid or self._known(triple.head)

    def tail(self, triple: Triple) -> str:
        """What the tail is: its entity, its value, or else its name."""
        return triple.tail_qid or triple.tail_value or self._known(triple.tail)

    def _known(self, name: str) -> str:
        folded = fold(name)
        return self._names.get(folded, folded)

    def same(self, one: Triple, other: Triple) -> bool:
        """Whether two triples say the same, also from the other end."""
        pid, theirs = property_of(one), property_of(other)
        if pid == theirs and self.head(one) == self.head(other) and self.same_tail(one, other):
            return True
        if not pid or not theirs or one.tail_value or other.tail_value:
            return False
        turned = self.head(one) == self.tail(other) and self.tail(one) == self.head(other)
        relation = self._schemas.relations.get(pid)
        if not turned or relation is None:
            return False
        return theirs in relation.inverses or (pid == theirs and relation.symmetric)

    def same_tail(self, one: Triple, other: Triple) -> bool:
        """Whether two tails are the same: values by meaning, a year and a day of it too."""
        ours, theirs = self.tail(one), self.tail(other)
        if ours == theirs:
            return True
        kind = kind_of(ours)
        return kind in _VALUES and kind == kind_of(theirs) and same_tail(kind, ours, theirs)

    def is_functional(self, triple: Triple) -> bool:
        """Whether a head has one tail at a time."""
        relation = self._schemas.relations.get(property_of(triple))
        return relation is not None and relation.functional


def property_of(triple: Triple) -> int:
    """The number of a triple's property, 0 for none."""
    return int(triple.property[1:]) if triple.property else 0
