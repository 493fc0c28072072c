"""How many units of an answer are those of the gold: exactly, or with other borders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kg2instruct.evaluate.units import Unit

# No honest answer to one question has more; beyond, borders are compared only in order.
MOST_UNITS = 500


def exact(found: Sequence[Unit], gold: Sequence[Unit]) -> Counter[Unit]:
    """The units that both have, as often as both have them."""
    return Counter(found) & Counter(gold)


def relaxed(found: Sequence[Unit], gold: Sequence[Unit]) -> int:
    """How many units can be paired, each once, so that labels agree and spans hold each other.

    The most that is possible (a maximum matching), found by augmenting paths.
    """
    found, gold = found[:MOST_UNITS], gold[:MOST_UNITS]
    near = [[j for j, other in enumerate(gold) if _near(unit, other)] for unit in found]
    partner: dict[int, int] = {}

    def settle(i: int, seen: set[int]) -> bool:
        for j in near[i]:
            if j not in seen:
                seen.add(j)
                if j not in partner or settle(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    return sum(settle(i, set()) for i in range(len(found)))


def _near(one: Unit, other: Unit) -> bool:
    return one[:3] == other[:3] and all(
        a == b or (a and b and (a in b or b in a)) for a, b in zip(one.spans, other.spans, strict=True)
    )
