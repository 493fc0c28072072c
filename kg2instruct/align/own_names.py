"""What the subject of a page is called on it: title, short forms, aliases, bold names, and the names of next of kin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from kg2instruct.align.context import AlignContext
from kg2instruct.lang.fold import fold
from kg2instruct.records import Article
from kg2instruct.wiki.titles import bare_title

PARTS = {"zh": re.compile(r"[·・‧]"), "en": re.compile(r"\s+")}
"""What stands between the parts of a person's name."""
# What is no part of a family name, and what tells that there is none.
_SENIORITY = re.compile(r"(?:,? (?:jr|sr)\b)?[.,;:]*$", re.IGNORECASE)
_NO_FAMILY_NAME = re.compile(r" of | the | [IVX]+$", re.IGNORECASE)
_JAPAN = 17
_CITIZENSHIP = 27
_KIN = (22, 25, 26, 40, 3373)
_SHORTEST_GIVEN = {"zh": 2, "en": 3}


def kin_names(subject: int, context: AlignContext) -> Iterator[tuple[str, int]]:
    """Given names of a person and the next of kin, as families are told of: 长子象三, his wife Maria."""
    if context.coarse_type(subject) != "person":
        return
    claims = [claim for found in context.claims(subject).items.values() for claim in found]
    kin = [claim.value for claim in claims if claim.property in _KIN and isinstance(claim.value, int)]
    name = fold(context.store.label(subject, context.lang) or "")
    for qid in dict.fromkeys((*reversed(kin), subject)):
        label = fold(context.store.label(qid, context.lang) or "")
        given = _given_name(label, "" if qid == subject else name, context.lang)
        if len(given) >= _SHORTEST_GIVEN[context.lang] and given != label:
            yield given, qid


def _given_name(label: str, beside: str, lang: str) -> str:
    """The given name in a folded name; of a Chinese one what follows the family name that it shares with another."""
    if lang == "en" or "·" in label:
        return PARTS[lang].split(label)[0].rstrip(".")
    shared = 0
    while shared < min(len(label), len(beside)) and label[shared] == beside[shared]:
        shared += 1
    return label[shared:] if shared else ""


_DIVISIONS = ("市", "县", "区", "省", "州", "镇", "乡", "村", "郡")


def short_places(subject: int, title: str, context: AlignContext) -> Iterator[tuple[str, int]]:
    """The names of places that the subject is connected with, without what they are: 临桂 for 临桂区.

    None of fewer than two characters, nor one that is another's name or in the subject's own: 九里 in 九里站.
    """
    for qid in context.store.objects(subject):
        if context.coarse_type(qid) == "place":
            label = fold(context.store.label(qid, "zh") or "")
            short = label[:-1] if label.endswith(_DIVISIONS) else ""
            if len(short) > 1 and short not in title and not context.named(short):
                yield short, qid


_MALE, _FEMALE = 6581097, 6581072


def genders(context: AlignContext) -> Iterator[tuple[str, int]]:
    """The one character by which Chinese texts tell it: `王大珩，男，汉族`, `女演员狄辛`."""
    for qid in (_MALE, _FEMALE):
        label = fold(context.store.label(qid, "zh") or "")
        if label.removesuffix("性") in ("男", "女"):
            yield label[0], qid


def own_names(article: Article, subject: int, near: Set[int], context: AlignContext) -> Iterator[str]:
    """The names of the subject: titles, names of the knowledge base, bold names of the first passage, short forms."""
    titles = dict.fromkeys((bare_title(article.title), bare_title(article.display_title)))
    yield from filter(None, titles)
    yield from context.store.names(subject, context.lang)
    if article.passages:
        first = article.passages[0]
        for start, end in first.bold:
            if end - start > 1:
                bold = _names_in_bold(first.text[start:end])
                yield from (name for name in bold if not _is_anothers(name, subject, near, context))
    for title in titles:
        yield from short_forms(title, subject, context)


def _is_anothers(name: str, subject: int, near: Set[int], context: AlignContext) -> bool:
    """Whether a name is not the subject's but that of something it is connected with: a treaty that is part of it."""
    named = {candidate.qid for candidate in context.named(name)}
    return subject not in named and not named.isdisjoint(near)


_NO_NAME = re.compile(r"[0-9,;:，；：]")


def _names_in_bold(text: str) -> Iterator[str]:
    """The name that is written in bold type, or the two of '''Kerala Agricultural University (KAU)'''."""
    opening = max(text.rfind("("), text.rfind("（"))
    if opening <= 0 or text[-1] not in ")）":
        yield text
        return
    yield text[:opening].rstrip()
    remark = text[opening + 1 : -1]
    if remark and not _NO_NAME.search(remark):
        yield remark


def short_forms(name: str, qid: int, context: AlignContext) -> Iterator[str]:
    """How a text goes on to call a person after the full name: the family name, the last part of a transliteration."""
    if context.coarse_type(qid) != "person":
        return
    if context.lang == "zh" and len(name) == 4 and _is_japanese(qid, context):
        yield name[:2]  # 横光利一 is called 横光
    if context.lang == "en" and _NO_FAMILY_NAME.search(name):
        return
    parts = PARTS[context.lang].split(_SENIORITY.sub("", name))
    if len(parts) > 1 and len(parts[-1]) > 1 and not parts[-1].rstrip(".").isdigit():
        yield parts[-1]


def _is_japanese(qid: int, context: AlignContext) -> bool:
    return any(claim.property == _CITIZENSHIP for claim in context.claims(qid).items.get(_JAPAN, ()))
