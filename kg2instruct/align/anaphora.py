"""Words that stand for a place named before: 该国, 该省. They are no mentions, but claims are read through them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kg2instruct.align.context import AlignContext
from kg2instruct.align.mentions import Name

_PLACE_AGAIN = re.compile(r"[该該](?:([国國])|([省州县縣市区區镇鎮]))")
_SIMPLE = str.maketrans("國縣區鎮", "国县区镇")


def anaphors(
    plain: str, names: Sequence[Name], subject: int | None, context: AlignContext
) -> Iterator[tuple[int, int, Name]]:
    """Where a text says `that country` or `that province`, with the last name before it that is one.

    None where the page's subject is such a place: then it is meant. Provinces and the like are told by the last
    character of their names.
    """
    for found in _PLACE_AGAIN.finditer(plain):
        kind = found[2].translate(_SIMPLE) if found[2] else ""
        label = context.store.label(subject, "zh") or "" if subject is not None else ""
        if subject is not None and _is_such(subject, label, kind, context):
            continue
        before = (name for name in reversed(names) if name.end <= found.start())
        meant = (name for name in before if _is_such(name.qids[0], plain[: name.end], kind, context))
        for name in meant:
            yield found.start(), found.end(), name
            break


def _is_such(qid: int, called: str, kind: str, context: AlignContext) -> bool:
    if kind:
        return called[-1:].translate(_SIMPLE) == kind and context.coarse_type(qid) == "place"
    found = context.entity_type(qid)
    return found is not None and found.id == "country"
