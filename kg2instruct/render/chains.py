"""Chains of a transitive relation: of A in B, B in C and A in C, the last follows from the others."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from kg2instruct.records import Example, Triple


def most_specific(example: Example, chained: Collection[str]) -> Example:
    """The example without the triples that follow from two others by one of the chained relations, by name."""
    links = {_link(triple) for triple in example.relation if triple.relation in chained}
    if len(links) < 3:
        return example
    for link in sorted(links):
        if _follows(link, links):
            links.remove(link)  # at once, so that of links in a circle not each is left out for the other
    kept = tuple(x for x in example.relation if x.relation not in chained or _link(x) in links)
    return replace(example, relation=kept)


def _link(triple: Triple) -> tuple[str, str, str]:
    return triple.head_qid or triple.head, triple.relation, triple.tail_qid or triple.tail


def _follows(link: tuple[str, str, str], links: Collection[tuple[str, str, str]]) -> bool:
    head, relation, tail = link
    between = (t for h, r, t in links if h == head and r == relation and t not in (head, tail))
    return any((middle, relation, tail) in links for middle in between)
