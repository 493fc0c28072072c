"""Which entities a passage names, and where: links, the page's own names, repeats, and names known to the store.

Names do not overlap; a longer one wins over a shorter one inside it, but for links, which know better. A name may have
several candidates, best first; matching prefers the one that the knowledge base connects.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from kg2instruct.align.adaptations import read_titles
from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name
from kg2instruct.align.names import PageNames
from kg2instruct.align.namesakes import read_unmarked
from kg2instruct.align.whole_names import Beside, at_token_borders, is_whole_en, is_whole_zh
from kg2instruct.lang.fold import fold
from kg2instruct.lang.words import borders
from kg2instruct.records import MentionVia, Passage
from kg2instruct.wikidata.records import Candidate


def find_names(
    passage: Passage, plain: str, folded: str, names: PageNames, context: AlignContext
) -> list[Name]:
    """All names in a passage, in order, none overlapping another."""
    found = _linked_names(passage, folded, names, context)
    taken = bytearray(len(folded) + 1)
    for name in found:
        _take(taken, name)
    chinese = context.lang == "zh"
    words: bytearray | None = None
    hits = deque(_known_names(folded, names, context))
    while hits:
        hit = hits.popleft()
        start, end = hit.start, hit.end
        replaced: list[Name] = []
        if any(taken[start:end]):
            if taken[start] == _WITHIN or taken[end] == _WITHIN or _is_one_name(taken, start, end):
                continue
            replaced = _inside(hit, found)
            if not (replaced and _longer_name_wins(hit, replaced, names, context)):
                hits.extendleft(reversed(_beside_links(hit, taken, folded, names, context)))
                continue
        if chinese:
            words = borders(plain, "zh", simplified=True) if words is None else words
            behind = taken[end] == _BEGIN or (bool(hits) and hits[0].start == end)
            beside = Beside(bool(start and taken[start - 1]), behind)
            if not is_whole_zh(hit, passage.text, words, names, found, context, beside):
                limit = hits[0].start if hits else len(folded)
                hits.extendleft(reversed(_instead(hit, words, folded[:limit], names, context)))
                continue
        else:
            behind = taken[end + 1 : end + 2] == _BEGINNING or (bool(hits) and hits[0].start == end + 1)
            if not is_whole_en(hit, passage.text, folded, names, context, named_behind=behind):
                continue
        if replaced:
            found = [name for name in found if name not in replaced]
        found.append(hit)
        _take(taken, hit)
    if names.namesakes:
        found = read_unmarked(found, passage, folded, names.namesakes)
    if names.adaptations and names.subject is not None:
        found = read_titles(found, plain, names.subject, names.adaptations, context)
    if not chinese:
        found = [part for name in found for part in _places_of(name, folded, names, context)]
    found.sort(key=_start)
    return found if chinese else _read_adjectives(_read_nested(found, folded, context), folded, context)


def _linked_names(passage: Passage, folded: str, names: PageNames, context: AlignContext) -> list[Name]:
    return [
        Name(link.start, link.end, _readings(qid, folded[link.start : link.end], names, context), "link")
        for link in passage.links
        if (qid := names.links[link.target, link.lang]) is not None and link.end > link.start
    ]


def _readings(linked: int, surface: str, names: PageNames, context: AlignContext) -> tuple[int, ...]:
    """What a link leads to, and what its words mean besides.

    `[[psychology|psychologist]]` is first of all an occupation, `[[Apple Inc.|Apple]]` the company; a place of the
    name that the knowledge base connects to the page's subject is meant, too: `[[英格兰]]` for the kingdom.
    """
    notions = context.notions(surface)
    if notions:
        others = (qid for qid in notions if qid != linked)
        called_so = any(fold(name) == surface for name in context.store.names(linked, context.lang))
        return (linked, *others) if called_so else (*others, linked)
    if linked in names.near or linked == names.subject or context.coarse_type(linked) not in ("place", ""):
        return (linked,)
    others = (other.qid for other in context.named(surface) if other.qid in names.near)
    return (linked, *(qid for qid in others if context.coarse_type(qid) == "place"))


def _places_of(name: Name, folded: str, names: PageNames, context: AlignContext) -> list[Name]:
    """The two places that `Hawthorne, California` names, where the second one is known; else the name itself."""
    comma = folded.find(", ", name.start, name.end)
    kind = context.coarse_type(name.qids[0])
    if comma < 0 or kind not in ("place", ""):
        return [name]
    rest = folded[comma + 2 : name.end]
    for start, end, number in context.dictionary.find(rest):
        if start == 0 and end == len(rest):
            qids = rank_candidates(context.candidates(number), rest, names, context)
            held = context.claims(name.qids[0]).items
            if qids and (qids[0] in held or kind == context.coarse_type(qids[0]) == "place"):
                first = Name(name.start, comma, name.qids, name.via)
                return [first, Name(comma + 2, name.end, qids, "alias")]
    return [name]


def _read_nested(found: list[Name], folded: str, context: AlignContext) -> list[Name]:
    """Names in order, places read by the one beside them: New York in `Armonk, New York` is the state.

    That is the reading which the knowledge base connects with the place before it.
    """
    for at in range(1, len(found)):
        before, name = found[at - 1], found[at]
        if len(name.qids) == 1 or name.start - before.end != 2 or not folded.startswith(", ", before.end):
            continue
        if context.coarse_type(before.qids[0]) == "place":
            held = context.claims(before.qids[0]).items
            meant = [qid for qid in name.qids if qid in held]
            if meant and meant[0] != name.qids[0]:
                rest = (qid for qid in name.qids if qid not in held)
                found[at] = Name(name.start, name.end, (*meant, *rest), name.via)
    return found


_ATTRIBUTE = re.compile(r" (?!languages?\b)[a-z]")


def _read_adjectives(found: list[Name], folded: str, context: AlignContext) -> list[Name]:
    """Names with adjectives of a country read as the country before its language: Indonesian in `Indonesian film`."""
    for at, name in enumerate(found):
        if len(name.qids) == 1 or not _ATTRIBUTE.match(folded, name.end):
            continue
        if context.coarse_type(name.qids[0]) == "language":
            places = [qid for qid in name.qids if context.coarse_type(qid) == "place"]
            if places:
                rest = (qid for qid in name.qids if qid not in places)
                found[at] = Name(name.start, name.end, (*places, *rest), name.via)
    return found


def inner_names(found: Sequence[Name], folded: str, names: PageNames, context: AlignContext) -> list[Name]:
    """Names at the beginning of notions' names: the country in 德国总理, the academy in 中国科学院院士."""
    inner = []
    for name in found:
        if name.end - name.start > 3 and context.is_common(name.qids[0]):
            begun = _begun_with(name, folded, names, context)
            if begun is not None:
                inner.append(begun)
    return inner


