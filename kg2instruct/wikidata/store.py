"""Names, types and claims of Wikidata's entities, memory-mapped from a folder.

    store = Store.open(Path("kb"))
    store.find_title("zh", "柏林")   # 64
    store.claims(64)                 # (Claim(property=17, value=183, …), …)

QIDs and PIDs are plain integers. An unknown one has no names and no claims; that is no error. Redirected ones
are followed.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from kg2instruct.errors import ConfigError
from kg2instruct.lang.values import Quantity, Text
from kg2instruct.wikidata.claims import DATATYPE
from kg2instruct.wikidata.columns import map_column
from kg2instruct.wikidata.dictionary import NameDictionary
from kg2instruct.wikidata.manifest import COLUMNS, Manifest, read_manifest
from kg2instruct.wikidata.packing import (
    ENDED,
    INSTANCE_OF,
    INVERSE_PROPERTY,
    ITEM,
    KIND_SHIFT,
    PREFERRED,
    PROPERTY_BIT,
    PROPERTY_SHIFT,
    QUANTITY,
    SUBCLASS_OF,
    TIME,
    is_julian,
    unpack_time,
)
from kg2instruct.wikidata.records import Candidate, Claim, Value
from kg2instruct.wikidata.surfaces import Surfaces, Titles

_MANY, _SOME = 1 << 15, 1 << 13


class Store:
    """A store of Wikidata in a folder; open it once per process, or before forking."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        columns = {
            name: map_column(folder / COLUMNS / name, *layout) for name, layout in manifest.columns.items()
        }
        self._columns = columns
        # Views for what is asked one by one; arrays for what is computed with.
        views = {name: column.data for name, column in columns.items()}
        self._views = views
        self._id, self._popularity = views["entity_id"], views["entity_popularity"]
        self._claim_start = views["claim_start"]
        self._key, self._value = columns["claim_key"], columns["claim_value"]
        self._name_start, self._mark = views["name_start"], views["name_mark"]
        self._langs = {lang: number for number, lang in enumerate(manifest.langs)}
        self._surfaces = {lang: Surfaces(columns.__getitem__, lang) for lang in manifest.langs}
        self._titles = {lang: Titles(columns.__getitem__, lang) for lang in manifest.langs}
        self._dictionaries: dict[str, NameDictionary] = {}
        self._cached_row = lru_cache(_MANY)(self._find_row)
        self._cached_label = lru_cache(_MANY)(self._label)
        self._cached_names = lru_cache(_SOME)(self._names)
        self._cached_claims = lru_cache(_SOME)(self._read_claims)
        self._cached_ancestors = lru_cache(_SOME)(self._climb)
        # Most entities share their classes with many others, and so the set of all types.
        self._cached_union = lru_cache(_SOME)(self._unite)
        self._cached_types = lru_cache(_MANY)(self._find_types)

    @classmethod
    def open(cls, folder: str | Path) -> Store:
        """Map a store; InputError when the folder holds none, half of one, or one of another version."""
        folder = Path(folder)
        return cls(folder, read_manifest(folder))

    def __reduce__(self) -> tuple[Any, ...]:
        return Store.open, (self.folder,)

    @property
    def langs(self) -> tuple[str, ...]:
        """The languages of names and titles."""
        return self.manifest.langs

    def stats(self) -> dict[str, Any]:
        """What the store holds, in numbers."""
        return dict(self.manifest.counts)

    # Entities

    def __contains__(self, qid: int) -> bool:
        return self._row(qid) >= 0

    def resolve(self, qid: int) -> int:
        """The QID that a redirected one leads to; any other QID itself."""
        row = self._row(qid)
        return self._id[row] if row >= 0 else qid

    def popularity(self, qid: int) -> int:
        """On how many wikis the entity has a page."""
        row = self._row(qid)
        return self._popularity[row] if row >= 0 else 0

    def label(self, qid: int, lang: str) -> str | None:
        """The entity's label, by the fallback chain of the language."""
        return self._cached_label(self._row(qid), lang)

    def names(self, qid: int, lang: str) -> tuple[str, ...]:
        """Label, labels of other variants, and aliases; no two with the same folded form."""
        return self._cached_names(self._row(qid), lang)

    def title(self, qid: int, lang: str) -> str | None:
        """The title of the entity's page in the Wikipedia of the language."""
        return self._titles[self._known(lang)].of(self.resolve(qid))

    # Properties

    def properties(self) -> tuple[int, ...]:
        """All properties that the store knows, ascending."""
        return tuple(number & ~PROPERTY_BIT for number in self._id[bisect_left(self._id, PROPERTY_BIT) :])

    def has_property(self, pid: int) -> bool:
        """Whether the store knows the property."""
        return self._row(pid | PROPERTY_BIT) >= 0

    def property_label(self, pid: int, lang: str) -> str | None:
        """The property's label."""
        return self._label(self._row(pid | PROPERTY_BIT), lang)

    def property_names(self, pid: int, lang: str) -> tuple[str, ...]:
        """The property's label and aliases."""
        return self._names(self._row(pid | PROPERTY_BIT), lang)

    def datatype(self, pid: int) -> str | None:
        """The type of the property's values as Wikidata calls it: `wikibase-item`, `time`, `quantity`, …"""
        for claim in self.property_claims(pid):
            if claim.property == DATATYPE and isinstance(claim.value, Text):
                return claim.value.text
        return None

    def inverse(self, pid: int) -> int | None:
        """The property that says the same from the other end."""
        for claim in self.property_claims(pid):
            if claim.property == INVERSE_PROPERTY and isinstance(claim.value, int):
                return claim.value & ~PROPERTY_BIT
        return None

    def property_claims(self, pid: int) -> tuple[Claim, ...]:
        """The claims about a property itself (its data type is one with property 0)."""
        return self._cached_claims(pid | PROPERTY_BIT)

    # Names

    def find_title(self, lang: str, title: str) -> int | None:
        """The entity of a Wikipedia page, by exact title, else by the only one of the same folded form."""
        return self._titles[self._known(lang)].find(title)

    def find_name(self, lang: str, surface: str) -> tuple[Candidate, ...]:
        """The entities of that name in whatever script, width or case; best known first, then by QID."""
        return self._surfaces[self._known(lang)].find(surface)

    def dictionary(self, lang: str) -> NameDictionary:
        """All names of a language, to be found in folded text."""
        found = self._dictionaries.get(self._known(lang))
        if found is None:
            automaton, rows = (
                self._columns[f"dictionary_{lang}_{name}"] for name in ("automaton", "surface")
            )
            found = self._dictionaries[lang] = NameDictionary(automaton, rows, self._surfaces[lang])
        return found

    # Claims

    def claims(self, qid: int) -> tuple[Claim, ...]:
        """The claims about an entity, but deprecated ones and those without a value."""
        return self._cached_claims(qid)

    def objects(self, qid: int) -> tuple[int, ...]:
        """The items that the entity's claims lead to, each once, ascending."""
        a, b = self._span(qid)
        if a == b:
            return ()
        keys, values = self._key[a:b], self._value[a:b]
        return tuple(sorted(set(values[keys >> np.uint32(KIND_SHIFT) & np.uint32(3) == ITEM].tolist())))

    def incoming(self, qid: int, limit: int | None = None) -> tuple[tuple[int, int], ...]:
        """Who claims something with this item as value: (subject, property), ascending, at most `limit`."""
        a, b = self._incoming_span(qid)
        b = b if limit is None else min(b, a + limit)
        subjects, properties = self._views["incoming_subject"], self._views["incoming_property"]
        return tuple(zip(subjects[a:b], properties[a:b], strict=True))

    def incoming_count(self, qid: int) -> int:
        """How many pairs `incoming` has."""
        a, b = self._incoming_span(qid)
        return b - a

    def properties_between(self, subject: int, value: int) -> tuple[int, ...]:
        """The properties of the claims of one item with the other as value, ascending."""
        a, b = self._span(subject)
        if a == b:
            return ()
        value = self.resolve(value)
        hits = self._key[a:b][self._value[a:b] == np.uint32(value)].tolist()
        return tuple(sorted({key >> PROPERTY_SHIFT for key in hits if key >> KIND_SHIFT & 3 == ITEM}))

    # Types

    def classes(self, qid: int) -> tuple[int, ...]:
        """What the entity is an instance of (P31)."""
        return self._items(qid, INSTANCE_OF)

    def superclasses(self, qid: int) -> tuple[int, ...]:
        """What the class is a direct subclass of (P279)."""
        return self._items(qid, SUBCLASS_OF)

    def ancestors(self, class_qid: int) -> frozenset[int]:
        """The class and all classes above it (P279)."""
        return self._cached_ancestors(class_qid)

    def types(self, qid: int) -> frozenset[int]:
        """The classes of the entity and all classes above them."""
        return self._cached_types(qid)

    # Inside

    def _known(self, lang: str) -> str:
        if lang not in self._langs:
            raise ConfigError(
                f"{self.folder}: the store has no language {lang!r}; it has {', '.join(self.langs)}"
            )
        return lang

    def _row(self, number: int) -> int:
        return self._cached_row(number)

    def _find_row(self, number: int) -> int:
        """The entity's place in the columns; -1 for an unknown one."""
        row = bisect_left(self._id, number)
        if row < len(self._id) and self._id[row] == number:
            return row
        sources = self._views["redirect_from"]
        at = bisect_left(sources, number)
        if at == len(sources) or sources[at] != number:
            return -1
        target = self._views["redirect_to"][at]
        row = bisect_left(self._id, target)
        return row if row < len(self._id) and self._id[row] == target else -1

    def _span(self, number: int) -> tuple[int, int]:
        row = self._row(number)
        if row < 0:
            return 0, 0
        return self._claim_start[row], self._claim_start[row + 1]

    def _incoming_span(self, qid: int) -> tuple[int, int]:
        objects, starts = self._views["incoming_object"], self._views["incoming_start"]
        qid = self.resolve(qid)
        row = bisect_left(objects, qid)
        if row >= len(objects) or objects[row] != qid:
            return 0, 0
        return starts[row], starts[row + 1]

    def _items(self, qid: int, pid: int) -> tuple[int, ...]:
        a, b = self._span(qid)
        wanted = pid << PROPERTY_SHIFT - KIND_SHIFT | ITEM
        pairs = zip(self._views["claim_key"][a:b], self._views["claim_value"][a:b], strict=True)
        return tuple(dict.fromkeys([value for key, value in pairs if key >> KIND_SHIFT == wanted]))

    def _read_claims(self, number: int) -> tuple[Claim, ...]:
        a, b = self._span(number)
        claims: list[Claim] = []
        views = self._views
        for key, raw in zip(views["claim_key"][a:b], views["claim_value"][a:b], strict=True):
            kind = key >> KIND_SHIFT & 3
            value: Value = raw
            julian = False
            if kind == TIME:
                packed = views["time"][raw]
                value, julian = unpack_time(packed), is_julian(packed)
            elif kind == QUANTITY:
                value = Quantity(views["amount"][raw], views["unit"][raw])
            elif kind != ITEM:
                lang, _, text = self._texts("text", raw, raw + 1)[0].partition("\t")
                value = Text(text, lang)
            claims.append(
                Claim(key >> PROPERTY_SHIFT, value, bool(key & PREFERRED), bool(key & ENDED), julian)
            )
        return tuple(claims)

    def _texts(self, name: str, a: int, b: int) -> list[str]:
        bounds = self._views[f"{name}_offset"][a : b + 1]
        raw = self._views[f"{name}_text"]
        return [str(raw[c:d], "utf-8") for c, d in pairwise(bounds)]

    def _names(self, row: int, lang: str) -> tuple[str, ...]:
        number = self._langs[self._known(lang)]
        if row < 0:
            return ()
        a, b = self._name_start[row], self._name_start[row + 1]
        marks = self._mark[a:b]
        c, d = bisect_left(marks, number << 1), bisect_left(marks, number + 1 << 1)
        return tuple(self._texts("name", a + c, a + d)) if d > c else ()

    def _label(self, row: int, lang: str) -> str | None:
        number = self._langs[self._known(lang)]
        if row < 0:
            return None
        a, b = self._name_start[row], self._name_start[row + 1]
        marks = self._mark[a:b].tolist()
        wanted = number << 1 | 1
        if wanted not in marks:
            return None
        at = a + marks.index(wanted)
        return self._texts("name", at, at + 1)[0]

    def _climb(self, qid: int) -> frozenset[int]:
        seen = {qid}
        rest = [qid]
        while rest:
            for above in self.superclasses(rest.pop()):
                if above not in seen:
                    seen.add(above)
                    rest.append(above)
        return frozenset(seen)

    def _find_types(self, qid: int) -> frozenset[int]:
        return self._cached_union(self.classes(qid))

    def _unite(self, classes: tuple[int, ...]) -> frozenset[int]:
        return frozenset().union(*map(self.ancestors, classes))
