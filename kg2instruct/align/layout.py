"""What was found in a passage as records: its mentions and triples, with offsets and types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name
from kg2instruct.align.names import PageNames
from kg2instruct.align.reading import Reading, Sentence
from kg2instruct.align.stated import Stated, named_ends, tail_value
from kg2instruct.lang.values import Quantity, Time
from kg2instruct.records import Mention, Triple


def mentions(
    reading: Reading, stated: list[Stated], names: PageNames, context: AlignContext
) -> Iterable[Mention]:
    """The entities of a passage: what the page vouches for and has a type, all ends of triples, and where there is
    any of these, all dates and measured amounts, so that what is not marked is none.
    """
    text = reading.passage.text
    used = {
        (name.start, name.end): (qid, kind) for s in stated for name, qid, kind in _typed_ends(s, context)
    }
    found: dict[tuple[int, int], Mention] = {}
    for name in reading.names:
        qid, kind = used.get((name.start, name.end), (None, ""))
        if qid is None:
            qid = name.qids[0]
            kind = context.type_name(qid)
            if not kind or not _vouched(name, names):
                continue
        found[name.start, name.end] = Mention(
            text[name.start : name.end], kind, name.start, name.end, f"Q{qid}", name.via
        )
    for inner in reading.inner:
        start, end = inner.start, inner.end
        if (start, end) in used:
            # 美国 in 美国总统: the name around it only where it is an end, too.
            found = {x: name for x, name in found.items() if x in used or not x[0] <= start < end <= x[1]}
            qid, kind = used[start, end]
            found[start, end] = Mention(text[start:end], kind, start, end, f"Q{qid}", inner.via)
    for (start, end), (qid, kind) in used.items():  # 同名小说 is an end and no name
        found.setdefault((start, end), Mention(text[start:end], kind, start, end, f"Q{qid}", "alias"))
    for s in stated:
        span = s.candidate.tail_span
        if span and not isinstance(s.candidate.tail, Name):
            kind = value_type_name(s.candidate.claim.value, context)
            found.setdefault(span, Mention(text[span[0] : span[1]], kind, *span, via="value"))
    if found and reading.has_digits:
        taken = bytearray(len(text))
        for low, high in [*found, *((name.start, name.end) for name in reading.names)]:
            taken[low:high] = b"\x01" * (high - low)
        for start, end, kind in _values(reading, context):
            if not any(taken[start:end]):
                found[start, end] = Mention(text[start:end], kind, start, end, via="value")
    return [found[span] for span in sorted(found)]


def _values(reading: Reading, context: AlignContext) -> Iterator[tuple[int, int, str]]:
    """Dates, and amounts that have a unit, with the names of their types."""
    types = context.schemas.types
    for time in reading.times:
        yield time.start, time.end, types["time"].name[context.lang]
    for amount in reading.quantities:
        if amount.quantity.unit:
            yield amount.start, amount.end, types["quantity"].name[context.lang]


def _vouched(name: Name, names: PageNames) -> bool:
    """Whether the page itself says that the name means this entity, by a link or by what it is about."""
    return name.via != "alias" or names.vouches_for(name.qids[0])


def _typed_ends(stated: Stated, context: AlignContext) -> Iterable[tuple[Name, int, str]]:
    """Names of a triple's ends with their types; what has no class of its own is what the relation wants."""
    relation = context.schemas.relations[stated.candidate.claim.property]
    for name, qid in named_ends(stated.candidate):
        wanted = relation.tail_types if name is stated.candidate.tail else relation.head_types
        yield name, qid, type_name(qid, context, wanted)


def type_name(qid: int | None, context: AlignContext, wanted: Sequence[str] = ()) -> str:
    """The widest type of an entity, in the language of the page; else the first of those wanted; else empty."""
    found = context.type_name(qid) if qid is not None else ""
    if not found and wanted:
        return context.schemas.coarse(wanted[0]).name[context.lang]
    return found


