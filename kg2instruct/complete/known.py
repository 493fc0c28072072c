"""What a knowledge base says of a model's triple: that it holds, that it does not, or nothing."""

from __future__ import annotations

from typing import Literal

from kg2instruct.complete.facts import property_of
from kg2instruct.lang.tail_values import kind_of, same_tail
from kg2instruct.lang.values import Quantity, Text, Time, format_quantity, format_time
from kg2instruct.records import Triple
from kg2instruct.schema import SchemaSet
from kg2instruct.wikidata.records import Value
from kg2instruct.wikidata.store import Store

Verdict = Literal["confirmed", "contradicted", ""]


def verdict(triple: Triple, store: Store, schemas: SchemaSet) -> Verdict:
    """Confirmed by a claim from either end; contradicted where the head's only value is another, or the claim
    holds the other way round alone.
    """
    pid = property_of(triple)
    relation = schemas.relations.get(pid)
    if triple.head_qid is None or relation is None:
        return ""
    head = store.resolve(int(triple.head_qid[1:]))
    claims = [claim for claim in store.claims(head) if claim.property == pid]
    tail = store.resolve(int(triple.tail_qid[1:])) if triple.tail_qid else None
    said = f"Q{tail}" if tail is not None else triple.tail_value
    if said is not None and any(_agrees(claim.value, said, store) for claim in claims):
        return "confirmed"
    if tail is not None:
        turned = store.properties_between(tail, head)
        if any(inverse in turned for inverse in relation.inverses) or (relation.symmetric and pid in turned):
            return "confirmed"
        if pid in turned and pid not in relation.inverses and not relation.symmetric:
            return "contradicted"
    return "contradicted" if relation.functional and claims and said is not None else ""


def _agrees(value: Value, said: str, store: Store) -> bool:
    if isinstance(value, int):
        return f"Q{store.resolve(value)}" == said
    written = (
        format_time(value)
        if isinstance(value, Time)
        else format_quantity(value)
        if isinstance(value, Quantity)
        else value.text
        if isinstance(value, Text)
        else ""
    )
    return bool(written) and same_tail(kind_of(written), written, said)
