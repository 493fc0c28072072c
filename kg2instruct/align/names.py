"""What a page as a whole says about names: its subject, its own names, its links, its neighbourhood.

A link anywhere on the page tells what its words mean there: later repeats mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from daachorse import CharwiseDoubleArrayAhoCorasick
from rapidfuzz import fuzz, process

from kg2instruct.align.adaptations import Adaptations, adaptations_of
from kg2instruct.align.context import AlignContext
from kg2instruct.align.lazy import lazy
from kg2instruct.align.namesakes import find_namesakes
from kg2instruct.lang.fold import fold
from kg2instruct.records import Article, Link, MentionVia
from kg2instruct.wiki.titles import bare_title

_PARTS = {"zh": re.compile(r"[·・‧]"), "en": re.compile(r"\s+")}
# Two capitalised words or more; particles (van, de) may stand between.
_LATIN_NAME = re.compile(r"[A-ZÀ-Þ][a-zA-ZÀ-ɏ.'’-]*(?: (?:[a-z]{1,3} ){0,2}[A-ZÀ-Þ][a-zA-ZÀ-ɏ.'’-]*){1,5}")
# Words of links that mean what they lead to there alone: `[[2012 Olympics|2012]]`.
_NUMBER = re.compile(r"[0-9年月日届屆第.,-]+")
# What is no part of a family name, and what tells that there is none.
_SENIORITY = re.compile(r"(?:,? (?:jr|sr)\b)?[.,;:]*$", re.IGNORECASE)
_NO_FAMILY_NAME = re.compile(r" of | the | [IVX]+$", re.IGNORECASE)
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
                if _PARTS[context.lang].search(text, start, end):
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
    if subject is not None:
        neighbours = {other for other, _ in context.store.incoming(subject, limit=_MAX_NEIGHBOURS)}
        names.near = frozenset(context.store.objects(subject)) | neighbours
        for name in _own_names(article, subject, names.near, context):
            names.own.setdefault(fold(name), subject)
        if context.lang == "zh":
            names.believed.update(_gender(subject, context))
            names.believed.update(_short_places(subject, names.title, context))
        kin = dict(_kin_names(subject, context))
        names.given = frozenset(kin)
        names.believed.update(kin)
    return names


_JAPAN = 17
_CITIZENSHIP = 27
_KIN = (22, 25, 26, 40, 3373)
_SHORTEST_GIVEN = {"zh": 2, "en": 3}


def _kin_names(subject: int, context: AlignContext) -> Iterator[tuple[str, int]]:
    """Given names of a person and the next of kin, as families are told of: 长子象三, his wife Maria."""
    if context.coarse_type(subject) != "person":
        return
    claims = [claim for found in context.claims(subject).items.values() for claim in found]
    kin = [claim.value for claim in claims if claim.property in _KIN and isinstance(claim.value, int)]
    name = fold(context.store.label(subject, context.lang) or "")
    for qid in dict.fromkeys((*reversed(kin), subject)):
        label = fold(context.store.label(qid, context.lang) or "")
        given = _given_name(label, "" if qid == subject else name, context.lang)
        if len(given) >= _SHORTEST_GIVEN[context.lang] and given != label:
            yield given, qid


def _given_name(label: str, beside: str, lang: str) -> str:
    """The given name in a folded name; of a Chinese one what follows the family name that it shares with another."""
    if lang == "en" or "·" in label:
        return _PARTS[lang].split(label)[0].rstrip(".")
    shared = 0
    while shared < min(len(label), len(beside)) and label[shared] == beside[shared]:
        shared += 1
    return label[shared:] if shared else ""


_DIVISIONS = ("市", "县", "区", "省", "州", "镇", "乡", "村", "郡")


def _short_places(subject: int, title: str, context: AlignContext) -> Iterator[tuple[str, int]]:
    """The names of places that the subject is connected with, without what they are: 临桂 for 临桂区.

    None of fewer than two characters, nor one that is another's name or in the subject's own: 九里 in 九里站.
    """
    for qid in context.store.objects(subject):
        if context.coarse_type(qid) == "place":
            label = fold(context.store.label(qid, "zh") or "")
            short = label[:-1] if label.endswith(_DIVISIONS) else ""
            if len(short) > 1 and short not in title and not context.named(short):
                yield short, qid


_GENDER = 21


def _gender(subject: int, context: AlignContext) -> Iterator[tuple[str, int]]:
    """The one character by which Chinese biographies tell it: 王大珩，男，汉族."""
    for qid, claims in context.claims(subject).items.items():
        if any(claim.property == _GENDER for claim in claims):
            label = fold(context.store.label(qid, "zh") or "")
            if label.removesuffix("性") in ("男", "女"):
                yield label[0], qid


def list_names(names: PageNames, context: AlignContext) -> None:
    """Note which of the page's names the store's dictionary lacks; done once all names are there."""
    unlisted = [name for name in names.meanings if len(name) > 1 and not context.named(name)]
    unlisted += [name for name in names.believed if len(name) == 1]
    if len(names.title) == 1 and names.title in names.meanings:
        unlisted.append(names.title)  # the dictionary has no names of one character
    names.unlisted = tuple(sorted(unlisted, key=lambda name: (-len(name), name)))


def _own_names(article: Article, subject: int, near: Set[int], context: AlignContext) -> Iterator[str]:
    titles = dict.fromkeys((bare_title(article.title), bare_title(article.display_title)))
    yield from filter(None, titles)
    yield from context.store.names(subject, context.lang)
    if article.passages:
        first = article.passages[0]
        for start, end in first.bold:
            if end - start > 1:
                bold = _names_in_bold(first.text[start:end])
                yield from (name for name in bold if not _is_anothers(name, subject, near, context))
    for title in titles:
        yield from short_forms(title, subject, context)


def _is_anothers(name: str, subject: int, near: Set[int], context: AlignContext) -> bool:
    """Whether a name is not the subject's but that of something it is connected with: a treaty that is part of it."""
    named = {candidate.qid for candidate in context.named(name)}
    return subject not in named and not named.isdisjoint(near)


_NO_NAME = re.compile(r"[0-9,;:，；：]")


def _names_in_bold(text: str) -> Iterator[str]:
    """The name that is written in bold type, or the two of '''Kerala Agricultural University (KAU)'''."""
    opening = max(text.rfind("("), text.rfind("（"))
    if opening <= 0 or text[-1] not in ")）":
        yield text
        return
    yield text[:opening].rstrip()
    remark = text[opening + 1 : -1]
    if remark and not _NO_NAME.search(remark):
        yield remark


def short_forms(name: str, qid: int, context: AlignContext) -> Iterator[str]:
    """How a text goes on to call a person after the full name: the family name, the last part of a transliteration."""
    if context.coarse_type(qid) != "person":
        return
    if context.lang == "zh" and len(name) == 4 and _is_japanese(qid, context):
        yield name[:2]  # 横光利一 is called 横光
    if context.lang == "en" and _NO_FAMILY_NAME.search(name):
        return
    parts = _PARTS[context.lang].split(_SENIORITY.sub("", name))
    if len(parts) > 1 and len(parts[-1]) > 1 and not parts[-1].rstrip(".").isdigit():
        yield parts[-1]


def _is_japanese(qid: int, context: AlignContext) -> bool:
    return any(claim.property == _CITIZENSHIP for claim in context.claims(qid).items.get(_JAPAN, ()))


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
