"""Words that take up something named before: pronouns for the subject, `the film` or 该国 for a thing of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kg2instruct.align.context import AlignContext
from kg2instruct.align.mentions import Name
from kg2instruct.lang.words import borders
from kg2instruct.records import Lang

# What takes up a subject that is no person, and what may follow it at once.
_KINDS = (
    "city|town|village|state|country|county|province|region|district|municipality|island|river|lake|mountain|sea|ocean"
    "|company|firm|corporation|business|group|organi[sz]ation|institution|university|college|school|institute|club|team"
    "|band|duo|trio|orchestra|party|union|association|agency|bank|brand|airline|label|studio|network|channel|newspaper"
    "|magazine|film|movie|series|show|programme|program|manga|novel|book|story|play|opera|album|song|single|game"
    "|painting|building|tower|bridge|castle|church|cathedral|temple|stadium|airport|station|museum|hotel|house|war"
    "|battle|election|festival|tournament|species|genus|car|aircraft|ship|engine|disease|drug|planet"
)
_BEHIND = (
    "is|was|were|has|had|will|would|can|could|may|also|then|later|now|once|and|or|but|which|that|who|whose|where|when|as"
    "|in|on|at|to|from|by|with|for|until|since|after|before|during|under|between|into"
)
_FOLLOWED = rf"(?='s|’s|[,.;:)]| (?!of\b)(?:{_BEHIND}|[a-z]+(?:ed|s))\b|$)"
# `the capital of`, `the founder`: words that tell of the subject what the other end is.
_TELLING = (
    "capital|founder|director|author|daughter|son|wife|husband|brother|sister|father|mother|death|birth|president"
    "|chairman|leader|mayor|king|queen|emperor|governor|winner|owner|creator|composer|designer|architect|producer"
    "|crew|cast|members?|staff|population|area|length|height|width|depth|mass|elevation|currency|languages?|symptoms?"
    "|headquarters|publisher|manufacturer|developer|operator|motto|anthem|budget|revenue|cost|screenplay|music|score"
    "|capacity|attendance|wedding|marriage|parents|children|mouth|source|atmosphere|diameter|distance|temperature"
)

_OF_PERSONS = {
    "zh": r"(?<!其)[他她](?!们|乡|国|处|山之石)",
    "en": r"\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er|[Hh]im)\b",
}
_OF_THINGS = {
    "zh": r"(?<!其)它(?!们)|(?<![齐安健完])全[县镇乡村岛](?![级长域])",
    "en": r"\b(?:[Ii]t|[Ii]ts)\b",
}
_THEY = {
    "zh": r"其(?!他|它|她|中|实|余|次|間|间|後|后)",
    "en": r"\b(?:[Tt]hey|[Tt]heir|[Tt]hem)\b",
}
_THAT_THING = {
    "zh": (
        r"[该該本此](?=[\u4e00-\u9fff]{1,3}[^\u4e00-\u9fff]|[片书剧站校馆山湖河岛桥市县区镇国公组品车线病星机])"
        r"|这[座部位个种颗条所家本首款场]"
    ),
    "en": (
        r"\b(?:[Tt]he|[Tt]his) "
        r"(?!same|first|second|other|next|former|latter|late|early|end|beginning|(?:north|south|east|west)"
        r"|(?:time|year|day|month|week|date|moment|way)\b)"
        # `This includes`: no noun follows.
        r"(?!(?:i[ns]|was|has|had|did|does|can|could|may|might|will|would|came|took|gave|led|became|began|made|brought|put)\b"
        r"|(?:includ|mean|caus|mak|allow|result|mark|happen|occur|appl|refer|show|follow|remain|enabl|requir|lead|becom)[a-z]+)"
        # `the county town of`: not the county.
        rf"(?:(?:{_KINDS}){_FOLLOWED}"
        rf"|(?!(?:{_TELLING}|[a-z]+est|most)\b)[a-z]+(?! of\b| (?:{_KINDS})\b)\b)"
    ),
}
_THAT_PERSON = {
    "zh": r"[该該此这](?:位|名)?(?:[男女])?(?:作家|诗人|演员|导演|歌手|画家|科学家|学者|球员|选手|将军|皇帝|国王|女王)",
    "en": (
        r"\b(?:[Tt]he|[Tt]his) (?:young |old |new |future )?"
        r"(?:[a-z]+(?:wright|ist|ian|man|woman|actor|doctor|author|sculptor|emperor|senator|minister|writer|singer|player"
        r"|painter|teacher|lawyer|soldier|officer|leader|ruler|philosopher)|actor|actress|author|writer|poet|singer|player"
        r"|painter|teacher|lawyer|king|queen|prince|princess|pope|saint|boy|girl|couple|family|pair)\b(?! of\b)"
    ),
}
PERSONAL = {lang: re.compile(pronouns) for lang, pronouns in _OF_PERSONS.items()}
PRONOUNS: Mapping[Lang, Mapping[str, re.Pattern[str]]] = {
    lang: {
        "person": re.compile(f"{_OF_PERSONS[lang]}|{_THEY[lang]}|{_THAT_PERSON[lang]}"),
        "thing": re.compile(f"{_OF_THINGS[lang]}|{_THEY[lang]}|{_THAT_THING[lang]}"),
        "": re.compile(f"{_OF_PERSONS[lang]}|{_OF_THINGS[lang]}|{_THEY[lang]}|{_THAT_THING[lang]}"),
    }
    for lang in ("zh", "en")
}
"""What stands for the page's subject where it is not named: a person, a thing, or what the schema has no type for."""

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
    "zh": {
        "film": "片 影片 电影",
        "programme": "剧 剧集 电视剧 节目",
        "book": "书 小说",
        "music": "歌 歌曲 曲 专辑 单曲 歌剧",
        "game": "游戏",
        "artwork": "画 画作 雕塑",
        "company": "公司 企业",
        "school": "校 大学 学校 学院",
        "team": "队 球队 俱乐部",
        "band": "乐队 乐团 组合",
        "periodical": "报 杂志 期刊",
        "country": "国 国家",
        "island": "岛 岛屿",
        "water": "河 河流 湖 湖泊 江",
        "conflict": "战役 战争",
        "vehicle": "舰 机型 飞机",
        "building": "建筑 大楼 教堂 寺 塔",
        "planet": "行星 小行星",
        "drug": "药 药物",
        "disease": "病 疾病",
    },
}
# Provinces and the like are told by the last character of their names.
_DIVISIONS = "省州县市区镇"
_TYPE_OF: Mapping[Lang, Mapping[str, str]] = {
    "en": {word: kind for kind, words in _WORDS_OF["en"].items() for word in words.split()},
    "zh": {word: kind for kind, words in _WORDS_OF["zh"].items() for word in words.split()}
    | {division: division for division in _DIVISIONS},
}
_AGAIN = {
    "en": re.compile(rf"\b[Tt]h(?:e|is) (?P<word>{'|'.join(_TYPE_OF['en'])}){_FOLLOWED}"),
    "zh": re.compile(
        rf"(?:该|这[座部个种颗条所家本首款场支份幅])(?P<word>{'|'.join(sorted(_TYPE_OF['zh'], key=len, reverse=True))})"
    ),
}
_REST = 8  # characters behind such a noun that are cut into words
_TOGETHER = 6  # characters; of two things of a kind so near to each other neither is the one meant
_SEX = 21
_MALE, _FEMALE = 6581097, 6581072
_GENDERS = {"he": _MALE, "his": _MALE, "she": _FEMALE, "her": _FEMALE, "他": _MALE, "她": _FEMALE}
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
        gender = _GENDERS[found["pronoun"].lower()]
        if context.coarse_type(subject) == "person" and _gender(subject, context) in (gender, None):
            continue
        persons = {name.qids[0]: name for name in names if low <= name.start < start}
        if carried is not None:
            persons[carried.qids[0]] = carried
        fitting = [name for qid, name in persons.items() if _can_be(qid, gender, context) and qid != subject]
        if len(fitting) == 1:
            meant = fitting[0]
            yield found.start("pronoun"), found.end("pronoun"), meant


def _can_be(qid: int, gender: int, context: AlignContext) -> bool:
    return context.coarse_type(qid) == "person" and _gender(qid, context) in (gender, None)


def _gender(qid: int, context: AlignContext) -> int | None:
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
