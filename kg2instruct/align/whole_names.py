"""Whether what reads as a name is one where it stands: not a part of a word or of a longer name, nor a common word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name
from kg2instruct.align.names import PageNames
from kg2instruct.lang.demonyms import demonyms
from kg2instruct.lang.openers import openers
from kg2instruct.lang.words import borders

_LATIN = frozenset("0123456789abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿß")
_REST = 8  # characters behind a name that are cut anew
_LONG = 3  # characters of a Chinese name that hardly is another by chance
# At the beginning of a word, they make of the name behind them another: 小熊猫, 北大西洋, 古罗马, 副总统.
_NAMES_ANOTHER = frozenset("小大北南东東西古副")
# Words of one character that no name ends with, so that jieba's 利一在 | 福岛 tells nothing about 横光利一.
_FUNCTION_WORDS = frozenset("在于於的是为為和与與及被将將也又从從由因对對曾则則把向至到并並就才已便即而或")

# 宣统三年 is a year, 德国人 are people of the place.
_ERA_YEAR = re.compile(r"(?:元|[一二三四五六七八九十廿卅]{1,3})年(?![级後后間间前來来內内多半])")
_PEOPLE = re.compile("[人籍]")
_OF_LANGUAGE = re.compile(r"[- ](?:language|dialects?|alphabet|spelling|pronunciation|speaking|speakers?)\b")
_CLOSED = re.compile(r"[),.;:]|$")
_CAPITALISED = re.compile(r" [A-Z][\w’'-]+")
_LAST_WORD = re.compile(r"(?:^|[^\w’'.-])([A-Z]\.|[A-Z][\w’'-]+) $")
_LONGEST_GIVEN_NAME = 20
_ABBREVIATION = 5  # characters that it has at most


class Beside(NamedTuple):
    """Whether another name ends where a name begins, or begins where it ends: 美国康奈尔大学, 英国伦敦."""

    before: bool
    behind: bool


def at_token_borders(folded: str, start: int, end: int) -> bool:
    """Latin names begin and end where a word does."""
    if start and folded[start] in _LATIN and folded[start - 1] in _LATIN:
        return False
    return not (end < len(folded) and folded[end - 1] in _LATIN and folded[end] in _LATIN)


def is_whole_zh(
    hit: Name,
    text: str,
    words: bytearray,
    names: PageNames,
    found: Iterable[Name],
    context: AlignContext,
    beside: Beside,
) -> bool:
    """Whether a Chinese hit is a whole name; `words` has the borders of words, `found` the names known before.

    Where another name stands beside it is a border, too.
    """
    kind = context.coarse_type(hit.qids[0])
    if _part_of_another(hit, text, words) or (kind == "person" and _ERA_YEAR.match(text, hit.end)):
        return False
    if kind == "place" and _PEOPLE.match(text, hit.end) and words[hit.start] and words[hit.end + 1]:
        return True
    return _whole_words(hit, text, words, names, beside) or _is_connected(hit, found, context)


def _part_of_another(hit: Name, text: str, words: bytearray) -> bool:
    """Whether a word before a name makes another name of it: 北大西洋, 南高加索."""
    before = hit.start - 1
    return before >= 0 and text[before] in _NAMES_ANOTHER and bool(words[before])


def _whole_words(hit: Name, text: str, words: bytearray, names: PageNames, beside: Beside) -> bool:
    """Whether a hit is made of whole words: 波兰 in 波兰语 is not; what the page vouches for may begin in one.
    Words that jieba does not know it joins with what follows (汉江全 | 长); where the page vouches for a name, the rest
    is cut anew, and only a word that ends there too keeps the name out.
    """
    before = hit.start - 1
    vouched = hit.via != "alias" or any(names.vouches_for(qid) for qid in hit.qids)
    begins = vouched or beside.before or bool(words[hit.start])
    if beside.behind:
        return begins
    if not words[hit.end]:
        if vouched and text[hit.end] in _FUNCTION_WORDS:
            return True
        next_border = words.find(1, hit.end)
        return vouched and borders(text[hit.end : hit.end + _REST], "zh").find(1, 1) != next_border - hit.end
    if before >= 0 and text[before] in "男女" and words[before]:
        return True  # 女演员 is an actor
    return begins


def _is_connected(hit: Name, found: Iterable[Name], context: AlignContext) -> bool:
    """Whether the knowledge base connects a long name with one found before: 滨绥铁路 is the line of 香坊站."""
    if hit.end - hit.start < _LONG:
        return False
    qid = hit.qids[0]
    beside = context.claims(qid).items
    return any(name.qids[0] in beside or qid in context.claims(name.qids[0]).items for name in found)


def is_whole_en(
    hit: Name, text: str, folded: str, names: PageNames, context: AlignContext, *, named_behind: bool
) -> bool:
    """Whether an English hit is a whole name, and of whom the page speaks.

    `named_behind` tells that another name is the next word: the Spanish Grupo Zena.
    """
    if _is_a_word(hit, text, names, context):
        return False
    if not named_behind and _inside_longer_name(hit, text, context):
        return False
    called = folded[hit.start : hit.end]
    if called in names.given and _CAPITALISED.match(text, hit.end):
        return False  # somebody else of that given name
    return not (called in names.family and _behind_a_given_name(text, hit.start))


def _is_a_word(hit: Name, text: str, names: PageNames, context: AlignContext) -> bool:
    """Whether a name is a word here: on, to polish, the west; a language, (Russian: …), the Central German dialects."""
    if hit.end - hit.start <= _ABBREVIATION and _is_no_abbreviation(hit, text, names, context):
        return True
    kind = context.coarse_type(hit.qids[0])
    if text.startswith(":", hit.end) and text.rfind("(", 0, hit.start) > text.rfind(")", 0, hit.start):
        return kind in ("place", "people", "language")
    if kind in ("place", "people") and _names_language(hit, text, context):
        return True
    surface = text[hit.start : hit.end]
    if not surface.islower():
        return False
    if kind == "work" or (not kind and " " not in surface):
        # Even where the page has named it: to concentrate, on a page of the film Concentrate.
        alike = [name for name in context.store.names(hit.qids[0], context.lang) if name.lower() == surface]
        return bool(alike) and not any(name[:1].islower() for name in alike)
    label = context.store.label(hit.qids[0], context.lang) if hit.via == "alias" else None
    return kind in ("place", "person", "organization") and label is not None and not label[:1].islower()


def _names_language(hit: Name, text: str, context: AlignContext) -> bool:
    """Whether an adjective is the language: the Central German dialects, `(Παπαρίζου in Greek)`."""
    if _OF_LANGUAGE.match(text, hit.end):
        return True
    alone = text.startswith(" in ", max(0, hit.start - 4)) and _CLOSED.match(text, hit.end) is not None
    return alone and text[hit.start : hit.end] in demonyms(context.lang).get(hit.qids[0], ())


def _is_no_abbreviation(hit: Name, text: str, names: PageNames, context: AlignContext) -> bool:
    """Whether a short word is written small that the entity's names have in capitals: on and ON, us and US."""
    surface = text[hit.start : hit.end]
    if not surface.islower():
        return False
    alike = [name for name in context.store.names(hit.qids[0], context.lang) if name.lower() == surface]
    return all(name.isupper() for name in alike) if alike else surface in names.capitals


def _behind_a_given_name(text: str, start: int) -> bool:
    """Whether a given name stands before a family name: Clara in `Clara Schumann`, unlinked on her husband's page."""
    before = _LAST_WORD.search(text, max(0, start - _LONGEST_GIVEN_NAME), start)
    return before is not None and before[1].lower() not in openers()


def _inside_longer_name(hit: Name, text: str, context: AlignContext) -> bool:
    """Whether a Latin name goes on with a capitalised word: Berlin in Berlin Victory Column, unknown to us.

    Not where an address ends in the full stop of its sentence: `New York, U.S. Erected in 1930`.
    """
    if _CAPITALISED.match(text, hit.end) is None:
        return False
    if text[hit.end - 1] == "." and text.startswith(", ", max(0, hit.start - 2)):
        return False
    return not context.is_common(hit.qids[0]) and context.coarse_type(hit.qids[0]) != "person"
