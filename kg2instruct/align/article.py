"""Articles to examples: read each passage, collect the claims it states, lay them out as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kg2instruct.align.context import AlignContext
from kg2instruct.align.layout import aliases, mentions, triples
from kg2instruct.align.names import bare_title, read_names
from kg2instruct.align.reading import Reading
from kg2instruct.align.stated import find_stated
from kg2instruct.lang.fold import fold
from kg2instruct.records import Article, Example, PageRef, Passage


@dataclass(slots=True)
class AlignedArticle:
    """The examples of a page, and the funnel: what was seen and why it was dropped."""

    examples: list[Example] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def align_article(article: Article, context: AlignContext) -> AlignedArticle:
    """Align every passage of a page with the knowledge base."""
    result = AlignedArticle()
    counts = result.counts
    folded = [fold(passage.text) for passage in article.passages]
    names = read_names(article, folded, context)
    topic = context.topic(names.subject) if names.subject is not None else None
    title = bare_title(article.title)
    counts["pages"] += 1
    counts["pages with an entity"] += names.subject is not None
    for number, passage in enumerate(article.passages):
        intro = _introduction(article.passages, number, context.lang) if passage.kind == "list" else ""
        reading = Reading(passage, folded[number], names, context, intro)
        stated = find_stated(reading, names, context, counts)
        counts["passages"] += 1
        counts["passages with a triple"] += bool(stated)
        relations = list(triples(reading, stated, names, title, context))
        if context.options.alias_relations and number == 0:
            relations += aliases(reading, names, context)
        result.examples.append(
            Example(
                id=f"{context.lang}wiki-{article.id}-{article.revision}-{number}",
                lang=context.lang,
                source=context.source,
                cate=topic.name[context.lang] if topic else None,
                text=passage.text,
                entity=tuple(mentions(reading, stated, names, context)),
                relation=tuple(relations),
                page=PageRef(article.title, article.id, article.revision, passage.section),
            )
        )
    return result


_LONGEST_INTRODUCTION = 60  # characters before the colon


def _introduction(passages: Sequence[Passage], number: int, lang: str) -> str:
    """What an item of a list belongs to: its heading, and the end of the paragraph that announces the list."""
    item = passages[number]
    heading = item.section.rsplit(" / ", 1)[-1]
    before = number
    while before and passages[before].kind == "list" and passages[before].section == item.section:
        before -= 1
    text = passages[before].text.rstrip()
    announced = text[:-1][-_LONGEST_INTRODUCTION:] if text.endswith((":", "：")) and before != number else ""
    # Spaces, since a mark (①) is a letter to a regular expression and words must stand alone.
    return "".join(f" {part}: " if lang == "en" else f"{part}：" for part in (heading, announced) if part)
