"""What alignment needs to know beside the page: the store, the schema, the evidence, the links of the dump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from kg2instruct.align.claims import ClaimIndex
from kg2instruct.align.evidence import Evidence
from kg2instruct.align.evidence_table import EvidenceTable
from kg2instruct.align.kinds import Kind, kind_of
from kg2instruct.align.lazy import lazy
from kg2instruct.align.options import AlignOptions
from kg2instruct.align.remember import remember
from kg2instruct.records import Lang
from kg2instruct.schema import EntityType, SchemaSet, Topic
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

    @lazy
    def dictionary(self) -> NameDictionary:
        """All names of the store in the language."""
        return self.store.dictionary(self.lang)

    def title(self, title: str, lang: str = "") -> int | None:
        """The entity of a page of the wiki, or of the wiki in another language that the store knows."""
        return self._page((lang or self.lang, title))

    @remember
    def _page(self, page: tuple[str, str]) -> int | None:
        return self.store.find_title(*page) if page[0] in self.store.langs else None

    @remember
    def named(self, surface: str) -> tuple[Candidate, ...]:
        """The entities with a name in the language, best known first."""
        return self.store.find_name(self.lang, surface)

    @remember
    def notions(self, surface: str) -> tuple[int, ...]:
        """Those entities with a name that are notions; none where the name has too many readings."""
        named = self.named(surface)
        few = len(named) <= self.options.max_ambiguity
        return tuple(other.qid for other in named if self.is_common(other.qid)) if few else ()

    @remember
    def candidates(self, name_id: int) -> tuple[Candidate, ...]:
        """The entities with a name of the dictionary."""
        return self.dictionary.candidates(name_id)

    def commonness(self, surface: str) -> dict[int, int]:
        """How often links with these words lead to which entity."""
        counts: dict[int, int] = {}
        for title, count in self.links.commonness(surface):
            qid = self.title(title)
            if qid is not None:
                counts[qid] = counts.get(qid, 0) + count
        return counts

    @remember
    def kind(self, qid: int) -> Kind:
        """What an entity is by its classes."""
        return self._kind_of(self.store.classes(qid))

    @remember
    def _kind_of(self, classes: tuple[int, ...]) -> Kind:
        return kind_of(classes, self.store, self.schemas, self.lang)

    def entity_type(self, qid: int) -> EntityType | None:
        """The schema's type of an entity."""
        return self.kind(qid).type

    def coarse_type(self, qid: int) -> str:
        """The id of an entity's widest type, empty where it has none."""
        return self.kind(qid).coarse

    def type_name(self, qid: int) -> str:
        """The name of an entity's widest type in the language, empty where it has none."""
        return self.kind(qid).name

    @remember
    def is_common(self, qid: int) -> bool:
        """Whether an entity is a notion (capital, optics) rather than a thing with a name of its own.

        One without a type is where it is a class, or its English label is written small, as of suicide.
        """
        coarse = self.coarse_type(qid)
        if coarse:
            return coarse not in _NAMED
        if self.store.superclasses(qid) or not self.store.classes(qid):
            return True
        return "en" in self.store.langs and (self.store.label(qid, "en") or "")[:1].islower()

    @remember
    def claims(self, qid: int) -> ClaimIndex:
        """The claims of an entity that the schema knows."""
        return ClaimIndex(self.store.claims(qid), self._known)

    @lazy
    def _known(self) -> frozenset[int]:
        return frozenset(pid for pid, relation in self.schemas.relations.items() if relation.kind != "class")

    @remember
    def evidence_for(self, pid: int) -> Evidence:
        """What states a relation: its entry in the evidence files, else its schema's trigger words."""
        relation = self.schemas.relations[pid]
        found = self.evidence.get(pid, self.lang) or Evidence.of_words(
            relation.triggers[self.lang], self.lang, loose=not relation.needs_trigger
        )
        learned = self.evidence.learned.get((pid, self.lang))
        return replace(found, learned=learned) if learned else found

    def topic(self, qid: int | None) -> Topic | None:
        """The topic of a page's entity."""
        found = self.entity_type(qid) if qid is not None else None
        return self.schemas.topics[found.topic] if found and found.topic else None
