"""Articles to examples: read each passage, collect the claims it states, lay them out as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kg2instruct.align.context import AlignContext
from kg2instruct.align.matching import Candidate, find_candidates, may_state
from kg2instruct.align.mentions import Name
from kg2instruct.align.names import PageNames, bare_title, read_names
from kg2instruct.align.reading import Reading, Sentence
from kg2instruct.align.rules import Case, reason_to_drop
from kg2instruct.lang.fold import fold
from kg2instruct.lang.values import Quantity, Text, Time, format_quantity, format_time
from kg2instruct.records import Article, Example, Mention, PageRef, Triple


@dataclass(slots=True)
class AlignedArticle:
    """The examples of a page, and the funnel: what was seen and why it was dropped."""

    examples: list[Example] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Stated:
    """A claim that a sentence states."""

    candidate: Candidate
    sentence: Sentence


def align_article(article: Article, context: AlignContext) -> AlignedArticle:
    """Align every passage of a page with the knowledge base; see ARCHITECTURE.md for the steps."""
    result = AlignedArticle()
    folded = [fold(passage.text) for passage in article.passages]
    names = read_names(article, folded, context)
    topic = context.topic(names.subject) if names.subject is not None else None
    result.counts["pages"] += 1
    result.counts["pages with an entity"] += names.subject is not None
    for number, passage in enumerate(article.passages):
        reading = Reading(passage, folded[number], names, context)
        stated = find_stated(reading, names, context, result.counts)
        result.counts["passages"] += 1
        result.counts["passages with a triple"] += bool(stated)
        result.examples.append(
            Example(
                id=f"{context.lang}wiki-{article.id}-{article.revision}-{number}",
                lang=context.lang,
                source=context.source,
                cate=topic.name[context.lang] if topic else None,
                text=passage.text,
                entity=tuple(_mentions(reading, stated, names, context)),
                relation=tuple(_triples(reading, stated, names, article, context)),
                page=PageRef(article.title, article.id, article.revision, passage.section),
            )
        )
    return result


def find_stated(
    reading: Reading, names: PageNames, context: AlignContext, counts: Counter[str]
) -> list[Stated]:
    """The claims that a passage states, each once, in reading order."""
    if not may_state(reading, names.subject, context):
        return []
    found: dict[tuple[int, int, str], Stated] = {}
    said: set[tuple[int, int, tuple[int, int]]] = set()
    bound: dict[tuple[int, int], int] = {}
    for sentence in reading.sentences:
        candidates = find_candidates(sentence, names.subject, context)
        for candidate in sorted(candidates, key=_reading_order):
            counts["candidates"] += 1
            key = _key(candidate)
            place = (candidate.head, candidate.claim.property, candidate.tail_span or (-1, -1))
            if key in found or place in said:
                counts["dropped: stated before in the passage"] += 1
                continue
            if not _fits_reading(candidate, bound):
                counts["dropped: another reading of the name"] += 1
                continue
            relation = context.schemas.relations[candidate.claim.property]
            case = Case(candidate, relation, reading.passage, sentence, names, context)
            reason = reason_to_drop(case)
            if reason is not None:
                counts[f"dropped: {reason.replace('_', ' ')}"] += 1
                continue
            _bind(candidate, bound)
            said.add(place)
            found[key] = Stated(candidate, sentence)
    kept = [stated for key, stated in found.items() if not _said_from_other_end(key, found, context)]
    counts["dropped: said from the other end"] += len(found) - len(kept)
    counts["triples"] += len(kept)
    return kept


def _reading_order(candidate: Candidate) -> tuple[int, int, int, int, int]:
    """Best readings of ambiguous names first, then by place and property."""
    head_rank = candidate.head_name.qids.index(candidate.head) if candidate.head_name else 0
    tail, span = candidate.tail, candidate.tail_span
    tail_rank = tail.qids.index(candidate.tail_qid) if isinstance(tail, Name) and candidate.tail_qid else 0
    start = span[0] if span else -1
    return (
        head_rank + tail_rank,
        start,
        candidate.head,
        candidate.claim.property,
        not candidate.claim.preferred,
    )


def _ends(candidate: Candidate) -> Iterable[tuple[Name, int]]:
    if candidate.head_name is not None:
        yield candidate.head_name, candidate.head
    if isinstance(candidate.tail, Name) and candidate.tail_qid is not None:
        yield candidate.tail, candidate.tail_qid


def _fits_reading(candidate: Candidate, bound: dict[tuple[int, int], int]) -> bool:
    return all(bound.get((name.start, name.end), qid) == qid for name, qid in _ends(candidate))


def _bind(candidate: Candidate, bound: dict[tuple[int, int], int]) -> None:
    for name, qid in _ends(candidate):
        bound[name.start, name.end] = qid


def _key(candidate: Candidate) -> tuple[int, int, str]:
    return candidate.head, candidate.claim.property, tail_value(candidate)


def tail_value(candidate: Candidate) -> str:
    """The tail as a claim value: `Q183`, `+1889-00-00/9`, `+2.5/Q828224`, or the text."""
    value = candidate.claim.value
    if isinstance(value, Time):
        return format_time(value)
    if isinstance(value, Quantity):
        return format_quantity(value)
    if isinstance(value, Text):
        return value.text
    return f"Q{value}"


def _said_from_other_end(
    key: tuple[int, int, str], found: dict[tuple[int, int, str], Stated], context: AlignContext
) -> bool:
    """Whether the same fact stands in `found` from its canonical end."""
    head, pid, tail = key
    if not tail.startswith("Q") or not tail[1:].isdigit():
        return False
    relation = context.schemas.relations[pid]
    other = int(tail[1:])
    if relation.symmetric and (other, pid, f"Q{head}") in found:
        return other < head
    if relation.canonical:
        return False
    return any((other, inverse, f"Q{head}") in found for inverse in relation.inverses)


def _mentions(
    reading: Reading, stated: list[Stated], names: PageNames, context: AlignContext
) -> Iterable[Mention]:
    """The entities of a passage: those the page vouches for that have a type, all ends of triples, their values."""
    text = reading.passage.text
    used = {
        (name.start, name.end): (qid, kind) for s in stated for name, qid, kind in _typed_ends(s, context)
    }
    mentions: dict[tuple[int, int], Mention] = {}
    for name in reading.names:
        qid, kind = used.get((name.start, name.end), (None, ""))
        if qid is None:
            qid, kind = name.qids[0], type_name(name.qids[0], context)
            if not kind or not _vouched(name, names):
                continue
        mentions[name.start, name.end] = Mention(
            text[name.start : name.end], kind, name.start, name.end, f"Q{qid}", name.via
        )
    for s in stated:
        span = s.candidate.tail_span
        if span and not isinstance(s.candidate.tail, Name):
            kind = value_type_name(s.candidate.claim.value, context)
            mentions.setdefault(span, Mention(text[span[0] : span[1]], kind, *span, via="value"))
    return [mentions[span] for span in sorted(mentions)]


def _vouched(name: Name, names: PageNames) -> bool:
    """Whether the page itself says that the name means this entity, by a link or by what it is about."""
    return name.via != "alias" or names.vouches_for(name.qids[0])


def _typed_ends(stated: Stated, context: AlignContext) -> Iterable[tuple[Name, int, str]]:
    """Names of a triple's ends with their types; what has no class of its own is what the relation wants there."""
    relation = context.schemas.relations[stated.candidate.claim.property]
    for name, qid in _ends(stated.candidate):
        wanted = relation.tail_types if name is stated.candidate.tail else relation.head_types
        yield name, qid, type_name(qid, context, wanted)


