"""Whom a passage is headed by that is not the page's subject: 汇文大学（…）。前身是…, 王府：…。建于…"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name
from kg2instruct.records import Lang

_KIN = "夫人|妻子?|丈夫|父亲?|母亲?|长子|次子|儿子?|子|长女|次女|女儿?|兄长?|弟弟?|哥哥|姐姐|妹妹?"
# A name alone, in brackets what it is; it may stand in quotation marks.
_OPENED = re.compile(r"[《“「\"]?")
_ALONE: dict[Lang, re.Pattern[str]] = {
    "zh": re.compile(r"[》”」]?(?:（[^（）]{1,120}）)?[。：]"),
    "en": re.compile(r"\"?(?: \([^()]{1,120}\))?[.:]"),
}
# Between the page's subject and a relative, and behind the relative: the sentence goes on about that one.
_RELATED = re.compile(rf"的?(?:{_KIN})")
_GOES_ON = re.compile(r"（[^（）]{1,120}）|，")


def headed_by(
    plain: str,
    sentences: Sequence[tuple[int, int]],
    names: Sequence[Name],
    of_section: Name | None,
    pronouns: re.Pattern[str],
    subject: int | None,
    context: AlignContext,
) -> Iterator[tuple[int, int, Name]]:
    """Where the later sentences of a headed passage leave out their subject, with the name that heads it.

    These are empty spans, at the beginnings of sentences, up to the first that has the page's subject or a pronoun
    for it. `of_section` is what the section is headed by: that is so in all sentences that have neither.
    """
    heading = of_section or _heading(plain, names, subject, context)
    if heading is None:
        return
    for start, end in sentences:
        if start <= heading.start:
            continue
        named = any(start <= name.start < end and subject in name.qids for name in names)
        if named or pronouns.search(plain, start, end):
            if of_section is None:
                return
            continue
        yield start, start, heading


def _heading(plain: str, names: Sequence[Name], subject: int | None, context: AlignContext) -> Name | None:
    if not names or subject is None:
        return None
    first = names[0]
    if subject in first.qids:
        second = names[1] if len(names) > 1 else None
        if (
            second is not None
            and context.lang == "zh"
            and first.start == 0
            and context.coarse_type(subject) == "person"
            and context.coarse_type(second.qids[0]) == "person"
            and _RELATED.fullmatch(plain, first.end, second.start)
            and _GOES_ON.match(plain, second.end)
        ):
            return second
        return None
    if context.is_common(first.qids[0]) or not _OPENED.fullmatch(plain, 0, first.start):
        return None
    return first if _ALONE[context.lang].match(plain, first.end) else None
