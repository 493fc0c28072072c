"""Whom a sentence is about: rules on the page's subject where it is left out, and on others that take its place."""

from __future__ import annotations

import re

from kg2instruct.align.case import Case
from kg2instruct.align.evidence import HEAD

# Who took part in a contest and who won it, and from their side which contest.
_OF_CONTESTS = frozenset({607, 710, 1344, 1346, 1923})
_FOUGHT = {
    "zh": re.compile(
        r"参[战加与]|[击打战大挫]败|败给|战胜|取胜|获胜|得胜|夺冠|卫冕|冠军|交战|对峙|相持|宣战|投降|同盟国|协约国|轴心国|盟军|联军"
    ),
    "en": re.compile(
        r"\b(?:defeat(?:s|ed)?|beat(?:en)?|fought|fights?|victor(?:y|ious)|won|lost|surrender(?:s|ed)?|allied|allies"
        r"|declared war|joined|routed|overwhelmed|took part|participated|commanded|(?:was|were) led by)\b"
    ),
}


def subject_left_out(case: Case) -> bool:
    """The page's subject is not named, and may not be understood.

    The options say so for all. What persons and countries do is told all over the page of a war, not that it is in
    the war: that takes a fight, and no other one named beside it. The page of a person tells what that one did.
    """
    if not case.implied:
        return False
    told = case.implied == HEAD and case.context.coarse_type(case.candidate.head) == "person"
    if case.relation.pid in _OF_CONTESTS and case.left_out and not told:
        lang, names = case.context.lang, case.sentence.names
        if _FOUGHT[lang].search(case.masked_text) is None:
            return True
        ends = {case.candidate.head, case.candidate.tail_qid}
        if any(
            case.context.coarse_type(name.qids[0]) == "event" and ends.isdisjoint(name.qids) for name in names
        ):
            return True
    return not case.context.options.implied_subject


# The sentence has a grammatical subject of its own: an entity at its start, before a verb.
_KIN = {
    "zh": "父亲|母亲|长女|次女|女儿|长子|次子|幼子|儿子|之子|之女|其子|其女|妻子|丈夫|夫人|弟弟|哥哥|妹妹|姐姐|弟子",
    "en": "daughter|son|wife|husband|brother|sister|father|mother|student|pupil|widow|child|grandson|nephew|niece",
}
_LISTED = "③(?:(?:、|和|与|, | and |, and )(?:the )?③)*"
_OTHER_SUBJECT = {
    "zh": re.compile(
        r"^①?(?:④[年月日]?[，,]?)?(?!③(?:开始|爆发|结束|期间|之?[后後前时時]))(?:"
        rf"[《“「]?{_LISTED}[》」”]?(?:（[^（）]*）)?"
        r"(?:[：:]|是|为|位于|在|于|将|被|曾|有|则|也|亦|都|均|同样|与|和|成立|出生|毕业|发源|流入|流经|注入|属于|由|从|的[^，。②]{1,8}[是为在]|，)"
        r"|[^，。①②③④它其他她该这此本]{2,8}才?是②的"
        r"|②(?:位于|地处|坐落|座落))"
    ),
    "en": re.compile(
        r"^(?:① ?)?(?:(?:In|On|From|By|Since|During|Until) (?:the )?④,? )?(?:"
        rf"(?:The |the )?{_LISTED}(?:'s)?(?: ?\([^()]*\))?(?: \w+)?"
        r" (?:is|was|were|are|has|had|became|lies|won|led|[a-z]+ed)\b"
        r"|(?!The |It |He |She |They |This |These |Its |His |Her )[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*"
        r" (?:is|was) (?:the|an?) "
        r"|(?!Populations|Specimens|Individuals)[A-Z][a-z]{2,}s (?:in|of|from|across) (?:the )?②)"
    ),
}
# Somebody unknown begins the sentence, on the page of a person: `Rudolf Gödel was born in ②`.
_SOMEBODY = re.compile(
    r"^① (?:(?:In|On|By|Since|During|Until) (?:the )?④,? )?(?!The )[A-Z][\w'-]+(?: [A-Z]\b)?(?: [A-Z][\w'-]+)+"
    r"(?:'s [a-z]+)? (?:is|was|were|has|had|became|won|led|wrote|[a-z]+ed)\b"
)
# `her younger son graduated`, `his wife, who had`
_OWN_KIN_DID = (
    r"(?:(?<=①)|'s|\b(?:his|her|whose)) (?:(?!and )[a-z-]+ ){0,2}"
    r"(?:daughter|son|wife|husband|brother|sister|father|mother)s?(?:,? whos?e?\b"
    r"| (?:is|was|were|had|became|fought|taught|wrote|won|led|held|left|lost|ran|owned|[a-z]+ed)\b)"
)
# `①去世后，其子③成为②`: from the relative on, the sentence is about the relative; `①与妻子③` is about both. Without a
# name, so is the clause of the relative: `his wife, who was born in ②`, `①'s son graduated from ②`.
_RELATIVE = {
    "zh": re.compile(
        rf"(?:^|①)(?:(?![与和及同])[^。；①②]){{0,40}}?(?:{_KIN['zh']})"
        r"(?:③(?!(?:、|和|与|及)[^，。；②③]{0,8}①)[^。；②]{0,60}|[也都均曾则]?(?:[是为]|任(?!职的)|生于|来自|毕业于|就读于|就职于|供职于)[^。；，②]{0,12})②"
        r"(?![^。；，、①②③]{0,6}①)"  # `妻子是②①`: the relative is the head
    ),
    "en": re.compile(
        rf"(?<! and )①(?:(?! and )[^.;①②]){{0,80}}?(?:\b(?:{_KIN['en']})s?,? ③[^.;②]{{0,120}}"
        rf"|{_OWN_KIN_DID}[^.;,①②]{{0,60}})②"
    ),
}
# What is said of relatives: here the relative is the tail or stands beside it.
_OF_RELATIVES = frozenset({22, 25, 26, 40, 451, 1038, 3373, 3448, 8810, 184, 185, 802, 1066})


