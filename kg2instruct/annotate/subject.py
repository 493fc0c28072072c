"""What a text is about: the thing of its title, or the one that its first sentence defines."""

from __future__ import annotations

import re

from kg2instruct.align.context import AlignContext
from kg2instruct.annotate.documents import Document
from kg2instruct.annotate.linking import Hit
from kg2instruct.wiki.titles import bare_title

# `柏林（德语：Berlin）是…`, `The Eiffel Tower (French: …) is a …`: the name at the start, then what it is.
_OPENS = {"zh": re.compile(r"[《「“]?"), "en": re.compile(r"(?:The |An? |[“\"])?")}
_DEFINES = {
    "zh": re.compile(
        r"[》」”]?(?:[（(][^（）()]{0,120}[)）])?(?:，[^，。]{1,30}){0,3}，?(?:是|为|指|位于|（)"
    ),
    "en": re.compile(
        r"[”\"]?,?(?: ?\([^()]{0,200}\))?(?:,[^,.]{1,60},)? (?:is|was|are|were) (?:an?|the|one)\b"
    ),
}


def find_subject(document: Document, hits: list[Hit], text: str, context: AlignContext) -> int | None:
    """The entity that a text is about, None where it tells of many things; `text` is its first passage."""
    if document.title:
        qid = context.title(document.title)
        if qid is not None:
            return qid
        candidates = context.named(bare_title(document.title))
        return candidates[0].qid if len(candidates) == 1 else None
    opening = _OPENS[context.lang].match(text)
    start = opening.end() if opening else 0
    first = next((hit for hit in hits if hit.passage == 0 and hit.start in (0, start)), None)
    if first is None or _DEFINES[context.lang].match(text, first.end) is None:
        return None
    best = first.candidates[0].qid
    return None if context.is_common(best) else best
