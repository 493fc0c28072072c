"""Words that take up something named before that is not the subject: `the film` or 该国, `he` of one more person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name
from kg2instruct.align.pronouns import FOLLOWED, NOUNS
from kg2instruct.lang.words import borders
from kg2instruct.records import Lang

# Chinese words are those that take up the page's subject, but for these types; English has more words for that.
_TOLD_CLOSER = frozenset({"work", "artefact", "transport", "building", "astronomical"})
# The words that take up an entity of a type of the schema.
_WORDS_OF: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "film": "film movie",
        "programme": "series show sitcom programme program",
        "book": "novel book",
        "music": "song album single opera symphony",
        "game": "game",
        "artwork": "painting sculpture",
        "company": "company firm corporation subsidiary airline manufacturer",
        "school": "university college school institute",
        "team": "team club",
        "band": "band",
        "periodical": "newspaper magazine journal",
        "country": "country",
        "island": "island",
        "water": "river lake",
        "conflict": "battle war",
        "vehicle": "aircraft ship",
        "spacecraft": "spacecraft",
        "building": "building hotel tower church cathedral temple castle stadium museum",
        "planet": "planet",
        "drug": "drug",
        "disease": "disease",
    },
    "zh": {kind: nouns for kind, nouns in NOUNS["zh"].items() if kind not in _TOLD_CLOSER}
    | {"vehicle": NOUNS["zh"]["artefact"], "building": "建筑 大楼 教堂 寺 塔", "planet": "行星 小行星"},
}
# Provinces and the like are told by the last character of their names.
_DIVISIONS = "省州县市区镇"
_TYPE_OF: Mapping[Lang, Mapping[str, str]] = {
    "en": {word: kind for kind, words in _WORDS_OF["en"].items() for word in words.split()},
    "zh": {word: kind for kind, words in _WORDS_OF["zh"].items() for word in words.split()}
    | {division: division for division in _DIVISIONS},
}
_AGAIN = {
    # A plain character class at the start lets the search skip quickly.
    "en": re.compile(rf"[Tt](?<!\w[Tt])h(?:e|is) (?P<word>{'|'.join(_TYPE_OF['en'])}){FOLLOWED}"),
    "zh": re.compile(
        rf"(?:该|这[座部个种颗条所家本首款场支份幅])(?P<word>{'|'.join(sorted(_TYPE_OF['zh'], key=len, reverse=True))})"
    ),
}
_REST = 8  # characters behind such a noun that are cut into words
_TOGETHER = 6  # characters; of two things of a kind so near to each other neither is the one meant
_SEX = 21
_MALE, _FEMALE = 6581097, 6581072
GENDERS = {"he": _MALE, "his": _MALE, "she": _FEMALE, "her": _FEMALE, "他": _MALE, "她": _FEMALE}
"""The genders of pronouns, as the knowledge base has them."""
_HE_OR_SHE = {
    "en": re.compile(
        r"(?:(?:In|On|By|After|From|During|Since) [^,.;]{1,30}, )?(?P<pronoun>(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er)\b)"
    ),
    "zh": re.compile(r"(?:[0-9年月日]{4,11}[，,]?)?(?P<pronoun>[他她])(?!们)"),
}


def anaphors(
    plain: str, names: Sequence[Name], subject: int | None, context: AlignContext
) -> Iterator[tuple[int, int, Name]]:
    """Where a text says `the film`, 该国 or 该省, with the last name before it that is one.

    None where the page's subject is such a thing: then it is meant.
    """
    label = context.store.label(subject, context.lang) or "" if subject is not None else ""
    for found in _AGAIN[context.lang].finditer(plain):
        kind = _TYPE_OF[context.lang][found["word"]]
        if subject is not None and _is_such(subject, label, kind, context):
            continue
        if context.lang == "zh" and not _is_a_word(found, plain):
            continue
        before = (name for name in reversed(names) if name.end <= found.start())
        such = [name for name in before if _is_such(name.qids[0], plain[: name.end], kind, context)][:2]
        if such and not _beside_another(such):
            yield found.start(), found.end(), such[0]


def _is_a_word(found: re.Match[str], plain: str) -> bool:
    """Whether a noun of one character ends where a word does: 该剧 | 由, 该 | 剧院."""
    if len(found["word"]) > 1:
        return True
    return bool(borders(plain[found.start() : found.end() + _REST], "zh", simplified=True)[len(found[0])])


def personal_pronouns(
    plain: str,
    sentences: Sequence[tuple[int, int]],
    names: Sequence[Name],
    subject: int | None,
    context: AlignContext,
) -> Iterator[tuple[int, int, Name]]:
    """Where a sentence begins with `he` or 她 and means the one person that the sentence before it is about.

    None where the page's subject can be meant: a person of that gender, or of one that the knowledge base lacks.
    """
    if subject is None or not context.coarse_type(subject):
        return
    meant: Name | None = None  # by the pronoun that the sentence before begins with
    before = 0
    for start, end in sentences:
        found = _HE_OR_SHE[context.lang].match(plain, start, end)
        low, before, carried, meant = before, start, meant, None
        if found is None:
            continue
        gender = GENDERS[found["pronoun"].lower()]
        if context.coarse_type(subject) == "person" and gender_of(subject, context) in (gender, None):
            continue
        persons = {name.qids[0]: name for name in names if low <= name.start < start}
        if carried is not None:
            persons[carried.qids[0]] = carried
        fitting = [name for qid, name in persons.items() if _can_be(qid, gender, context) and qid != subject]
        if len(fitting) == 1:
            meant = fitting[0]
            yield found.start("pronoun"), found.end("pronoun"), meant


def _can_be(qid: int, gender: int, context: AlignContext) -> bool:
    return context.coarse_type(qid) == "person" and gender_of(qid, context) in (gender, None)


def gender_of(qid: int, context: AlignContext) -> int | None:
    """Male or female, None where the knowledge base says neither."""
    for value, claims in context.claims(qid).items.items():
        if value in (_MALE, _FEMALE) and any(claim.property == _SEX for claim in claims):
            return value
    return None


def _beside_another(such: Sequence[Name]) -> bool:
    """Whether the last two names are those of two things, as members of an enumeration are."""
    if len(such) == 1 or such[0].qids[0] == such[1].qids[0]:
        return False
    return such[0].start - such[1].end <= _TOGETHER


def _is_such(qid: int, called: str, kind: str, context: AlignContext) -> bool:
    if kind in _DIVISIONS:
        return called[-1:] == kind and context.coarse_type(qid) == "place"
    found = context.entity_type(qid)
    return found is not None and kind in (found.id, found.parent)
