"""Which entities a page names, and where: links, the page's own names, repeats, and names known to the store.

Every passage is read into mentions that do not overlap. A mention may still have several candidates; `linking` has
put the best first, and matching may prefer another one that the knowledge base connects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from kg2instruct.align.context import AlignContext
from kg2instruct.lang.fold import fold
from kg2instruct.lang.words import word_spans
from kg2instruct.records import Article, MentionVia, Passage

_DISAMBIGUATION = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_LATIN = re.compile(r"[0-9a-zà-öø-ÿ]")


@dataclass(frozen=True, slots=True)
class Name:
    """A span of a passage and the entities it may name, best first."""

    start: int
    end: int
    qids: tuple[int, ...]
    via: MentionVia


@dataclass(slots=True)
class PageNames:
    """What is known of a page while its passages are read, in reading order."""

    subject: int | None
    title: str = ""
    """The folded title, without its disambiguation."""
    own: dict[str, int] = field(default_factory=dict)
    """Folded names of the page's subject: title, short forms, aliases, bold names."""
    linked: dict[str, int] = field(default_factory=dict)
    """Folded surfaces of links to their entity: later repeats mean the same."""
    entities: set[int] = field(default_factory=set)
    """All entities that the page links to."""
    near: frozenset[int] = frozenset()
    """Neighbours of the subject in the knowledge base."""


def bare_title(title: str) -> str:
    """A title without its disambiguation: `九里站 (京畿道)` → `九里站`."""
    return _DISAMBIGUATION.sub("", title) or title


def find_subject(article: Article, context: AlignContext) -> int | None:
    """The entity that the page is about."""
    store, lang = context.store, context.lang
    qid = store.find_title(lang, article.title)
    if qid is None:
        candidates = store.find_name(lang, bare_title(article.title))
        qid = candidates[0].qid if len(candidates) == 1 else None
    return qid


def read_names(article: Article, context: AlignContext) -> PageNames:
    """Collect what the page as a whole says about names: its own, its links, its neighbourhood."""
    subject = find_subject(article, context)
    names = PageNames(subject, fold(bare_title(article.title)))
    if subject is not None:
        for name in _own_names(article, subject, context):
            names.own.setdefault(fold(name), subject)
        store = context.store
        names.near = frozenset(store.objects(subject)) | {qid for qid, _ in store.incoming(subject, limit=500)}
    for passage in article.passages:
        for link in passage.links:
            qid = resolve_link(link.target, link.lang, passage.text[link.start : link.end], names, context)
            if qid is not None:
                names.entities.add(qid)
                if link.end - link.start > 1:
                    names.linked.setdefault(fold(passage.text[link.start : link.end]), qid)
    return names


def _own_names(article: Article, subject: int, context: AlignContext) -> Iterator[str]:
    title = bare_title(article.title)
    yield title
    yield from context.store.names(subject, context.lang)
    if article.passages:
        first = article.passages[0]
        yield from (first.text[start:end] for start, end in first.bold if end - start > 1)
    yield from short_forms(title, subject, context)


def short_forms(name: str, qid: int, context: AlignContext) -> Iterator[str]:
    """How a text goes on to call a person after the full name: the family name, the parts of a transliteration."""
    kind = context.entity_type(qid)
    if kind is None or context.schemas.coarse(kind).id != "person":
        return
    parts = re.split(r"[·・‧]" if context.lang == "zh" else r"\s+", name)
    if len(parts) > 1 and len(parts[-1]) > 1 and not parts[-1].rstrip(".").isdigit():
        yield parts[-1]


def resolve_link(target: str, lang: str, surface: str, names: PageNames, context: AlignContext) -> int | None:
    """The entity that a link leads to: by sitelink through redirects, else by the name of its target."""
    store = context.store
    if lang and lang != context.lang:
        qid = store.find_title(lang, target) if lang in store.langs else None
        return qid if qid is not None else _only_candidate((surface,), names, context)
    title = context.links.resolve(target)
    qid = store.find_title(context.lang, title)
    if qid is None and title != target:
        qid = store.find_title(context.lang, target)
    return qid if qid is not None else _only_candidate((title, bare_title(title), surface), names, context)


def _only_candidate(surfaces: Iterable[str], names: PageNames, context: AlignContext) -> int | None:
    """The one entity that has one of these names, the first that decides; of several, a neighbour of the subject."""
    for surface in surfaces:
        candidates = [candidate.qid for candidate in context.store.find_name(context.lang, surface)]
        if len(candidates) > 1:
            candidates = [qid for qid in candidates if qid in names.near]
        if len(candidates) == 1:
            return candidates[0]
    return None


def find_names(passage: Passage, names: PageNames, context: AlignContext) -> list[Name]:
    """All names in a passage, in order, none overlapping another."""
    text = passage.text
    folded = fold(text)
    taken = bytearray(len(text))
    found: list[Name] = []
    for link in passage.links:
        surface = text[link.start : link.end]
        qid = resolve_link(link.target, link.lang, surface, names, context)
        if qid is not None and link.end > link.start:
            found.append(Name(link.start, link.end, (qid,), "link"))
            _take(taken, link.start, link.end)
    hits = list(_known_names(folded, names, context))
    borders = _word_borders(text, context) if hits else frozenset()
    for hit in hits:
        replaced = _inside(hit, found) if any(taken[hit.start : hit.end]) else []
        if any(taken[hit.start : hit.end]) and not replaced:
            continue
        if not _whole_words(hit, borders, names) or _inside_longer_name(hit, text, context):
            continue
        if replaced and not _longer_name_wins(hit, replaced, names, context):
            continue
        found = [name for name in found if name not in replaced]
        found.append(hit)
        _take(taken, hit.start, hit.end)
    found.sort(key=lambda name: name.start)
    return found


