"""A text to records, as a page of Wikipedia is, but with names instead of links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from kg2instruct.align.article import align_article
from kg2instruct.align.context import AlignContext
from kg2instruct.align.names import PageNames, list_names, names_around
from kg2instruct.align.own_names import short_forms
from kg2instruct.annotate.documents import Document
from kg2instruct.annotate.linking import find_hits, link
from kg2instruct.annotate.ner import Recogniser, Spot, add_hits
from kg2instruct.annotate.options import AnnotateOptions
from kg2instruct.annotate.paragraphs import paragraphs
from kg2instruct.annotate.subject import find_subject
from kg2instruct.lang.fold import fold, fold_all, plain_all
from kg2instruct.records import Article, Example, Mention, Passage
from kg2instruct.wiki.passages import cut
from kg2instruct.wiki.rich import Rich


@dataclass(slots=True)
class Annotated:
    """The records of a text, one a passage, and what was counted on the way."""

    examples: list[Example] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def annotate_document(
    document: Document,
    context: AlignContext,
    options: AnnotateOptions | None = None,
    recogniser: Recogniser | None = None,
) -> Annotated:
    """Find and link the names of a text, and the relations that it states between them.

    Passages are the text's paragraphs, cut at sentence borders where they are long; a record's id is the text's
    with a running number, its offsets are within its own passage. What a recogniser finds beside becomes mentions
    without an entity.
    """
    options = options or AnnotateOptions()
    article = _article(document, context.lang, options)
    if not article.passages:
        return Annotated()
    texts = [passage.text for passage in article.passages]
    folded = fold_all(texts)
    plain = plain_all(texts, context.lang)
    hits = find_hits(texts, folded, plain, context)
    spots = list(recogniser.spots(texts)) if recogniser else [[] for _ in texts]
    hits = add_hits(hits, spots, folded, context)
    subject = find_subject(document, hits, texts[0], context)
    linked = link(hits, subject, context, options)
    if subject is not None and not article.title:
        article = replace(article, title=context.store.label(subject, context.lang) or "")
    names = names_around(subject, article, context)
    _believe(names, linked.meanings, context)
    aligned = align_article(article, context, names=names)
    examples = [
        replace(
            example,
            id=f"{document.id}-{number}",
            source="text",
            page=None,
            entity=_with_spots(example, found, context),
        )
        for number, (example, found) in enumerate(zip(aligned.examples, spots, strict=True))
    ]
    return Annotated(examples, linked.counts + aligned.counts)


def _with_spots(example: Example, spots: Sequence[Spot], context: AlignContext) -> tuple[Mention, ...]:
    """The mentions of a record with those of a recogniser where there is none yet."""
    mentions = list(example.entity)
    for start, end, kind in spots:
        if not any(
            m.start is not None and m.end is not None and m.start < end and start < m.end for m in mentions
        ):
            type_name = context.schemas.types[kind].name[context.lang] if kind else ""
            mentions.append(Mention(example.text[start:end], type_name, start, end, None, "ner"))
    return tuple(sorted(mentions, key=lambda mention: mention.start or 0))


def _article(document: Document, lang: str, options: AnnotateOptions) -> Article:
    """The text as an article of paragraphs."""
    passages = [
        Passage(part.text)
        for paragraph in paragraphs(document.text, lang)
        for part in cut(
            Rich(paragraph, [], []), lang=lang, max_chars=options.max_chars, sentences=options.sentences
        )
        if part.text
    ]
    return Article(0, document.title, 0, lang, tuple(passages))


def _believe(names: PageNames, meanings: dict[str, int], context: AlignContext) -> None:
    """Let the text vouch for what its names were found to mean, and for the short forms of persons."""
    names.believed.update(meanings)
    names.entities.update(meanings.values())
    for surface, qid in meanings.items():
        label = context.store.label(qid, context.lang)
        if label is not None and fold(label) == surface:
            for short in short_forms(label, qid, context):
                names.believed.setdefault(fold(short), qid)
    list_names(names, context)
