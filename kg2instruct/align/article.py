"""Articles to examples: read each passage, collect the claims it states, lay them out as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kg2instruct.align.context import AlignContext
from kg2instruct.align.dropped import dropped_claims
from kg2instruct.align.layout import aliases, mentions, triples
from kg2instruct.align.names import PageNames, read_names
from kg2instruct.align.reading import Reading
from kg2instruct.align.stated import Unstated, find_stated
from kg2instruct.lang.fold import fold_all, plain_all
from kg2instruct.records import Article, Dropped, Example, PageRef, Passage
from kg2instruct.wiki.titles import bare_title


@dataclass(slots=True)
class AlignedArticle:
    """The examples of a page, and the funnel: what was seen and why it was dropped."""

    examples: list[Example] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def align_article(
    article: Article,
    context: AlignContext,
    *,
    names: PageNames | None = None,
    drops: Callable[[Dropped], object] | None = None,
) -> AlignedArticle:
    """Align every passage of a page with the knowledge base.

    `names` are what is known of the page's names where it has no links to tell it.

    `drops` is handed each claim that a sentence was searched for and that is not kept, with the rule that says so;
    without it no record of them is made.
    """
    result = AlignedArticle()
    counts = result.counts
    texts = [passage.text for passage in article.passages]
    folded = fold_all(texts)
    plain = plain_all(texts, context.lang)
    names = names or read_names(article, folded, context)
    topic = context.topic(names.subject) if names.subject is not None else None
    title = shown_title(article, names.subject, context)
    counts["pages"] += 1
    counts["pages with an entity"] += names.subject is not None
    intros = introductions(article.passages, context.lang)
    for number, passage in enumerate(article.passages):
        reading = Reading(passage, plain[number], folded[number], names, context, intros[number])
        unstated: list[Unstated] | None = None if drops is None else []
        stated = find_stated(reading, names, context, counts, unstated)
        counts["passages"] += 1
        counts["passages with a triple"] += bool(stated)
        relations = list(triples(reading, stated, names, title, context))
        if context.options.alias_relations and number == 0:
            relations += aliases(reading, names, context)
        example = Example(
            id=f"{context.lang}wiki-{article.id}-{article.revision}-{number}",
            lang=context.lang,
            source=context.source,
            cate=topic.name[context.lang] if topic else None,
            text=passage.text,
            entity=tuple(mentions(reading, stated, names, context)),
            relation=tuple(relations),
            page=PageRef(article.title, article.id, article.revision, passage.section),
        )
        result.examples.append(example)
        if drops is not None and unstated:
            for dropped in dropped_claims(unstated, example, reading, names, title, context):
                drops(dropped)
    return result


def shown_title(article: Article, subject: int | None, context: AlignContext) -> str:
    """What a page calls its subject; its label's spelling where only titles must begin with a capital (`IPhone`)."""
    bare = bare_title(article.display_title or article.title)
    label = context.store.label(subject, context.lang) if subject is not None else None
    camel = label is not None and label[:1] != bare[:1] and label[1:] == bare[1:] and label[1:2].isupper()
    return label if label is not None and camel else bare


_LONGEST_INTRODUCTION = 60  # characters before the colon


def _end_of(text: str, lang: str) -> str:
    """The last characters of a text, in English from the beginning of a word on."""
    end = text[-_LONGEST_INTRODUCTION:]
    inside = lang == "en" and text[-_LONGEST_INTRODUCTION - 1 : -_LONGEST_INTRODUCTION].strip()
    return end.partition(" ")[2] if inside else end


def introductions(passages: Sequence[Passage], lang: str) -> list[str]:
    """What each item of a list belongs to: its heading, and the end of the paragraph that announces the list."""
    intros = []
    before = 0  # the passage in front of the list
    for number, item in enumerate(passages):
        if item.kind != "list":
            intros.append("")
            continue
        if number and (passages[number - 1].kind != "list" or passages[number - 1].section != item.section):
            before = number - 1
        text = passages[before].text.rstrip()
        announces = text.endswith((":", "：")) and before != number
        announced = _end_of(text[:-1], lang) if announces else ""
        heading = item.section.rsplit(" / ", 1)[-1]
        # Spaces, since a mark (①) is a letter to a regular expression and words must stand alone.
        parts = filter(None, (heading, announced))
        intros.append("".join(f" {part}: " if lang == "en" else f"{part}：" for part in parts))
    return intros
