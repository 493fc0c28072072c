"""A sample in which rare relations and topics are not lost: strata take turns until it is full."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

import xxhash

from kg2instruct.records import Example

Stratum = tuple[str, str]


def strata_of(example: Example) -> set[Stratum]:
    """Relation and topic of each triple; a record without triples belongs to none."""
    return {(x.property or x.relation, example.cate or "") for x in example.relation}


def choose(examples: Iterable[Example], count: int, seed: int) -> set[int]:
    """The numbers of `count` records with triples, all of them where there are fewer.

    Strata take turns, the rarest first; which of its records a stratum gives follows from the seed and the record's
    id, so that order and other records matter little.
    """
    members: dict[Stratum, list[tuple[int, int]]] = {}
    for number, example in enumerate(examples):
        key = xxhash.xxh3_64_intdigest(f"{seed}:{example.id}".encode())
        for stratum in strata_of(example):
            members.setdefault(stratum, []).append((key, number))
    ordered = sorted(members.items(), key=lambda x: (len(x[1]), x[0]))
    queues = [deque(number for _, number in sorted(entries)) for _, entries in ordered]
    chosen: set[int] = set()
    for number in chain.from_iterable(_rounds(queues, chosen)):
        if len(chosen) >= count:
            break
        chosen.add(number)
    return chosen


def _rounds(queues: list[deque[int]], chosen: set[int]) -> Iterator[Iterator[int]]:
    """In each round one record of each stratum that is not chosen yet."""
    while any(queues):
        yield _one_each(queues, chosen)


def _one_each(queues: list[deque[int]], chosen: set[int]) -> Iterator[int]:
    for queue in queues:
        while queue:
            number = queue.popleft()
            if number not in chosen:
                yield number
                break