def value_type_name(value: object, context: AlignContext) -> str:
    """The type of a literal: time, quantity or text."""
    kind = "time" if isinstance(value, Time) else "quantity" if isinstance(value, Quantity) else "text"
    return context.schemas.types[kind].name[context.lang]


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a triple as its record says it."""

    text: str
    start: int | None
    qid: int | None


def triples(
    reading: Reading, stated: list[Stated], names: PageNames, title: str, context: AlignContext
) -> Iterator[Triple]:
    """The triples of a passage, each written from its canonical end."""
    return (triple(s, reading, names, title, context) for s in stated)


def triple(stated: Stated, reading: Reading, names: PageNames, title: str, context: AlignContext) -> Triple:
    """A claim as a record, written from its canonical end; `title` stands for a subject that is not named."""
    candidate, sentence = stated.candidate, stated.sentence
    relation = context.schemas.relations[candidate.claim.property]
    head_name = candidate.head_name
    head_span = (head_name.start, head_name.end) if head_name else None
    head = _end(head_span, candidate.head, reading, sentence, names, title)
    tail = _end(candidate.tail_span, candidate.tail_qid, reading, sentence, names, title)
    if tail.qid is not None and relation.swapped is not None:
        head, tail, relation = tail, head, context.schemas.relations[relation.swapped]
    value = candidate.claim.value
    return Triple(
        head=head.text,
        head_type=type_name(head.qid, context, relation.head_types),
        head_start=head.start,
        head_qid=f"Q{head.qid}",
        relation=context.schemas.relation_name(relation.pid, context.lang, context.topic(head.qid)),
        property=f"P{relation.pid}",
        tail=tail.text,
        tail_type=type_name(tail.qid, context, relation.tail_types)
        if tail.qid is not None
        else value_type_name(value, context),
        tail_start=tail.start,
        tail_qid=f"Q{tail.qid}" if tail.qid is not None else None,
        tail_value=tail_value(candidate) if tail.qid is None else None,
        via="wikidata",
    )


def _end(
    span: tuple[int, int] | None,
    qid: int | None,
    reading: Reading,
    sentence: Sentence,
    names: PageNames,
    title: str,
) -> _End:
    """Where an end stands; the subject that the sentence leaves out where the passage names it, else by the title.

    Who else has no name there is told by what it is: an adaptation, which has the page's title, or a relative.
    """
    if span is None and qid is not None and qid != names.subject:
        label = None if qid in names.adaptations else reading.context.store.label(qid, reading.lang)
        return _End(label or title, None, qid)
    if span is None:
        seen = _subject_in_view(reading, sentence, names)
        if seen is None:
            return _End(title, None, qid)
        span = seen.start, seen.end
    return _End(reading.passage.text[span[0] : span[1]], span[0], qid)


def _subject_in_view(reading: Reading, sentence: Sentence, names: PageNames) -> Name | None:
    """Where the passage last named the page's subject before a sentence that leaves it out, else after it.

    Of several names the one it was called by first, not a further name or a symbol in brackets.
    """
    found = [name for name in reading.names if names.subject is not None and name.qids[0] == names.subject]
    before = [name for name in found if name.start < sentence.start]
    if not before:
        return found[0] if found else None
    folded, first = reading.folded, before[0]
    called = folded[first.start : first.end]
    return next(name for name in reversed(before) if folded[name.start : name.end] == called)


_ALIAS = 4970


def aliases(reading: Reading, names: PageNames, context: AlignContext) -> Iterable[Triple]:
    """The further names of the page's subject in the passage that introduces it, as triples of the first one."""
    relation = context.schemas.relations.get(_ALIAS)
    own = [name for name in reading.names if name.via == "title" and name.qids[0] == names.subject]
    if relation is None or names.subject is None or len(own) < 2:
        return
    text, first = reading.passage.text, own[0]
    seen = {reading.folded[first.start : first.end]}
    for name in own[1:]:
        folded = reading.folded[name.start : name.end]
        if folded not in seen:
            seen.add(folded)
            yield Triple(
                head=text[first.start : first.end],
                head_type=type_name(names.subject, context, relation.head_types),
                head_start=first.start,
                head_qid=f"Q{names.subject}",
                relation=context.schemas.relation_name(_ALIAS, context.lang, context.topic(names.subject)),
                property=f"P{_ALIAS}",
                tail=text[name.start : name.end],
                tail_type=value_type_name(text, context),
                tail_start=name.start,
                tail_qid=None,
                tail_value=text[name.start : name.end],
                via="wikidata",
            )
