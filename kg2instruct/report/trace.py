"""A passage aligned again, with what told each mention and each claim."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg2instruct.align.article import introductions, shown_title
from kg2instruct.align.case import Case
from kg2instruct.align.context import AlignContext
from kg2instruct.align.layout import mentions, triple
from kg2instruct.align.names import PageNames, read_names
from kg2instruct.align.reading import Reading, Sentence
from kg2instruct.align.rules import RULES, on_page_of_place
from kg2instruct.align.stated import Stated, Unstated, find_stated, tail_value
from kg2instruct.lang.fold import fold_all, plain_all
from kg2instruct.records import Article, Mention, PageRef
from kg2instruct.report.explained import Explanation, Named, WhyClaim, WhyMention, WhySentence
from kg2instruct.report.naming import Naming

_RULES = {
    rule.__name__.replace("_", " "): inspect.cleandoc(rule.__doc__ or "").split("\n")[0] for rule in RULES
} | {
    "stated before in the passage": "The passage has stated this claim, or another value in the same place, before.",
    "stated more exactly in the passage": "The passage tells the day of what this sentence says of a year.",
    "another reading of the name": "The name was read as another entity, by a claim that fits it better.",
    "said from the other end": "The same fact is kept as the inverse relation.",
}


def trace(article: Article, number: int, context: AlignContext, *, source: str) -> Explanation:
    """Explain passage `number` of a page."""
    texts = [passage.text for passage in article.passages]
    folded = fold_all(texts)
    plain = plain_all(texts, context.lang)
    names = read_names(article, folded, context)
    passage = article.passages[number]
    intro = introductions(article.passages, context.lang)[number]
    reading = Reading(passage, plain[number], folded[number], names, context, intro)
    unstated: list[Unstated] = []
    stated = find_stated(reading, names, context, Counter(), unstated)
    told = _Told(article, reading, names, context)
    topic = context.topic(names.subject) if names.subject is not None else None
    return Explanation(
        id=f"{context.lang}wiki-{article.id}-{article.revision}-{number}",
        page=PageRef(article.title, article.id, article.revision, passage.section),
        source=source,
        subject=told.named(names.subject),
        subject_why=told.naming.subject(),
        topic=topic.name[context.lang] if topic else None,
        text=passage.text,
        mentions=tuple(told.mentions(stated)),
        sentences=tuple(told.sentences(stated, unstated)),
    )


@dataclass(slots=True)
class _Told:
    """One passage, and how its parts are told."""

    article: Article
    reading: Reading
    names: PageNames
    context: AlignContext

    @property
    def naming(self) -> Naming:
        return Naming(self.article, self.reading, self.names, self.context)

    def named(self, qid: int | None) -> Named | None:
        return None if qid is None else self.entity(qid)

    def entity(self, qid: int) -> Named:
        return Named(f"Q{qid}", self.context.store.label(qid, self.context.lang))

    def mentions(self, stated: list[Stated]) -> Iterator[WhyMention]:
        claimed = {s.candidate.tail_span for s in stated}
        for mention in mentions(self.reading, stated, self.names, self.context):
            yield self.mention(mention, claimed=(mention.start, mention.end) in claimed)

    def mention(self, mention: Mention, *, claimed: bool) -> WhyMention:
        start, end = mention.start or 0, mention.end or 0
        name = next((n for n in self.reading.names if (n.start, n.end) == (start, end)), None)
        qid = int(mention.qid[1:]) if mention.qid else None
        others = tuple(filter(None, (self.named(q) for q in name.qids if q != qid))) if name else ()
        return WhyMention(
            mention.entity,
            mention.entity_type,
            start,
            end,
            mention.via,
            self.named(qid),
            self.naming.mention(name, qid) if name else self.naming.value(start, end, claimed=claimed),
            others,
        )

    def sentences(self, stated: Iterable[Stated], unstated: Iterable[Unstated]) -> Iterator[WhySentence]:
        kept, dropped = list(stated), list(unstated)
        for sentence in self.reading.sentences:
            triples = tuple(self.claim(s) for s in kept if s.sentence is sentence)
            others = tuple(self.claim(u.claim, u.rule) for u in dropped if u.claim.sentence is sentence)
            note = "" if triples or others else self._without(sentence)
            text = self.reading.passage.text[sentence.start : sentence.end].strip()
            yield WhySentence(text, sentence.start, sentence.end, triples, others, note)

    def claim(self, stated: Stated, rule: str | None = None) -> WhyClaim:
        candidate, context, lang = stated.candidate, self.context, self.context.lang
        claim = candidate.claim
        relation = context.schemas.relations[claim.property]
        title = shown_title(self.article, self.names.subject, context)
        shown = triple(stated, self.reading, self.names, title, context)
        case = Case(candidate, relation, self.reading.passage, stated.sentence, self.names, context)
        value = tail_value(candidate)
        if candidate.tail_qid is not None:
            label = context.store.label(candidate.tail_qid, lang)
            value = f"{value} {label}" if label else value
        turned = shown.property if shown.property != f"P{claim.property}" else None
        return WhyClaim(
            head=shown.head,
            relation=shown.relation,
            tail=shown.tail,
            subject=self.entity(candidate.head),
            property=Named(f"P{claim.property}", context.store.property_label(claim.property, lang)),
            value=value,
            rank="preferred" if claim.preferred else "normal",
            ended=claim.ended,
            schema=self._schema(claim.property),
            turned=Named(turned, shown.relation) if turned else None,
            seen=case.masked_text,
            rule=rule,
            why=_RULES.get(rule, "") if rule else self._evidence(case),
        )

    def _schema(self, pid: int) -> str:
        """The relation as the schema has it: `出生地: 人物 → 地理地区`."""
        schemas, lang = self.context.schemas, self.context.lang
        relation = schemas.relations[pid]

        def types(ids: Iterable[str]) -> str:
            return "/".join(schemas.types[i].name[lang] for i in ids) or "*"

        tails = types(relation.tail_types) if relation.kind == "entity" else relation.kind
        return f"{relation.name[lang]}: {types(relation.head_types)} → {tails}"

    def _evidence(self, case: Case) -> str:
        if on_page_of_place(case):
            return "the page is about a place, and what it names is understood to be there"
        evidence = self.context.evidence_for(case.relation.pid)
        masked = case.masked_text
        if matched := evidence.matched(masked):
            return f"the pattern matches {matched!r}"
        words = [w for words in (evidence.words, evidence.learned) if words for w in words.finditer(masked)]
        if words:
            return f"words of the relation: {', '.join(dict.fromkeys(w.group() for w in words))}"
        return "that both ends are named is enough for this relation"

    def _without(self, sentence: Sentence) -> str:
        """Why there is not one claim to look at."""
        if not sentence.names and self.names.subject is None:
            return "names nothing that the knowledge base knows, and the page has no entity"
        if not sentence.names:
            return "names nothing, and has no date, amount or text that is claimed of the page's subject"
        labels = ", ".join(dict.fromkeys(self.reading.passage.text[n.start : n.end] for n in sentence.names))
        return f"no claim of a relation of the schema between what it names ({labels}), its values and the subject"
