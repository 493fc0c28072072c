"""Names and page titles of entities, as columns."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np
from xxhash import xxh3_64_intdigest

from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.columns import Array, pack_texts, starts
from kg2instruct.wikidata.entities import Entity, field_name
from kg2instruct.wikidata.languages import Language


class NameColumns:
    """Collects the names and titles of one entity after another.

    A name's mark holds the number of its language and, in the lowest bit, whether it is a label.
    """

    def __init__(self, langs: tuple[Language, ...]) -> None:
        self._sites = [(number, lang.site) for number, lang in enumerate(langs)]
        self._getters: list[Any] = []
        for lang in langs:
            fields = [field_name(code) for code in lang.labels]
            # attrgetter gives a tuple only for two names or more.
            self._getters.append(attrgetter(*fields, fields[0]))
        self._names: list[str] = []
        # For each entity and language: how many labels, then how many aliases.
        self._counts: list[int] = []
        self._titles: list[str] = []
        self._title_languages: list[int] = []
        self._title_counts: list[int] = []

    def add(self, entity: Entity) -> None:
        """Add the names and titles of the next entity: of each language the label, other labels, aliases."""
        labels = entity.labels if not isinstance(entity.labels, list) else None
        aliases = entity.aliases if not isinstance(entity.aliases, list) else None
        for getter in self._getters:
            found: dict[str, None] = {}
            if labels is not None:
                for term in getter(labels):
                    if term is not None and term.for_language is None:
                        found[term.value] = None
            count = len(found)
            if aliases is not None:
                for terms in getter(aliases):
                    if terms:
                        for term in terms:
                            found[term.value] = None
            self._names += found
            self._counts += (count, len(found) - count)
        links = entity.sitelinks
        before = len(self._titles)
        if links and isinstance(links, dict):
            for number, site in self._sites:
                link = links.get(site)
                if link is not None:
                    self._titles.append(link.title)
                    self._title_languages.append(number)
        self._title_counts.append(len(self._titles) - before)

    def columns(self) -> dict[str, Array]:
        """Names once per entity, language and folded form; titles; each with the hash of its folded form."""
        names = _clean(self._names)
        per_language = np.array(self._counts, np.int64).reshape(-1, len(self._getters), 2)
        entities = np.arange(len(per_language), dtype=np.uint64)
        owners = np.repeat(entities, per_language.sum(axis=(1, 2)))
        kinds = np.arange(2 * len(self._getters), dtype=np.uint8) ^ 1  # labels come first, and have the bit
        marks = np.repeat(np.tile(kinds, len(per_language)), per_language.ravel())
        hashes = _hashes(names)
        keep = _first_of_each(hashes, owners, marks >> 1)
        if "" in names:
            keep = keep[[names[row] != "" for row in keep.tolist()]]
        offsets, text = pack_texts(map(names.__getitem__, keep.tolist()))
        titles = _clean([title.replace("_", " ") for title in self._titles])
        title_offsets, title_text = pack_texts(titles)
        return {
            "name_start": starts(np.bincount(owners[keep].astype(np.int64), minlength=len(entities))),
            "name_mark": marks[keep],
            "name_hash": hashes[keep],
            "name_offset": offsets,
            "name_text": text,
            "title_start": starts(np.array(self._title_counts, np.int64)),
            "title_language": np.array(self._title_languages, np.uint8),
            "title_hash": _hashes(titles),
            "title_offset": title_offsets,
            "title_text": title_text,
        }


def _clean(names: list[str]) -> list[str]:
    """Names with single spaces between words, without line breaks and NUL."""
    clean = [" ".join(name.split()) for name in names]
    return [name.replace("\0", "") for name in clean] if "\0" in "".join(clean) else clean


def _hashes(texts: list[str]) -> Array:
    """The hash of each text's folded form; the texts hold no NUL."""
    if not texts:
        return np.empty(0, np.uint64)
    return np.array(list(map(xxh3_64_intdigest, fold("\0".join(texts)).encode().split(b"\0"))), np.uint64)


def _first_of_each(hashes: Array, owners: Array, langs: Array) -> Array:
    """The rows, in order, that are the first with their hash, owner and language."""
    mixed = hashes ^ (owners * np.uint64(0x9E3779B97F4A7C15) + langs * np.uint64(0xC2B2AE3D27D4EB4F))
    _, first = np.unique(mixed, return_index=True)
    return np.sort(first)
