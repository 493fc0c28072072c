"""Records whose mentions are exchanged for others of their type: what stands in the text can only be read there.

A small model that sees few texts learns them by heart. With names drawn anew in each copy it has to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from msgspec.structs import replace

from kg2instruct.records import Example, Mention

Names = Mapping[str, Sequence[str]]


def names_of(examples: Iterable[Example]) -> dict[str, list[str]]:
    """The names of each entity type, in the order in which they first stand."""
    found: dict[str, dict[str, None]] = {}
    for example in examples:
        for mention in example.entity:
            found.setdefault(mention.entity_type, {})[mention.entity] = None
    return {kind: list(names) for kind, names in found.items()}


def exchanged(example: Example, names: Names, rng: Random, *, rate: float = 0.9) -> Example:
    """A copy in which most names are others of their type, the same name everywhere the same other one.

    Only entities remain: facts do not survive. A mention within another goes.
    """
    chosen: dict[tuple[str, str], str] = {}
    mentions: list[Mention] = []
    text, at = "", 0
    placed = [x for x in example.entity if x.start is not None and x.end is not None]
    for mention in sorted(placed, key=lambda x: (x.start or 0, -(x.end or 0))):
        start, end = mention.start or 0, mention.end or 0
        if start < at:
            continue
        key = (mention.entity, mention.entity_type)
        if key not in chosen:
            others = names.get(mention.entity_type) or [mention.entity]
            chosen[key] = rng.choice(others) if rng.random() < rate else mention.entity
        text += example.text[at:start]
        mentions.append(
            replace(mention, entity=chosen[key], start=len(text), end=len(text) + len(chosen[key]), qid=None)
        )
        text += chosen[key]
        at = end
    return replace(example, text=text + example.text[at:], entity=tuple(mentions), relation=(), event=())


def only_types(example: Example, types: Sequence[str]) -> Example:
    """A copy with the mentions of these types alone."""
    return replace(
        example,
        cate=None,
        entity=tuple(x for x in example.entity if x.entity_type in types),
        relation=(),
        event=(),
    )