_SPORT = "sport"


def _begun_with(name: Name, folded: str, names: PageNames, context: AlignContext) -> Name | None:
    """The longest name that is no notion's at the beginning of another one: 日本, not 日本漫画, of 日本漫画家.

    Sports are notions that count: 棒球 of 棒球选手.
    """
    high = name.end - 1
    while high > name.start:
        hit = next(iter(context.dictionary.find(folded[name.start : high])), None)
        if hit is None or hit[0]:
            return None
        end = name.start + hit[1]
        qids = rank_candidates(context.candidates(hit[2]), folded[name.start : end], names, context)
        if qids and (not context.is_common(qids[0]) or _SPORT in context.kind(qids[0]).all):
            return Name(name.start, end, qids, "alias") if at_token_borders(folded, name.start, end) else None
        high = end - 1
    return None


def _start(name: Name) -> int:
    return name.start


_BEGIN, _WITHIN = 1, 2
_BEGINNING = bytes([_BEGIN])


def _take(taken: bytearray, name: Name) -> None:
    taken[name.start : name.end] = b"\x01" + b"\x02" * (name.end - name.start - 1)


def _is_one_name(taken: bytearray, start: int, end: int) -> bool:
    """Whether the stretch, which no name sticks out of, is all of one name."""
    return taken[start] == _BEGIN and taken.count(_WITHIN, start, end) == end - start - 1


def _inside(hit: Name, found: Iterable[Name]) -> list[Name]:
    """The found names that lie wholly within a longer hit; empty when one only overlaps it."""
    touching = [name for name in found if name.start < hit.end and hit.start < name.end]
    if all(
        hit.start <= n.start and n.end <= hit.end and n.end - n.start < hit.end - hit.start for n in touching
    ):
        return touching
    return []


def _longer_name_wins(hit: Name, replaced: list[Name], names: PageNames, context: AlignContext) -> bool:
    """Whether a known name around a link is the thing meant: 两弹一星 linked inside 两弹一星功勋奖章.

    So is a notion that a link begins: `[[语言学]]家`, `[[中国科学院]]副院长`; what it begins with is read all the same
    (see `inner_names`).
    """
    begun = context.is_common(hit.qids[0]) and len(replaced) == 1 and replaced[0].start == hit.start
    if begun:
        return True
    if not any(qid == names.subject or qid in names.near for qid in hit.qids):
        return False
    return all(name.qids[0] not in names.near for name in replaced)