def type_name(qid: int, context: AlignContext, wanted: Sequence[str] = ()) -> str:
    """The widest schema type of an entity in the language of the page; else the first of those wanted; else empty."""
    found = context.entity_type(qid)
    if found is None and wanted:
        found = context.schemas.types[wanted[0]]
    return context.schemas.coarse(found).name[context.lang] if found else ""


def value_type_name(value: object, context: AlignContext) -> str:
    """The type of a literal: time, quantity or text."""
    kind = "time" if isinstance(value, Time) else "quantity" if isinstance(value, Quantity) else "text"
    known = context.schemas.types.get(kind)
    return (
        known.name[context.lang]
        if known
        else {"zh": {"time": "时间", "quantity": "数量", "text": "文本"}}.get(context.lang, {}).get(
            kind, kind
        )
    )


def _triples(
    reading: Reading,
    stated: list[Stated],
    names: PageNames,
    article: Article,
    context: AlignContext,
) -> Iterable[Triple]:
    text = reading.passage.text
    for s in stated:
        candidate = s.candidate
        relation = context.schemas.relations[candidate.claim.property]
        head = candidate.head_name or _subject_in_view(reading, s.sentence, names)
        tail = candidate.tail_span
        if tail is None:
            seen = _subject_in_view(reading, s.sentence, names)
            tail = (seen.start, seen.end) if seen else None
        literal = candidate.tail_qid is None
        yield Triple(
            head=text[head.start : head.end] if head else bare_title(article.title),
            head_type=type_name(candidate.head, context, relation.head_types),
            head_start=head.start if head else None,
            head_qid=f"Q{candidate.head}",
            relation=context.schemas.relation_name(relation.pid, context.lang, context.topic(candidate.head)),
            property=f"P{relation.pid}",
            tail=text[tail[0] : tail[1]] if tail else bare_title(article.title),
            tail_type=value_type_name(candidate.claim.value, context)
            if literal
            else type_name(candidate.tail_qid or 0, context, relation.tail_types),
            tail_start=tail[0] if tail else None,
            tail_qid=None if literal else f"Q{candidate.tail_qid}",
            tail_value=tail_value(candidate) if literal else None,
            via="wikidata",
        )


def _subject_in_view(reading: Reading, sentence: Sentence, names: PageNames) -> Name | None:
    """Where the passage last named the page's subject before a sentence that leaves it out, else where it does later."""
    found = [name for name in reading.names if names.subject is not None and name.qids[0] == names.subject]
    before = [name for name in found if name.start < sentence.start]
    return before[-1] if before else found[0] if found else None
