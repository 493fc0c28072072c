"""What people say of a record: which triples stay, which go, which were missing; by majority where they are several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from kg2instruct.complete.values import read_literal
from kg2instruct.records import Example, Lang, Mention, Triple, lang_of
from kg2instruct.review.spans import Annotated, Link, Span, annotated, is_placed, type_of
from kg2instruct.schema import SchemaSet


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A record as corrected, and its triples by what was said of them. `disputed` had no one opinion."""

    example: Example
    right: tuple[Triple, ...]
    wrong: tuple[Triple, ...]
    missed: tuple[Triple, ...]
    disputed: int = 0


def review(example: Example, opinions: Sequence[Annotated], schemas: SchemaSet) -> Reviewed:
    """A record corrected as more than half of the opinions say; a tie keeps what the record has."""
    votes: Counter[tuple[int, int, str, int, int]] = Counter()
    links: dict[tuple[int, int, str, int, int], Link] = {}
    for opinion in opinions:
        for link in opinion.links:
            links.setdefault(_key(link), link)
        votes.update({_key(link) for link in opinion.links})
    own = {_triple_key(x): x for x in example.relation if is_placed(x)}
    half = len(opinions) / 2
    right = tuple(x for key, x in own.items() if votes[key] >= half)
    wrong = tuple(x for key, x in own.items() if votes[key] < half)
    new = [link for key, link in links.items() if key not in own and votes[key] > half]
    missed = tuple(_triple(link, example, schemas) for link in sorted(new, key=_key))
    unseen = tuple(x for x in example.relation if not is_placed(x))
    return Reviewed(
        replace(example, entity=_mentions(example, opinions, new), relation=(*right, *missed, *unseen)),
        right,
        wrong,
        missed,
        sum(0 < votes[key] < len(opinions) for key in {*own, *links}),
    )


def _key(link: Link) -> tuple[int, int, str, int, int]:
    return link.head.start, link.head.end, link.relation, link.tail.start, link.tail.end


def _triple_key(x: Triple) -> tuple[int, int, str, int, int]:
    head, tail = x.head_start or 0, x.tail_start or 0
    return head, head + len(x.head), x.relation, tail, tail + len(x.tail)


def _triple(link: Link, example: Example, schemas: SchemaSet) -> Triple:
    """A triple that people added, with what the record knows of its ends."""
    lang = lang_of(example)
    topic = next((t for t in schemas.topics.values() if example.cate in t.name.values()), None)
    relation = schemas.relation_named(link.relation, lang, topic) or schemas.relation_named(
        link.relation, lang
    )
    tail = example.text[link.tail.start : link.tail.end]
    literal = relation is not None and relation.kind in ("time", "quantity", "text")
    return Triple(
        head=example.text[link.head.start : link.head.end],
        head_type=type_of(link.head),
        head_start=link.head.start,
        head_qid=_qid(link.head, example),
        relation=link.relation,
        property=f"P{relation.pid}" if relation else None,
        tail=tail,
        tail_type=type_of(link.tail),
        tail_start=link.tail.start,
        tail_qid=None if literal else _qid(link.tail, example),
        tail_value=_value(link.tail, example, relation.pid, lang, schemas) if literal and relation else None,
        via="corpus",
    )


def _value(span: Span, example: Example, pid: int, lang: Lang, schemas: SchemaSet) -> str | None:
    found = read_literal(example.text, (span.start, span.end), schemas.relation(pid), lang)
    return None if isinstance(found, str) else found.value


def _qid(span: Span, example: Example) -> str | None:
    text = example.text[span.start : span.end]
    at = (m.qid for m in example.entity if (m.start, m.end) == (span.start, span.end))
    return next(at, None) or next((m.qid for m in example.entity if m.entity == text and m.qid), None)


def _mentions(example: Example, opinions: Sequence[Annotated], new: Sequence[Link]) -> tuple[Mention, ...]:
    """Mentions that at least half of the people have, with their labels, and the ends of new triples."""
    votes = Counter(place for opinion in opinions for place in {(x.start, x.end) for x in opinion.spans})
    labels = {(x.start, x.end): type_of(x) for opinion in reversed(opinions) for x in opinion.spans}
    known = {(m.start, m.end): m for m in example.entity if m.start is not None and m.end is not None}
    placeless = [m for m in example.entity if m.start is None or m.end is None]
    shown = {(x.start, x.end) for x in annotated(example).spans}
    ends = {(x.start, x.end): x for link in new for x in (link.head, link.tail)}
    kept = {place for place in known if votes[place] >= len(opinions) / 2}
    added = {place for place, n in votes.items() if place not in shown and n > len(opinions) / 2}
    found = []
    for start, end in sorted(kept | added | set(ends)):
        label = labels.get((start, end), "")
        old = known.get((start, end))
        if old is not None:
            found.append(replace(old, entity_type=label or old.entity_type))
        else:
            span = Span(start, end, label)
            found.append(Mention(example.text[start:end], label, start, end, _qid(span, example)))
    return (*found, *placeless)