def _known_names(folded: str, names: PageNames, context: AlignContext) -> Iterator[Name]:
    """Hits of the dictionary and of own and linked names that it lacks, the longest at each place."""
    spans: dict[int, Name] = {}
    for start, end in names.find_unlisted(folded):
        if start not in spans and at_token_borders(folded, start, end):
            qid, via = names.meanings[folded[start:end]]
            spans[start] = Name(start, end, (qid,), via)
    for hit in _listed_names(folded, 0, names, context):
        other = spans.get(hit.start)
        if other is None or other.end < hit.end:
            spans[hit.start] = hit
    last = 0
    for start in sorted(spans):
        hit = spans[start]
        if start >= last or (hit.end > last and hit.via != "alias"):
            yield hit
            last = hit.end


def _beside_links(
    hit: Name, taken: bytearray, folded: str, names: PageNames, context: AlignContext
) -> list[Name]:
    """The names in what a hit has beside links in it: Texas in `[[Austin]], Texas`, `French [[rock band]]`."""
    first = taken.find(_BEGIN, hit.start, hit.end)
    found = list(_listed_names(folded[:first], hit.start, names, context)) if first > hit.start else []
    rest = max(taken.rfind(_BEGIN, hit.start, hit.end), taken.rfind(_WITHIN, hit.start, hit.end)) + 1
    return found + (list(_listed_names(folded[: hit.end], rest, names, context)) if rest < hit.end else [])


def _instead(hit: Name, words: bytearray, folded: str, names: PageNames, context: AlignContext) -> list[Name]:
    """The names in place of one that ends within a word: 北京 and 西城区, where 北京西城 is a name as well."""
    if not words[hit.start] or words.find(1, hit.start + 1, hit.end) < 0:
        return []
    shorter = _listed_names(folded[: hit.end - 1], hit.start, names, context)
    first = [name for name in shorter if name.start == hit.start]
    low = first[0].end if first else words.find(1, hit.start + 1)
    return first + [name for name in _listed_names(folded, low, names, context) if name.start < hit.end]


def _listed_names(folded: str, low: int, names: PageNames, context: AlignContext) -> Iterator[Name]:
    """Hits of the dictionary from `low` on, none overlapping another."""
    known = names.known
    hits = names.listed.get(folded) if not low else None
    for start, end, number in context.dictionary.find(folded[low:]) if hits is None else hits:
        start, end = low + start, low + end
        plural = 0
        if not at_token_borders(folded, start, end):
            if not folded.startswith("s", end) or not at_token_borders(folded, start, end + 1):
                continue
            plural = 1
        try:
            qids, via = known[number]
        except KeyError:
            qids, via = known[number] = _meaning(number, folded[start:end], names, context)
        if qids and (not plural or context.is_common(qids[0])):  # biologists are biologist each
            yield Name(start, end + plural, qids, via)


def _meaning(
    number: int, surface: str, names: PageNames, context: AlignContext
) -> tuple[tuple[int, ...], MentionVia]:
    """What a name of the dictionary means on a page, best first, and why."""
    meaning = names.meanings.get(surface)
    if meaning is not None:
        qid, via = meaning
        return _readings(qid, surface, names, context) if via == "repeat" else (qid,), via
    qids = rank_candidates(context.candidates(number), surface, names, context)
    return qids, "title" if qids and qids[0] == names.subject else "alias"


def rank_candidates(
    candidates: Sequence[Candidate], surface: str, names: PageNames, context: AlignContext
) -> tuple[int, ...]:
    """The candidates of a name, best first: what the page is about or links to, then its neighbours, then the common.

    Among those that the page does not vouch for, the dump's links decide, then labels before aliases, then how many
    wikis have a page. Names with too many candidates have none.
    """
    if len(candidates) == 1:
        return (candidates[0].qid,)
    if len(candidates) > context.options.max_ambiguity:
        return ()
    counts = context.commonness(surface)

    def rank(candidate: Candidate) -> tuple[int, int, bool, int, int]:
        qid = candidate.qid
        tier = 0 if qid == names.subject else 1 if qid in names.entities else 2 if qid in names.near else 3
        return tier, -counts.get(qid, 0), not candidate.is_label, -context.store.popularity(qid), qid

    return tuple(candidate.qid for candidate in sorted(candidates, key=rank))