# What actors and characters do is told of the work: on the page of a film, `③ voiced ②`.
_OF_CASTS = frozenset({161, 674, 725, 1441})

# Verbs by which a sentence has another subject, where nothing else in it can be the page's.
_ANOTHER_ACTS = re.compile(
    r"^①[^，。；、①②③④它其他她该这此本]{2,6}(?:同样|则)"
    r"|^①(?:④[年月日]?[，,]?)?(?!③(?:开始|爆发|结束|期间|之?[后後前时時]))"
    rf"[《“「]?{_LISTED}[》」”]?(?:（[^（）]*）)?"
    r"(?:可以|可|能|会|要|已|正|只|还|曾经|开始|成为|获得|获|得到|担任|任|当选|拥有|包括|发现|发明|提出|建立|创立|创办|设立|属于|起源"
    r"|来自|写|著|出版|发行|制造|生产|研制|设计|赢得|击败|占领|统治|继承|继任|娶|嫁|生于|死于|逝世|去世|病逝|认为|指出|宣布|决定|要求)"
)


def another_subject(case: Case) -> bool:
    """The subject is left out where the sentence has another one: 新德里是印度的首都 on the page of 泰姬陵.

    So it is behind a relative of a person, even where the person is named.
    """
    lang = case.context.lang
    person = case.context.coarse_type(case.candidate.head) == "person"
    if case.implied == HEAD and case.sentence.is_headed:
        return True
    casts = case.relation.pid in _OF_CASTS
    if case.left_out and (
        case.sentence.reading.is_about_another_thing(case.sentence)
        or (not casts and _begins_with_another(case))
    ):
        return True
    if lang == "en" and case.implied:
        if case.sentence.reading.subject_kind == "thing" and _is_about_a_person(case):
            return True
        if case.sentence.reading.subject_kind == "person" and _names_no_person(case):
            return True
    if case.implied == HEAD and not casts:
        masked = case.masked_text.replace(case.sentence.reading.intro, "", 1)
        if _OTHER_SUBJECT[lang].match(masked):
            return True
        if lang == "zh" and masked.rfind(HEAD) == 0 and _ANOTHER_ACTS.match(masked):
            return True
        if lang == "en" and person and _SOMEBODY.match(masked):
            return True
    if not person or case.relation.pid in _OF_RELATIVES:
        return False
    return _RELATIVE[lang].search(case.masked_text) is not None


# What a name at the beginning of an English sentence does.
_ACTS = re.compile(r"s? (?:is|was|were|are|has|had|have|became|won|led|[a-z]+ed)\b")


def _begins_with_another(case: Case) -> bool:
    """Whether a sentence begins with what is neither end of the claim: `Hydrogen has` on the page of water."""
    sentence, candidate = case.sentence, case.candidate
    if case.context.lang != "en" or not sentence.names or sentence.names[0].start != sentence.start:
        return False
    first = sentence.names[0]
    if first in (candidate.head_name, candidate.tail) or candidate.tail_qid in first.qids:
        return False
    return _ACTS.match(sentence.reading.plain, first.end) is not None


# `The film was released`, `In 1962 the Soviet Union`: a subject and what it did.
_SUBJECT = re.compile(
    r"^[①②] ?(?:(?:In|On|At|By|From|For|With|To|As|After|Before|Since|During|Until) [^.]{1,60}?,? )?"
    r"(?:[Tt]he|[Aa]n?|This|[Tt]h[eo]se|[A-Z①②③④])\b[^.;]*? "
    r"(?:is|was|were|are|has|had|have|became|won|led|made|took|gave|came|went|began|[a-z]+ed|[a-z]+s)\b"
)
# `Written by ③ in his youth`: the subject is left out.
_PARTICIPLE = re.compile(
    r"[①②] ?(?:[A-Z][a-z]*(?:ed|t|wn|en)|[Bb]uilt|[Ss]et) (?:by|in|on|at|from|as|for|with|after|between)\b"
)


def _names_no_person(case: Case) -> bool:
    """Whether, on the page of a person, a whole sentence goes without `he` and `her`: then it is of something else."""
    if case.sentence.reading.intro or not case.left_out:
        return False
    return _SUBJECT.match(case.masked_text) is not None and _PARTICIPLE.match(case.masked_text) is None


def _is_about_a_person(case: Case) -> bool:
    """Whether, on the page of a thing, nothing but `he` or `her` takes something up: then the thing is not meant."""
    if case.relation.pid in _OF_CASTS:
        return False
    return case.sentence.has_personal_pronouns_only and _PARTICIPLE.match(case.masked_text) is None
