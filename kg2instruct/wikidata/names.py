"""Names and page titles of entities, as columns."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import astuple
from xxhash import xxh3_64_intdigest

from kg2instruct.lang.demonyms import demonyms
from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.columns import Array, split_texts, starts, take_texts
from kg2instruct.wikidata.entities import Entity
from kg2instruct.wikidata.languages import Language, label_languages

# All that `str.split` takes for white space, but single spaces between words.
_UNUSUAL_SPACES = (
    *("  ", " \0", "\0 "),
    *(chr(code) for code in range(0x3001) if chr(code).isspace() and chr(code) != " "),
)


class NameColumns:
    """Collects the names and titles of one entity after another.

    A name's mark holds the number of its language and, in the lowest bit, whether it is a label.
    """

    def __init__(self, langs: tuple[Language, ...]) -> None:
        self._sites = [(number, lang.site) for number, lang in enumerate(langs)]
        self._demonyms = [demonyms(lang.code) for lang in langs]
        self._getters: list[Any] = []
        places = {code: place for place, code in enumerate(label_languages(langs))}
        for lang in langs:
            first, *more = [places[code] for code in lang.labels]
            # itemgetter gives a tuple only for two places or more.
            self._getters.append(itemgetter(first, *more, first))
        self._names: list[str] = []
        # For each entity and language: how many labels, then how many aliases.
        self._counts: list[int] = []
        self._titles: list[str] = []
        self._title_languages: list[int] = []
        self._title_counts: list[int] = []

    def add(self, entity: Entity, number: int) -> None:
        """Add the names and titles of the next entity: of each language the label, other labels, aliases, demonyms."""
        labels = astuple(entity.labels) if isinstance(entity.labels, Struct) else None
        aliases = astuple(entity.aliases) if isinstance(entity.aliases, Struct) else None
        for getter, adjectives in zip(self._getters, self._demonyms, strict=True):
            found: dict[str, None] = {}
            if labels is not None:
                for term in filter(None, getter(labels)):
                    if term.for_language is None:
                        found[term.value] = None
            count = len(found)
            if aliases is not None:
                for terms in filter(None, getter(aliases)):
                    for term in terms:
                        found[term.value] = None
            if number in adjectives:
                found |= dict.fromkeys(adjectives[number])
            self._names += found
            self._counts += (count, len(found) - count)
        links = entity.sitelinks
        before = len(self._titles)
        if links and isinstance(links, dict):
            for number, site in self._sites:
                link = links.get(site)
                if link is not None:
                    self._titles.append(link.title.replace("_", " "))
                    self._title_languages.append(number)
        self._title_counts.append(len(self._titles) - before)

    def columns(self) -> dict[str, Array]:
        """Names once per entity, language and folded form; titles; each with the hash of its folded form."""
        per_language = np.array(self._counts, np.int64).reshape(-1, len(self._getters), 2)
        entities = np.arange(len(per_language), dtype=np.uint64)
        owners = np.repeat(entities, per_language.sum(axis=(1, 2)))
        kinds = np.arange(2 * len(self._getters), dtype=np.uint8) ^ 1  # labels come first, and have the bit
        marks = np.repeat(np.tile(kinds, len(per_language)), per_language.ravel())
        offsets, text, hashes = _packed(self._names)
        keep = _first_of_each(hashes, owners, marks >> 1)
        keep = keep[np.diff(offsets)[keep] > 0]
        offsets, text = take_texts(offsets, text, keep)
        title_offsets, title_text, title_hashes = _packed(self._titles)
        return {
            "name_start": starts(np.bincount(owners[keep].astype(np.int64), minlength=len(entities))),
            "name_mark": marks[keep],
            "name_hash": hashes[keep],
            "name_offset": offsets,
            "name_text": text,
            "title_start": starts(np.array(self._title_counts, np.int64)),
            "title_language": np.array(self._title_languages, np.uint8),
            "title_hash": title_hashes,
            "title_offset": title_offsets,
            "title_text": title_text,
        }


def _packed(names: list[str]) -> tuple[Array, Array, Array]:
    """Names with single spaces between words, as offsets and bytes, and the hashes of their folded forms."""
    if not names:
        return np.zeros(1, np.int64), np.empty(0, np.uint8), np.empty(0, np.uint64)
    joined = "\0".join(names)
    if joined.count("\0") != len(names) - 1:
        joined = "\0".join(name.replace("\0", " ") for name in names)
    # All at once, for one call a name would cost more than the work.
    if any(space in joined for space in _UNUSUAL_SPACES) or joined[:1] == " " or joined[-1:] == " ":
        joined = " ".join(joined.split()).replace(" \0", "\0").replace("\0 ", "\0")
    folded = fold(joined).encode().split(b"\0")
    return *split_texts(joined.encode() + b"\0"), np.array(list(map(xxh3_64_intdigest, folded)), np.uint64)


def _first_of_each(hashes: Array, owners: Array, langs: Array) -> Array:
    """The rows, in order, that are the first with their hash, owner and language."""
    mixed = hashes ^ (owners * np.uint64(0x9E3779B97F4A7C15) + langs * np.uint64(0xC2B2AE3D27D4EB4F))
    _, first = np.unique(mixed, return_index=True)
    return np.sort(first)
