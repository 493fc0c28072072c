"""The words that can stand for what a page is about where a sentence does not name it: `it`, 其, `the film`, 该校."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import lru_cache

from kg2instruct.records import Lang

NOUNS: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "work": "work series story play piece project",
        "film": "film movie documentary storyline plot narrative",
        "programme": "series show sitcom programme program storyline plot",
        "book": "novel book story poem manga essay series storyline plot narrative",
        "music": "song album single opera symphony concerto composition suite hymn tune poem musical piece",
        "game": "game series",
        "artwork": "painting sculpture statue",
        "periodical": "newspaper magazine journal paper",
        "law": "law act treaty agreement",
        "organization": (
            "group organization organisation institution association agency foundation union society club party"
        ),
        "company": (
            "company firm corporation business subsidiary airline manufacturer bank brand label studio chain store"
        ),
        "media": "network channel station studio label",
        "school": "university college school institute academy",
        "government": "council court ministry parliament senate",
        "military": "army navy regiment squadron unit",
        "team": "team club side",
        "band": "band duo trio orchestra quartet",
        "place": "city town village municipality state county province region district area territory",
        "country": "country state kingdom republic empire nation",
        "region": "state county province region district city territory",
        "city": "city town",
        "settlement": "town village city municipality community",
        "landform": "mountain desert valley range peninsula",
        "island": "island archipelago",
        "water": "river lake sea ocean bay canal reservoir",
        "park": "park forest",
        "building": (
            "building hotel tower church cathedral temple castle stadium museum bridge house station theatre theater"
        ),
        "transport": "line railway road route station canal tunnel airport ship aircraft car engine vehicle bridge",
        "artefact": "aircraft ship car engine vehicle spacecraft device weapon camera rifle",
        "spacecraft": "spacecraft mission satellite probe",
        "software": "software program browser language system",
        "event": "event festival tournament election earthquake attack disaster mission competition conflict",
        "conflict": "war battle conflict siege campaign revolt uprising rebellion invasion",
        "organism": "species genus plant animal tree bird fish family",
        "astronomical": "planet star moon asteroid galaxy comet",
        "disease": "disease disorder syndrome condition",
        "drug": "drug medication",
        "substance": "compound substance element mineral",
        "biomolecule": "protein gene enzyme",
        "language": "language",
    },
    "zh": {
        "work": "作 作品",
        "film": "片 影片 电影",
        "programme": "剧 剧集 电视剧 节目",
        "book": "书 小说",
        "music": "歌 歌曲 曲 专辑 单曲 歌剧",
        "game": "游戏",
        "artwork": "画 画作 雕塑",
        "periodical": "报 杂志 期刊",
        "company": "公司 企业",
        "school": "校 大学 学校 学院",
        "team": "队 球队 俱乐部",
        "band": "乐队 乐团 组合",
        "country": "国 国家",
        "island": "岛 岛屿",
        "water": "河 河流 湖 湖泊 江",
        "conflict": "战役 战争",
        "artefact": "舰 机型 飞机",
        "transport": "舰 机型 飞机 站 线",
        "building": "建筑 大楼 教堂 寺 塔 桥 馆",
        "astronomical": "星 行星 小行星",
        "drug": "药 药物",
        "disease": "病 疾病",
    },
}
"""Nouns by the types of the schema that they can take up: `the song` is no film."""
# Chinese counters, and what they count.
_COUNTERS: Mapping[str, str] = {
    "座": "place building transport landform island city settlement park",
    "部": "work film programme book music game law",
    "颗": "astronomical",
    "条": "transport water route place law",
    "所": "school organization building medicine",
    "家": "company organization building media",
    "本": "book periodical",
    "首": "music",
    "款": "software game artefact transport food drug weapon",
    "场": "event conflict",
    "位": "person",
}
_BEHIND = (
    "is|was|were|has|had|will|would|can|could|may|also|then|later|now|once|and|or|but|which|that|who|whose|where|when|as"
    "|in|on|at|to|from|by|with|for|until|since|after|before|during|under|between|into|against|among|over|through|within"
    "|gradually|finally|eventually|struck|sank|took|gave|made|won|led|lost|held|came|went|began|became|ran|rose|fell|grew"
    "|got|kept|left|met|put|saw|sold|sent|set|shot|stood|spent|built|bought|brought|broke|drew|drove|fought|found|flew|hit"
)
FOLLOWED = rf"(?='s|’s|[,.;:)]| (?!of\b)(?:{_BEHIND}|[a-z]+(?:ed|s))\b|$)"
"""What may follow such an English noun at once: `the county town of` is not about the county."""

_OF_PERSONS = {
    "zh": r"(?<!其)[他她](?!们|乡|国|处|山之石)",
    "en": r"\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er|[Hh]im)\b",
}
_OF_THINGS = {
    "zh": r"(?<!其)它(?!们)|(?<![齐安健完])全[县镇乡村岛](?![级长域])",
    "en": r"\b(?:[Ii]t|[Ii]ts)\b",
}
_OF_BOTH = {
    "zh": r"其(?!他|它|她|中|实|余|次|間|间|後|后)",
    "en": r"\b(?:[Tt]hey|[Tt]heir|[Tt]hem)\b",
}
_THAT_PERSON = {
    "zh": (
        r"[该該本此这](?:位|名)?(?:[男女])?"
        r"(?:作家|诗人|演员|导演|歌手|画家|科学家|学者|球员|选手|将军|皇帝|国王|女王)|这位"
    ),
    "en": (
        r"\b(?:[Tt]he|[Tt]his) (?:young |old |new |future )?"
        r"(?:[a-z]+(?:wright|ist|ian|man|woman|actor|doctor|author|sculptor|emperor|senator|minister|writer|singer|player"
        r"|painter|teacher|lawyer|soldier|officer|leader|ruler|philosopher)|actor|actress|author|writer|poet|singer|player"
        r"|painter|teacher|lawyer|king|queen|prince|princess|pope|saint|boy|girl|couple|family|pair)\b(?! of\b)"
    ),
}
PERSONAL: Mapping[Lang, re.Pattern[str]] = {
    "zh": re.compile(_OF_PERSONS["zh"]),
    "en": re.compile(_OF_PERSONS["en"]),
}
"""He and she."""


def nouns_in(name: str, types: Set[str]) -> frozenset[str]:
    """The English nouns in a name that take up what has it: the Senate, of the Senate of Pakistan."""
    return frozenset(name.lower().split()).intersection(_nouns("en", types))


@lru_cache(maxsize=1024)
def pronouns(
    lang: Lang, kind: str = "", types: Set[str] = frozenset(), own: Set[str] = frozenset()
) -> re.Pattern[str]:
    """What stands for a person or a thing (`kind`; empty for either) of some types of the schema (none: of any).

    `own` are nouns of an English name that may be written large: see `nouns_in`.
    """
    persons = [_OF_PERSONS[lang], _OF_BOTH[lang], _THAT_PERSON[lang]]
    that_thing = _that_thing_en(types, own) if lang == "en" else _that_thing_zh(types)
    things = [_OF_THINGS[lang], _OF_BOTH[lang], that_thing]
    chosen = persons if kind == "person" else things if kind == "thing" else [*persons, *things]
    return re.compile("|".join(dict.fromkeys(chosen)))


@lru_cache(maxsize=1024)
def other_things(lang: Lang, types: Set[str]) -> re.Pattern[str] | None:
    """How a sentence begins that is about a thing of other types than these: `The song was` on the page of a firm."""
    others = sorted(
        set(_nouns(lang, frozenset())) - set(_nouns(lang, types)), key=lambda noun: (-len(noun), noun)
    )
    if not types or not others:
        return None
    nouns = "|".join(others)
    return re.compile(rf"(?:The|This) (?:{nouns}){FOLLOWED}" if lang == "en" else f"[该該](?:{nouns})")


@lru_cache(maxsize=1024)
def _nouns(lang: Lang, types: Set[str]) -> Mapping[str, None]:
    listed = NOUNS[lang]
    return {noun: None for kind in listed if not types or kind in types for noun in listed[kind].split()}


def _that_thing_en(types: Set[str], own: Set[str]) -> str:
    written = {*_nouns("en", types), *(noun.capitalize() for noun in own)}
    nouns = "|".join(sorted(written, key=lambda noun: (-len(noun), noun))) or r"\b\B"
    return rf"\b(?:[Tt]he|[Tt]his) (?:{nouns}){FOLLOWED}"


def _that_thing_zh(types: Set[str]) -> str:
    others = sorted(
        set(_nouns("zh", frozenset())) - set(_nouns("zh", types)), key=lambda noun: (-len(noun), noun)
    )
    counters = "".join(
        c for c, of in _COUNTERS.items() if c != "位" and (not types or not types.isdisjoint(of.split()))
    )
    no_others = f"(?!{'|'.join(others)})" if others else ""
    return (
        rf"[该該本此]{no_others}(?=[\u4e00-\u9fff]{{1,3}}[^\u4e00-\u9fff]"
        r"|[片书剧站校馆山湖河岛桥市县区镇国公组品车线病星机])"
        rf"|这[个种{counters}]{no_others}"
    )
