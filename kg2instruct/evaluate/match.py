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
    """How many units can be paired, each once, so that labels agree and spans hold each other."""
    found, gold = found[:MOST_UNITS], gold[:MOST_UNITS]
    return len(
        largest_matching([[j for j, other in enumerate(gold) if _near(unit, other)] for unit in found])
    )


def largest_matching(options: Sequence[Sequence[int]]) -> dict[int, int]:
    """As many pairs as there can be, of an option and the number of one that has it, each in one pair at most.

    `largest_matching([[0, 1], [0]])` is {1: 0, 0: 1}. By augmenting paths, without recursion.
    """
    owner: dict[int, int] = {}
    held: dict[int, int] = {}
    for start in range(len(options)):
        reached: dict[int, int] = {}  # option to the one that asked for it
        queue = [start]
        free: int | None = None
        while queue and free is None:
            asking = queue.pop()
            for option in options[asking]:
                if option not in reached:
                    reached[option] = asking
                    if option not in owner:
                        free = option
                        break
                    queue.append(owner[option])
        while free is not None:  # each on the way gives up its option for the one it asked for
            asking = reached[free]
            owner[free] = asking
            given_up = held.get(asking)
            held[asking], free = free, given_up
    return owner


def _near(one: Unit, other: Unit) -> bool:
    return one[:3] == other[:3] and all(
        a == b or (a and b and (a in b or b in a)) for a, b in zip(one.spans, other.spans, strict=True)
    )
