"""Chains of a transitive relation: of A in B, B in C and A in C, the last follows from the others."""

from __future__ import annotations

import dataclasses

from kg2instruct.records import Example
from kg2instruct.schema import SchemaSet


def most_specific(example: Example, schemas: SchemaSet) -> Example:
    """The example without the triples that follow from two others by a relation that its schema calls a chain."""
    chained = {f"P{relation.pid}" for relation in schemas.relations.values() if relation.chain}
    links = {(t.head_qid, t.property, t.tail_qid) for t in example.relation if t.property in chained}
    if len(links) < 3:
        return example
    kept = tuple(
        triple
        for triple in example.relation
        if triple.property not in chained
        or not any(
            head == triple.head_qid and pid == triple.property and (tail, pid, triple.tail_qid) in links
            for head, pid, tail in links
            if tail != triple.tail_qid
        )
    )
    return dataclasses.replace(example, relation=kept)