def _take(taken: bytearray, start: int, end: int) -> None:
    taken[start:end] = b"\x01" * (end - start)


def _inside(hit: Name, found: Iterable[Name]) -> list[Name]:
    """The found names that lie wholly within a hit; empty when one only overlaps it or is as long."""
    touching = [name for name in found if name.start < hit.end and hit.start < name.end]
    if all(hit.start <= n.start and n.end <= hit.end and n.end - n.start < hit.end - hit.start for n in touching):
        return touching
    return []


def _longer_name_wins(hit: Name, replaced: list[Name], names: PageNames, context: AlignContext) -> bool:
    """Whether a known name around a link is the thing meant: 两弹一星 linked inside 两弹一星功勋奖章."""
    del context
    return any(qid == names.subject or qid in names.near for qid in hit.qids) and all(
        name.qids[0] not in names.near for name in replaced
    )


def _known_names(folded: str, names: PageNames, context: AlignContext) -> Iterator[Name]:
    """Hits of the page's own names, of repeated links, and of the store's dictionary; longest first at each place."""
    own = _OwnNames.of(names)
    spans: dict[int, Name] = {}
    for start, end, qid, via in own.find(folded):
        spans[start] = Name(start, end, (qid,), via)
    for start, end, name_id in context.dictionary.find(folded):
        longer = spans.get(start)
        if longer is not None and longer.end >= end:
            continue
        if not _at_token_borders(folded, start, end):
            continue
        candidates = context.dictionary.candidates(name_id)
        if 0 < len(candidates) <= context.options.max_ambiguity:
            ranked = rank_candidates(candidates, folded[start:end], names, context)
            if ranked:
                via: MentionVia = "title" if ranked[0] == names.subject else "alias"
                spans[start] = Name(start, end, ranked, via)
    last = 0
    for start in sorted(spans):
        hit = spans[start]
        if start >= last:
            yield hit
            last = hit.end
        elif hit.end > last and hit.via in ("title", "repeat"):
            yield hit
            last = hit.end


def rank_candidates(candidates, surface, names, context):  # type: ignore[no-untyped-def]
    """Candidates of a name, best first: what the page is about or links to, then its neighbours, then the common."""
    if len(candidates) == 1:
        return (candidates[0].qid,)
    counts = {}
    for title, count in context.links.commonness(surface):
        qid = context.store.find_title(context.lang, title)
        if qid is not None:
            counts[qid] = counts.get(qid, 0) + count
    total = sum(counts.values()) or 1

    def key(candidate):  # type: ignore[no-untyped-def]
        qid = candidate.qid
        tier = (
            0 if qid == names.subject else 1 if qid in names.entities else 2 if qid in names.near else 3
        )
        return (tier, -round(counts.get(qid, 0) / total, 3), not candidate.is_label, -context.store.popularity(qid), qid)

    return tuple(candidate.qid for candidate in sorted(candidates, key=key))


def _at_token_borders(folded: str, start: int, end: int) -> bool:
    """Latin names begin and end where a word does."""
    if start and _LATIN.match(folded[start]) and _LATIN.match(folded[start - 1]):
        return False
    return not (end < len(folded) and _LATIN.match(folded[end - 1]) and _LATIN.match(folded[end]))


def _word_borders(text: str, context: AlignContext) -> frozenset[int]:
    """Where words begin or end in Chinese text; empty elsewhere."""
    if context.lang != "zh":
        return frozenset()
    return frozenset(position for span in word_spans(text, "zh") for position in span)


def _whole_words(hit: Name, borders: frozenset[int], names: PageNames) -> bool:
    """Whether a hit does not end inside a longer word (波兰 in 波兰语); what the page does not vouch for, nor begin in one."""
    if not borders:
        return True
    vouched = hit.via != "alias" or any(qid in names.near or qid in names.entities for qid in hit.qids)
    return hit.end in borders and (vouched or hit.start in borders)


_CAPITALISED = re.compile(r" [A-Z][\w’'-]+")


def _inside_longer_name(hit: Name, text: str, context: AlignContext) -> bool:
    """Whether a Latin name goes on with a capitalised word, and so is part of an unknown longer name (Berlin Victory Column)."""
    if context.lang == "zh" or context.is_common(hit.qids[0]) or context.coarse_type(hit.qids[0]) == "person":
        return False
    return _CAPITALISED.match(text, hit.end) is not None


@dataclass(frozen=True)
class _OwnNames:
    """The names that a page has made its own, as one expression, longest first."""

    pattern: re.Pattern[str] | None
    qids: dict[str, tuple[int, MentionVia]]

    @staticmethod
    def of(names: PageNames) -> _OwnNames:
        return _own_names_of(tuple(names.own.items()), tuple(names.linked.items()), names.title)

    def find(self, folded: str) -> Iterator[tuple[int, int, int, MentionVia]]:
        if self.pattern is None:
            return
        for match in self.pattern.finditer(folded):
            start, end = match.span()
            if _at_token_borders(folded, start, end):
                qid, via = self.qids[match.group()]
                yield start, end, qid, via


@lru_cache(maxsize=4)
def _own_names_of(
    own: tuple[tuple[str, int], ...], linked: tuple[tuple[str, int], ...], title: str
) -> _OwnNames:
    qids: dict[str, tuple[int, MentionVia]] = {name: (qid, "repeat") for name, qid in linked}
    qids.update({name: (qid, "title") for name, qid in own})
    usable = sorted((name for name in qids if len(name) > 1 or name == title), key=lambda name: (-len(name), name))
    pattern = re.compile("|".join(map(re.escape, usable))) if usable else None
    return _OwnNames(pattern, qids)
