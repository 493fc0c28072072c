"""What is in a store, and what it knows of one entity, as plain records to be shown."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg2instruct.errors import InputError
from kg2instruct.lang.fold import fold
from kg2instruct.lang.values import Quantity, Text, Time, format_quantity, format_time
from kg2instruct.wikidata.lines import entity_number
from kg2instruct.wikidata.manifest import COLUMNS
from kg2instruct.wikidata.packing import PROPERTY_BIT
from kg2instruct.wikidata.records import Candidate, Claim
from kg2instruct.wikidata.store import Store

_MAX_SHOWN = 200
# `Q64`, or where it is described: http://www.wikidata.org/entity/Q64, https://www.wikidata.org/wiki/Property:P31.
_ID = re.compile(r"(?:https?://\S*[/:])?(?P<id>[QP][0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StoreDescription:
    """A store as a whole; `dump_date` is the day of its newest entity, empty where the dump does not say."""

    folder: Path
    langs: tuple[str, ...]
    dump_date: str
    counts: dict[str, Any]
    read: dict[str, int]
    bytes: int
    bytes_by_kind: dict[str, int]


@dataclass(frozen=True, slots=True)
class ClaimDescription:
    """A claim in words: the property's label, the value's label or written form."""

    property: str
    property_label: str
    value: str
    value_label: str
    preferred: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class EntityDescription:
    """An entity or property: its names and titles by language, types and claims.

    `asked` is another id than `id` for a redirect. Of claims the first are given, `claim_count` is of all.
    """

    asked: str
    id: str
    names: dict[str, tuple[str, ...]]
    titles: dict[str, str]
    popularity: int
    classes: tuple[str, ...]
    claims: tuple[ClaimDescription, ...]
    claim_count: int
    incoming_count: int
    datatype: str = ""
    inverse: str = ""


def describe_store(store: Store) -> StoreDescription:
    """Counts, languages, dates and sizes of a store."""
    sizes: Counter[str] = Counter()
    for name in store.manifest.columns:
        sizes[name.partition("_")[0]] += (store.folder / COLUMNS / name).stat().st_size
    return StoreDescription(
        folder=store.folder,
        langs=store.langs,
        dump_date=store.manifest.dump_date,
        counts=store.stats(),
        read=dict(store.manifest.read),
        bytes=sum(sizes.values()),
        bytes_by_kind=dict(sorted(sizes.items())),
    )


def describe_entity(store: Store, entity: str) -> EntityDescription:
    """What a store knows of `Q64`, `P31`, an address of one, a title or a name; InputError where it knows nothing."""
    text = entity.strip()
    if asked := _ID.fullmatch(text):
        number = entity_number(asked["id"])
        if number & PROPERTY_BIT and store.has_property(number & ~PROPERTY_BIT):
            return _describe_property(store, number & ~PROPERTY_BIT)
        if number and number in store:
            return _describe_item(store, asked["id"].upper(), number)
        raise InputError(f"{store.folder}: has no {asked['id'].upper()}")
    if (found := _find(store, text)) is not None:
        return _describe_item(store, text, found)
    if (found := _find_property(store, text)) is not None:
        return _describe_property(store, found)
    raise InputError(f"{store.folder}: has no entity named {text!r}; give an id (Q64, P31), title or name")


def _find(store: Store, text: str) -> int | None:
    for lang in store.langs:
        if (found := store.find_title(lang, text)) is not None:
            return found
    candidates: list[Candidate] = [
        candidate for lang in store.langs for candidate in store.find_name(lang, text)
    ]
    return max(candidates, key=lambda c: (store.popularity(c.qid), -c.qid)).qid if candidates else None


def _find_property(store: Store, text: str) -> int | None:
    """The first property of that name, of those whose label it is if there are any."""
    folded = fold(" ".join(text.split()))
    named = {
        pid: folded in map(fold, filter(None, (store.property_label(pid, lang) for lang in store.langs)))
        for pid in store.properties()
        if any(folded in map(fold, store.property_names(pid, lang)) for lang in store.langs)
    }
    return min(named, key=lambda pid: (not named[pid], pid), default=None)


def _describe_item(store: Store, asked: str, qid: int) -> EntityDescription:
    qid = store.resolve(qid)
    claims = store.claims(qid)
    titles = {lang: store.title(qid, lang) for lang in store.langs}
    return EntityDescription(
        asked=asked,
        id=f"Q{qid}",
        names={lang: store.names(qid, lang) for lang in store.langs},
        titles={lang: title for lang, title in titles.items() if title is not None},
        popularity=store.popularity(qid),
        classes=tuple(_item(store, target) for target in store.classes(qid)),
        claims=tuple(_describe_claim(store, claim) for claim in claims[:_MAX_SHOWN]),
        claim_count=len(claims),
        incoming_count=store.incoming_count(qid),
    )


def _describe_property(store: Store, pid: int) -> EntityDescription:
    inverse = store.inverse(pid)
    claims = [claim for claim in store.property_claims(pid) if claim.property]
    return EntityDescription(
        asked=f"P{pid}",
        id=f"P{pid}",
        names={lang: store.property_names(pid, lang) for lang in store.langs},
        titles={},
        popularity=0,
        classes=(),
        claims=tuple(_describe_claim(store, claim) for claim in claims[:_MAX_SHOWN]),
        claim_count=len(claims),
        incoming_count=0,
        datatype=store.datatype(pid) or "",
        inverse=f"P{inverse}" if inverse is not None else "",
    )


def _describe_claim(store: Store, claim: Claim) -> ClaimDescription:
    value, label = claim.value, ""
    if isinstance(value, Time):
        written = format_time(value) + (" (Julian)" if claim.julian else "")
    elif isinstance(value, Quantity):
        written = format_quantity(value)
        label = _label(store, value.unit) if value.unit else ""
    elif isinstance(value, Text):
        written, label = value.text, value.lang
    elif value >= 1 << 31:
        written = f"P{value - (1 << 31)}"
    else:
        written, label = f"Q{value}", _label(store, value)
    name = next(filter(None, (store.property_label(claim.property, lang) for lang in store.langs)), "")
    return ClaimDescription(f"P{claim.property}", name, written, label, claim.preferred, claim.ended)


def _item(store: Store, qid: int) -> str:
    label = _label(store, qid)
    return f"Q{qid} {label}".rstrip()


def _label(store: Store, qid: int) -> str:
    return next(filter(None, (store.label(qid, lang) for lang in store.langs)), "")
