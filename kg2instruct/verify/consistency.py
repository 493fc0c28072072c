"""What cannot hold together, from `schemas/rules/consistency.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import yaml

from kg2instruct.resources import resource_dir


@dataclass(frozen=True, slots=True)
class Consistency:
    """Properties by number: groups of which one holds at most, those that hold one way, pairs of dates in order."""

    exclusive: tuple[frozenset[int], ...]
    one_way: frozenset[int]
    order: tuple[tuple[int, int], ...]


@lru_cache(maxsize=1)
def load_consistency() -> Consistency:
    """Read the table once."""
    text = (resource_dir("schemas") / "rules" / "consistency.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    return Consistency(
        tuple(frozenset(map(_number, group)) for group in table["exclusive"]),
        frozenset(map(_number, table["one_way"])),
        tuple((_number(first), _number(second)) for first, second in table["order"]),
    )


def _number(pid: str) -> int:
    return int(pid[1:])
