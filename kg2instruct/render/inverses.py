"""Relations that say the same of the same two ends, from the one and from the other: follows, followed by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from kg2instruct.schema import Relation, load_schemas

_PROPERTY = re.compile(r"P[1-9]\d*")


def inverse_names(
    properties: Mapping[str, str], relations: Mapping[int, Relation] | None = None
) -> dict[str, frozenset[str]]:
    """For the names of relations the names of their inverses; both are told by their Wikidata properties.

    `relations` are those that know their inverses, by default those of the project's own schemas.
    """
    pids = {name: int(pid[1:]) for name, pid in properties.items() if _PROPERTY.fullmatch(pid)}
    if not pids:
        return {}
    known = known_relations() if relations is None else relations
    names: dict[int, list[str]] = {}
    for name, pid in pids.items():
        names.setdefault(pid, []).append(name)
    inverses = {
        name: frozenset(other for x in known[pid].inverses for other in names.get(x, ()) if other != name)
        for name, pid in pids.items()
        if pid in known
    }
    return {name: others for name, others in inverses.items() if others}


@cache
def known_relations() -> Mapping[int, Relation]:
    """The relations of the project's own schemas, by number of their property."""
    return load_schemas().relations
