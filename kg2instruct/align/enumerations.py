"""What is listed in a sentence, and places that lie in each other: 浙江省绍兴市、德国柏林和首尔."""

from __future__ import annotations

import re

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name

# What stands between two members of an enumeration: a remark in brackets, a comma or "and", unlinked members.
_LIST_GAP = {
    # Atomic groups and possessive repeats, so that no text takes more than linear time.
    "zh": re.compile(
        r"[》」』”\"'’]?(?:（[^（）]{0,40}）)?\s*(?:、|以及|及其|及|和|与|與|或|；)\s*+"
        r"(?>《?[^，。；、《》（）①②③④]{1,12}》?(?:（[^（）]{0,40}）)?、)*+[《「『“\"'‘]?"
    ),
    "en": re.compile(
        r"[”\"'’]?(?: ?\([^()]{0,60}\))?\s*(?:, and|, or|[,;]| and| or| &|/| as well as)\s*+(?:the |and |of )?"
        r"(?>(?:the |almost all of |part of )?[A-Z][\w.'’-]*+(?: (?:[A-Z(][\w.'’)-]*+|of|the|de|von|and)){0,5}+"
        r"(?: \([^()]{0,40}\))?,? (?:and )?(?:the )?)*+"
        r"[“\"'‘]?"
    ),
}
_COMMA = re.compile(r"(?: ?[（(][^（）()]*[)）])?\s*[，,]\s*(?:the )?")
_LAST = re.compile(r"\b(?:and|or)\b|&")
# How such a gap begins, and how long it can be: most gaps are none and are told apart by this alone.
_GAP_START = {"zh": frozenset("》」』”\"'’（ 、，,以及和与與或；"), "en": frozenset("”\"'’ (,;&/")}
_GAP_LONGEST = {"zh": 60, "en": 240}
# What stands between two places of which the first holds the second: 韩国京畿道, 浦东新区黄浦江畔的陆家嘴.
_NESTED_GAP = re.compile(
    r"(?:（[^（）]{0,20}）)?的?(?:省|市|县|区|州|境内|[东南西北中]{1,2}(?:部|端|郊|侧)?|(?:沿|河|江|湖|海)?[畔岸边])?的?"
)
_NESTED_LONGEST = 24
# What is not listed together with things of another kind.
_APART = frozenset({"person", "place"})
_PERFORMERS = {"person", "organization"}
_HOLDS = "place"
_HELD = frozenset({"place", "building", "organization", "transport"})
_REMARK = re.compile(r"[（(][^（）()]*[)）]")


def enumerations(
    text: str, names: list[Name], nested: list[list[Name]], context: AlignContext
) -> list[list[Name]]:
    """The enumerations among the names of a sentence, in order; `nested` are its runs of nested places.

    法国巴黎、美国华盛顿 lists 巴黎 and 华盛顿, and 法国 and 美国 as well, but not 巴黎 and 美国.
    """
    if not nested:
        return _around_brackets(text, names, {}, context)
    holding = {place.start for run in nested for place in run[:-1]}
    innermost = [name for name in names if name.start not in holding]
    outermost = {run[-1].start: run[0] for run in nested}
    begins = {start: name.start for start, name in outermost.items()}
    found = _around_brackets(text, innermost, begins, context)
    return found + [
        [outermost[name.start] for name in group]
        for group in found
        if all(name.start in outermost for name in group)
    ]


def nested_places(text: str, names: list[Name], context: AlignContext) -> list[list[Name]]:
    """Runs of places that follow one another, each in the one before: 中华人民共和国上海市浦东新区."""
    runs: list[list[Name]] = []
    before: Name | None = None
    for name in names:
        kind = context.coarse_type(name.qids[0])
        if (
            before is not None
            and kind in _HELD
            and name.start - before.end <= _NESTED_LONGEST
            and _NESTED_GAP.fullmatch(text, before.end, name.start)
        ):
            if not runs or runs[-1][-1] is not before:
                runs.append([before])
            runs[-1].append(name)
        before = name if kind == _HOLDS else None
    return runs


def _around_brackets(
    text: str, names: list[Name], begins: dict[int, int], context: AlignContext
) -> list[list[Name]]:
    """The enumerations of a sentence; those in brackets apart, so that they break none around them.

    `begins` tells where a place begins with those that it lies in.
    """
    if len(names) < 3:
        return _runs(text, names, begins, context)
    remarks = [found.span() for found in _REMARK.finditer(text, names[0].start, names[-1].start)]
    inside = [name for name in names if any(low < name.start < high for low, high in remarks)]
    if not inside:
        return _runs(text, names, begins, context)
    outside = [name for name in names if name not in inside]
    return [
        *_runs(text, outside, begins, context),
        *_runs(text, inside, begins, context),
    ]


def _runs(text: str, names: list[Name], begins: dict[int, int], context: AlignContext) -> list[list[Name]]:
    lang = context.lang
    groups: list[list[Name]] = []
    closed = False  # `A, B and C`: what follows is no member
    before: Name | None = None
    for name in names:
        start = begins.get(name.start, name.start)
        if (
            before is not None
            and not closed
            and _listed_together(text, before.end, start, lang)
            and _of_a_kind(before.qids[0], name.qids[0], context, listed=text[before.end] in "、,")
        ):
            groups[-1].append(name)
            closed = lang == "en" and _LAST.search(text, before.end, start) is not None
        else:
            groups.append([name])
            closed = False
        before = name
    return [
        group
        for group in groups
        # Two names and a comma are no enumeration.
        if len(group) > 2
        or (
            len(group) == 2
            and not _COMMA.fullmatch(text, group[0].end, begins.get(group[1].start, group[1].start))
        )
    ]


def _of_a_kind(one: int, other: int, context: AlignContext, *, listed: bool) -> bool:
    """Whether both can be members of one enumeration: `Born in Vancouver, Canada, Ann Lee moved` has two.

    Singers are listed with bands: `listed` tells that a comma stands between the two.
    """
    if context.is_common(one) != context.is_common(other):
        return False
    kinds = {context.coarse_type(one), context.coarse_type(other)}
    return len(kinds) == 1 or "" in kinds or (listed and kinds == _PERFORMERS) or kinds.isdisjoint(_APART)


def _listed_together(text: str, end: int, start: int, lang: str) -> bool:
    if not 0 < start - end <= _GAP_LONGEST[lang] or text[end] not in _GAP_START[lang]:
        return False
    return _LIST_GAP[lang].fullmatch(text, end, start) is not None
