"""What a page as a whole says about names: its subject, its own names, its links, its neighbourhood.

A link anywhere on the page tells what its words mean there: later repeats mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from daachorse import CharwiseDoubleArrayAhoCorasick
from rapidfuzz import fuzz, process

from kg2instruct.align.adaptations import Adaptations, adaptations_of
from kg2instruct.align.context import AlignContext
from kg2instruct.align.lazy import lazy
from kg2instruct.align.namesakes import find_namesakes
from kg2instruct.align.own_names import PARTS, genders, kin_names, own_names, short_forms, short_places
from kg2instruct.lang.fold import fold
from kg2instruct.records import Article, Link, MentionVia
from kg2instruct.wiki.titles import bare_title

# Two capitalised words or more; particles (van, de) may stand between.
_LATIN_NAME = re.compile(r"[A-ZÀ-Þ][a-zA-ZÀ-ɏ.'’-]*(?: (?:[a-z]{1,3} ){0,2}[A-ZÀ-Þ][a-zA-ZÀ-ɏ.'’-]*){1,5}")
# Words of links that mean what they lead to there alone: `[[2012 Olympics|2012]]`.
_NUMBER = re.compile(r"[0-9年月日届屆第.,-]+")
_MAX_NEIGHBOURS = 500
_MANY_UNLISTED = 100  # names, above which an automaton is worth its making
_SIMILAR = 88  # of 100, by rapidfuzz's ratio
_SHORTEST_SIMILAR = 4  # characters; shorter names differ by one character and mean another thing


@dataclass
class PageNames:
    """The names of one page, found before its passages are read."""

    subject: int | None
    title: str
    """The folded title, without its disambiguation."""
    own: dict[str, int] = field(default_factory=dict)
    """Folded names of the subject: title, short forms, aliases, bold names."""
    linked: dict[str, int] = field(default_factory=dict)
    """Folded words of links and their entities."""
    believed: dict[str, int] = field(default_factory=dict)
    """Folded names and what they mean in this text, where no link says so but all that it speaks of."""
    capitals: set[str] = field(default_factory=set)
    """Folded words of links that are written in capitals: IT is not it."""
    links: dict[tuple[str, str], int | None] = field(default_factory=dict)
    """Link targets with their language, and the entities they lead to."""
    entities: set[int] = field(default_factory=set)
    """All entities that the page links to."""
    near: frozenset[int] = frozenset()
    """Neighbours of the subject in the knowledge base."""
    unlisted: tuple[str, ...] = ()
    """Own and linked names that the store's dictionary lacks, the longest first."""
    listed: dict[str, Sequence[tuple[int, int, int]]] = field(default_factory=dict)
    """Where the folded passages have names of the store's dictionary: start, end, name."""
    known: dict[int, tuple[tuple[int, ...], MentionVia]] = field(default_factory=dict)
    """What names of the store's dictionary mean on the page, as far as its passages were read."""
    given: frozenset[str] = frozenset()
    """Folded given names among them, of the subject and next of kin: names of others where a family name follows."""
    family: frozenset[str] = frozenset()
    """Folded family names by which persons go on to be called: names of others where a given name stands before."""
    adaptations: Adaptations = field(default_factory=dict)
    """Works of the subject's name that were made from it, or it from them."""
    namesakes: dict[str, int] = field(default_factory=dict)
    """Folded names of the subject, a work, that mean something else where they are not marked as titles."""
    spellings: dict[str, int] | None = None
    """Folded names of those neighbours; read when a link leads nowhere."""

    @lazy
    def meanings(self) -> dict[str, tuple[int, MentionVia]]:
        """What own and linked names mean on this page, and why."""
        found: dict[str, tuple[int, MentionVia]] = {
            name: (qid, "alias") for name, qid in self.believed.items()
        }
        found.update({name: (qid, "repeat") for name, qid in self.linked.items()})
        found.update({name: (qid, "title") for name, qid in self.own.items()})
        return found

    def find_unlisted(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where a text has those names, name after name; long pages take no longer for having many of them."""
        if len(self.unlisted) > _MANY_UNLISTED:
            hits = self._automaton.find_overlapping(folded)
            yield from ((start, end) for start, end, _ in sorted(hits, key=lambda hit: (hit[2], hit[0])))
            return
        for name in self.unlisted:
            start = folded.find(name)
            while start >= 0:
                yield start, start + len(name)
                start = folded.find(name, start + len(name))

    @lazy
    def _automaton(self) -> CharwiseDoubleArrayAhoCorasick:
        return CharwiseDoubleArrayAhoCorasick(list(self.unlisted))

    def vouches_for(self, qid: int) -> bool:
        """Whether the page links to an entity or the knowledge base connects it to the subject."""
        return qid in self.near or qid in self.entities or qid == self.subject


def find_subject(article: Article, context: AlignContext) -> int | None:
    """The entity that the page is about: by its title, else by a name that only one entity has."""
    qid = context.title(article.title)
    if qid is None:
        candidates = context.named(bare_title(article.title))
        qid = candidates[0].qid if len(candidates) == 1 else None
    return qid


def read_names(article: Article, folded: Sequence[str], context: AlignContext) -> PageNames:
    """Collect the names of a page; `folded` are its passages' folded texts."""
    names = names_around(find_subject(article, context), article, context)
    for passage, text in zip(article.passages, folded, strict=True):
        for link in passage.links:
            qid = _follow(link, text, names, context)
            if qid is not None:
                names.entities.add(qid)
                if link.end - link.start > 1 and not _NUMBER.fullmatch(text, link.start, link.end):
                    names.linked.setdefault(text[link.start : link.end], qid)
                    if passage.text[link.start : link.end].isupper():
                        names.capitals.add(text[link.start : link.end])
    if context.lang == "zh" and "en" in context.store.langs:
        names.believed.update(_latin_names(article, names, context))
    names.listed.update((text, context.dictionary.find(text)) for text in folded)
    short = dict(_short_names(names, context))
    names.believed.update(short)
    own = short_forms(names.title, names.subject, context) if names.subject is not None else ()
    names.family = frozenset((*short, *own))
    if names.subject is not None:
        around = names.title, names.own, folded, names.vouches_for
        names.namesakes = find_namesakes(names.subject, *around, context)
        names.adaptations = adaptations_of(names.subject, names.own, context)
    list_names(names, context)
    return names


def _short_names(names: PageNames, context: AlignContext) -> Iterator[tuple[str, int]]:
    """Family names of the persons that the page links to or names in full, each where it is one person's alone."""
    meant: dict[str, set[int]] = {}
    for surface, qid in (*_full_names(names, context), *names.linked.items()):
        for short in short_forms(surface, qid, context):
            meant.setdefault(short, set()).add(qid)
    for short, persons in meant.items():
        if len(persons) == 1 and short not in names.own and short not in names.linked:
            person = min(persons)
            others = [other.qid for other in context.named(short) if other.qid != person]
            counts = context.commonness(short)
            usual = max(counts, key=lambda qid: (counts[qid], -qid), default=person)
            unmistaken = context.coarse_type(usual) == "person" and not any(map(names.vouches_for, others))
            if unmistaken and _is_short_for(short, person, context):
                yield short, person


def _full_names(names: PageNames, context: AlignContext) -> Iterator[tuple[str, int]]:
    """Names of several parts, linked or not, that only one person has."""
    seen: set[int] = set()
    for text, hits in names.listed.items():
        for start, end, number in hits:
            if number not in seen:
                seen.add(number)
                if PARTS[context.lang].search(text, start, end):
                    candidates = context.candidates(number)
                    if len(candidates) == 1 and context.coarse_type(candidates[0].qid) == "person":
                        yield text[start:end], candidates[0].qid


def _is_short_for(short: str, person: int, context: AlignContext) -> bool:
    """Whether a word ends one of a person's names; `[[Angela Merkel|the former Chairwoman]]` has none."""
    names = context.store.names(person, context.lang)
    return any(short in short_forms(fold(name), person, context) for name in names)


def _latin_names(article: Article, names: PageNames, context: AlignContext) -> Iterator[tuple[str, int]]:
    """English names in a Chinese text, of what the page links to or the knowledge base connects to its subject."""
    seen: set[str] = set()
    for passage in article.passages:
        for found in _LATIN_NAME.findall(passage.text):
            if found not in seen:
                seen.add(found)
                named = [candidate.qid for candidate in context.store.find_name("en", found)]
                meant = [qid for qid in named if names.vouches_for(qid)]
                if not meant and " " in found:
                    meant = [qid for qid in named if context.coarse_type(qid) == "person"]  # a name in full
                if len(meant) == 1:
                    yield fold(found), meant[0]


def names_around(subject: int | None, article: Article, context: AlignContext) -> PageNames:
    """What a page calls its subject, and the subject's neighbours."""
    names = PageNames(subject, fold(bare_title(article.title)))
    if context.lang == "zh":
        names.believed.update(genders(context))
    if subject is not None:
        neighbours = {other for other, _ in context.store.incoming(subject, limit=_MAX_NEIGHBOURS)}
        names.near = frozenset(context.store.objects(subject)) | neighbours
        for name in own_names(article, subject, names.near, context):
            names.own.setdefault(fold(name), subject)
        if context.lang == "zh":
            names.believed.update(short_places(subject, names.title, context))
        kin = dict(kin_names(subject, context))
        names.given = frozenset(kin)
        names.believed.update(kin)
    return names


def list_names(names: PageNames, context: AlignContext) -> None:
    """Note which of the page's names the store's dictionary lacks; done once all names are there."""
    unlisted = [name for name in names.meanings if len(name) > 1 and not context.named(name)]
    unlisted += [name for name in names.believed if len(name) == 1]
    if len(names.title) == 1 and names.title in names.meanings:
        unlisted.append(names.title)  # the dictionary has no names of one character
    names.unlisted = tuple(sorted(unlisted, key=lambda name: (-len(name), name)))


def _follow(link: Link, folded: str, names: PageNames, context: AlignContext) -> int | None:
    key = (link.target, link.lang)
    if key not in names.links:
        names.links[key] = resolve_link(link, folded[link.start : link.end], names, context)
    return names.links[key]


def resolve_link(link: Link, surface: str, names: PageNames, context: AlignContext) -> int | None:
    """The entity that a link leads to: by sitelink through redirects, else by the name of its target."""
    if link.lang and link.lang != context.lang:
        qid = context.title(link.target, link.lang)
        return qid if qid is not None else _only_candidate((surface,), names, context)
    title = link.target
    qid = context.title(title)
    if qid is None:
        title = context.links.resolve(link.target)
        qid = context.title(title) if title != link.target else None
    if qid is None:
        qid = _only_candidate((title, bare_title(title), surface), names, context)
    return qid if qid is not None else _similar_neighbour(fold(bare_title(title)), names, context)


def _similar_neighbour(name: str, names: PageNames, context: AlignContext) -> int | None:
    """The neighbour of the subject with nearly this name: another spelling or transliteration of it."""
    if len(name) < _SHORTEST_SIMILAR or not names.near:
        return None
    if names.spellings is None:
        names.spellings = {
            fold(spelling): qid
            for qid in sorted(names.near)[:_MAX_NEIGHBOURS]
            if not context.is_common(qid)  # philosophy is no philosopher
            for spelling in context.store.names(qid, context.lang)
            if len(spelling) >= _SHORTEST_SIMILAR
        }
    found = process.extractOne(name, names.spellings.keys(), scorer=fuzz.ratio, score_cutoff=_SIMILAR)
    return names.spellings[found[0]] if found else None


def _only_candidate(surfaces: Iterable[str], names: PageNames, context: AlignContext) -> int | None:
    """The one entity that has one of these names, the first that decides; of several, a neighbour of the subject."""
    for surface in surfaces:
        candidates = [candidate.qid for candidate in context.named(surface)]
        if len(candidates) > 1:
            candidates = [qid for qid in candidates if qid in names.near]
        if len(candidates) == 1:
            return candidates[0]
    return None
