"""What alignment needs to know beside the page: the store, the schema, the evidence, the links of the dump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from kg2instruct.align.claims import ClaimIndex
from kg2instruct.align.evidence import Evidence, EvidenceTable
from kg2instruct.align.lazy import lazy
from kg2instruct.align.options import AlignOptions
from kg2instruct.records import Lang
from kg2instruct.schema import EntityType, Relation, SchemaSet, Topic
from kg2instruct.wikidata.dictionary import NameDictionary
from kg2instruct.wikidata.records import Candidate
from kg2instruct.wikidata.store import Store


class Links(Protocol):
    """Redirects and anchor counts of the dump (`wiki.links.LinkTable`)."""

    def resolve(self, title: str) -> str: ...

    def commonness(self, surface: str) -> Sequence[tuple[str, int]]: ...


class NoLinks:
    """No dump was scanned: titles are their own targets."""

    def resolve(self, title: str) -> str:
        return title

    def commonness(self, surface: str) -> Sequence[tuple[str, int]]:  # noqa: ARG002
        return ()


# Types whose entities have names of their own.
_NAMED = frozenset(
    {
        "artefact",
        "astronomical",
        "award",
        "building",
        "event",
        "medicine",
        "organism",
        "organization",
        "people",
        "person",
        "place",
        "transport",
        "work",
    }
)

_CACHED = 50_000


def _make_room(cache: dict[Any, Any]) -> None:
    """Keep a cache bounded; simply anew, since the common keys are soon back."""
    if len(cache) >= _CACHED:
        cache.clear()


@dataclass
class AlignContext:
    """Everything that stays the same from page to page; opened once a process."""

    store: Store
    schemas: SchemaSet
    evidence: EvidenceTable
    lang: Lang
    links: Links = field(default_factory=NoLinks)
    options: AlignOptions = field(default_factory=AlignOptions)
    source: str = "wikipedia"

    def __post_init__(self) -> None:
        self._types: dict[int, EntityType | None] = {}
        self._types_of_classes: dict[tuple[int, ...], tuple[EntityType, ...]] = {}
        self._common: dict[int, bool] = {}
        self._coarse: dict[int, str] = {}
        self._around: dict[str, frozenset[str]] = {}
        self._titles: dict[tuple[str, str], int | None] = {}
        self._named: dict[str, tuple[Candidate, ...]] = {}
        self._notions: dict[str, tuple[int, ...]] = {}
        self._type_names: dict[int, str] = {}
        self._candidates: dict[int, tuple[Candidate, ...]] = {}
        self._claims: dict[int, ClaimIndex] = {}
        self._evidence: dict[int, Evidence] = {}
        self._known = frozenset(pid for pid, r in self.schemas.relations.items() if r.kind != "class")

    @lazy
    def dictionary(self) -> NameDictionary:
        """All names of the store in the language."""
        return self.store.dictionary(self.lang)

    def title(self, title: str, lang: str = "") -> int | None:
        """The entity of a page of the wiki, or of the wiki in another language that the store knows."""
        key = (title, lang or self.lang)
        found = self._titles.get(key, 0)
        if found == 0:
            _make_room(self._titles)
            found = self.store.find_title(key[1], title) if key[1] in self.store.langs else None
            self._titles[key] = found
        return found

    def named(self, surface: str) -> tuple[Candidate, ...]:
        """The entities with a name in the language, best known first."""
        found = self._named.get(surface)
        if found is None:
            _make_room(self._named)
            found = self._named[surface] = self.store.find_name(self.lang, surface)
        return found

    def notions(self, surface: str) -> tuple[int, ...]:
        """Those entities with a name that are notions; none where the name has too many readings."""
        found = self._notions.get(surface)
        if found is None:
            named = self.named(surface)
            few = len(named) <= self.options.max_ambiguity
            found = tuple(other.qid for other in named if self.is_common(other.qid)) if few else ()
            _make_room(self._notions)
            self._notions[surface] = found
        return found

    def candidates(self, name_id: int) -> tuple[Candidate, ...]:
        """The entities with a name of the dictionary."""
        found = self._candidates.get(name_id)
        if found is None:
            _make_room(self._candidates)
            found = self._candidates[name_id] = self.dictionary.candidates(name_id)
        return found

    def commonness(self, surface: str) -> dict[int, int]:
        """How often links with these words lead to which entity."""
        counts: dict[int, int] = {}
        for title, count in self.links.commonness(surface):
            qid = self.title(title)
            if qid is not None:
                counts[qid] = counts.get(qid, 0) + count
        return counts

    def entity_type(self, qid: int) -> EntityType | None:
        """The schema's type of an entity, from its classes."""
        try:
            return self._types[qid]
        except KeyError:
            pass
        found = self.schemas.type_of(self.store.types(qid), self.store.classes(qid))
        _make_room(self._types)
        self._types[qid] = found
        return found

    def all_types(self, qid: int) -> tuple[EntityType, ...]:
        """The types of all classes of an entity, which may be a museum and a club; none where none is known."""
        classes = self.store.classes(qid)
        if len(classes) < 2:
            found = self.entity_type(qid)
            return (found,) if found else ()
        types = self._types_of_classes.get(classes)
        if types is None:
            _make_room(self._types_of_classes)
            of_each = (self.schemas.type_of(self.store.ancestors(one), (one,)) for one in classes)
            types = tuple({found.id: found for found in of_each if found}.values())
            self._types_of_classes[classes] = types
        return types

    def coarse_type(self, qid: int) -> str:
        """The id of an entity's widest type, empty where it has none."""
        found = self._coarse.get(qid)
        if found is None:
            _make_room(self._coarse)
            kind = self.entity_type(qid)
            found = self._coarse[qid] = self.schemas.coarse(kind).id if kind else ""
        return found

    def types_around(self, qid: int) -> frozenset[str]:
        """The ids of an entity's type, of the wider one, and of narrower ones where it has no narrow one itself."""
        found = self.entity_type(qid)
        if found is None:
            return frozenset()
        around = self._around.get(found.id)
        if around is None:
            above = found.parent or found.id
            below = (kind.id for kind in self.schemas.types.values() if kind.parent == found.id)
            around = self._around[found.id] = frozenset((found.id, above, *below))
        return around

    def type_name(self, qid: int) -> str:
        """The name of an entity's widest type in the language, empty where it has none."""
        found = self._type_names.get(qid)
        if found is None:
            _make_room(self._type_names)
            kind = self.coarse_type(qid)
            found = self._type_names[qid] = self.schemas.types[kind].name[self.lang] if kind else ""
        return found

    def is_common(self, qid: int) -> bool:
        """Whether an entity is a notion (capital, optics) rather than a thing with a name of its own."""
        found = self._common.get(qid)
        if found is None:
            _make_room(self._common)
            kind = self.coarse_type(qid)
            found = kind not in _NAMED if kind else self._is_class(qid)
            self._common[qid] = found
        return found

    def _is_class(self, qid: int) -> bool:
        """Of an entity without a type: whether it is a class, or its English label is written small, as of suicide."""
        if self.store.superclasses(qid) or not self.store.classes(qid):
            return True
        return "en" in self.store.langs and (self.store.label(qid, "en") or "")[:1].islower()

    def claims(self, qid: int) -> ClaimIndex:
        """The claims of an entity that the schema knows."""
        found = self._claims.get(qid)
        if found is None:
            _make_room(self._claims)
            found = self._claims[qid] = ClaimIndex(self.store.claims(qid), self._known)
        return found

    def evidence_for(self, relation: Relation) -> Evidence:
        """What states a relation: its entry in the evidence files, else its schema's trigger words."""
        found = self._evidence.get(relation.pid)
        if found is None:
            found = self.evidence.get(relation.pid, self.lang) or Evidence.of_words(
                relation.triggers[self.lang], self.lang, loose=not relation.needs_trigger
            )
            learned = self.evidence.learned.get((relation.pid, self.lang))
            found = replace(found, learned=learned) if learned else found
            self._evidence[relation.pid] = found
        return found

    def topic(self, qid: int | None) -> Topic | None:
        """The topic of a page's entity."""
        found = self.entity_type(qid) if qid is not None else None
        return self.schemas.topics[found.topic] if found and found.topic else None
