"""Why a record is as it is: what `kg2instruct explain` tells, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from kg2instruct.records import PageRef


@dataclass(frozen=True, slots=True)
class Named:
    """An entity or property with its label in the page's language."""

    id: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class WhyMention:
    """A mention and what told that it means this entity; `others` are entities that it might have meant."""

    entity: str
    entity_type: str
    start: int
    end: int
    via: str
    means: Named | None
    why: str
    others: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class WhyClaim:
    """A claim of the knowledge base, the relation of the schema that it becomes, and how the sentence states it.

    `rank` is preferred or normal (deprecated claims are not in the knowledge base); `ended` says that the claim has
    an end time; `turned` names the property that it is written as, where the schema writes it from its other end.
    `seen` is the sentence as the rules see it: ① head, ② tail, ③ other entities, ④ other dates and numbers.
    """

    head: str
    relation: str
    tail: str
    subject: Named
    property: Named
    value: str
    rank: str
    ended: bool
    schema: str
    turned: Named | None
    seen: str
    rule: str | None = None
    """The rule that dropped it; None where it is kept."""
    why: str = ""
    """What states it, or what the rule says."""


@dataclass(frozen=True, slots=True)
class WhySentence:
    """A sentence of the record with its triples and the claims that were dropped; `note` where there is no claim."""

    text: str
    start: int
    end: int
    triples: tuple[WhyClaim, ...] = ()
    dropped: tuple[WhyClaim, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of a record. `differs` says how it is not what was stored, empty where it is the same."""

    id: str
    page: PageRef
    source: str
    """The dump that the page was read from."""
    subject: Named | None
    subject_why: str
    topic: str | None
    text: str
    mentions: tuple[WhyMention, ...]
    sentences: tuple[WhySentence, ...]
    differs: str = ""
