"""Records with what some corpora say beyond ours: which mentions are one entity, which events are one, whether real.

The fields stand in the JSON of a record behind ours; where records are read again as Examples, they are left out.
"""

from __future__ import annotations

from kg2instruct.records import Argument, Event, Mention, Triple


class CorefMention(Mention, frozen=True, gc=False):
    """A mention; those of one document with the same `entity_id` name one entity."""

    entity_id: str | None = None


class CombinedTriple(Triple, frozen=True, gc=False):
    """A relation that follows from several sentences together, where `combined`."""

    combined: bool = False


class RealisEvent(Event, frozen=True, gc=False):
    """An event that is Actual, Generic or Other; those with the same `event_id` are one event."""

    realis: str | None = None
    event_id: str | None = None


class AceEvent(RealisEvent, frozen=True, gc=False):
    """An event of ACE: `realis` is its genericity (Specific, Generic)."""

    modality: str | None = None
    polarity: str | None = None
    tense: str | None = None


class AceMention(CorefMention, frozen=True, gc=False):
    """A mention with what ACE says beyond: `level` is NAM, NOM or PRO, `value` the VAL of a timex2."""

    subtype: str | None = None
    level: str | None = None
    head: str | None = None
    head_start: int | None = None
    value: str | None = None


class AceTriple(Triple, frozen=True, gc=False):
    """A relation with its subtype and the arguments beside head and tail (times)."""

    subtype: str | None = None
    arguments: tuple[Argument, ...] = ()
