"""Whether a sentence states a claim: small rules, each a reason to drop, tried in order and counted.

Being in one sentence is not being stated. A rule sees one candidate and the sentence as it looks for it; the first
rule that objects names the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kg2instruct.align.context import AlignContext
from kg2instruct.align.evidence import ENTITY, HEAD, TAIL, Evidence
from kg2instruct.align.lazy import lazy
from kg2instruct.align.masking import mask
from kg2instruct.align.matching import Candidate
from kg2instruct.align.mentions import Name
from kg2instruct.align.names import PageNames
from kg2instruct.align.reading import Sentence
from kg2instruct.lang.times import TimeSpan
from kg2instruct.lang.values import DAY
from kg2instruct.records import Passage
from kg2instruct.schema import Relation

# Characters between two names of one sentence beyond which a word between them proves nothing.
_FAR = {"zh": 45, "en": 140}
_AT_ONCE = {"zh": 6, "en": 20}

# Relations of a place to what is in it: on the page of a place, things are understood to be there.
_CONTAINED = frozenset({131, 276})

# Relations to a place that also hold of the places around it.
_NESTED = frozenset(
    {17, 131, 276, 706, 30, 19, 20, 119, 551, 159, 740, 1071, 291, 189, 840, 915, 937, 183, 9714}
)

# `Vienna, Austria` has the form of an enumeration; their sons Peter and Fred are siblings.
_ENUMERABLE = frozenset({17, 131, 276, 30, 361, 706, 159, 3373})


@dataclass(eq=False)  # not frozen: one is made for each candidate, and that takes three times as long
class Case:
    """A candidate with all that the rules look at."""

    candidate: Candidate
    relation: Relation
    passage: Passage
    sentence: Sentence
    names: PageNames
    context: AlignContext

    @lazy
    def about_subject(self) -> bool:
        """Whether one of the ends is what the page is about."""
        return self.names.subject in (self.candidate.head, self.candidate.tail_qid)

    @lazy
    def implied(self) -> str:
        """The mark of the page's subject where the sentence does not name it; empty where it does."""
        if self.candidate.head_name is None:
            return HEAD
        return TAIL if self.candidate.tail is None else ""

    @lazy
    def left_out(self) -> bool:
        """Whether not even a pronoun stands for the page's subject."""
        sentence, reading = self.sentence, self.sentence.reading
        return bool(self.implied) and not reading.pronouns.search(reading.plain, sentence.start, sentence.end)

    @lazy
    def masked_text(self) -> str:
        """The sentence with its mentions masked for this candidate."""
        sentence, candidate = self.sentence, self.candidate
        places = self.relation.pid in _NESTED
        ends = candidate.head, candidate.tail_core, candidate.tail_qid, self.implied, places
        masked = sentence.masked.get(ends)
        if masked is None:
            lead = sentence.reading.intro
            masked = mask(sentence, *ends[:3], implied=ends[3], lead=lead, places=places)
            sentence.masked[ends] = masked
        return masked

    @lazy
    def gap(self) -> int:
        """Characters between head and tail; 0 where one of them is implied."""
        head, tail = self.candidate.head_name, self.candidate.tail
        return max(tail.start - head.end, head.start - tail.end) if head and tail else 0


def ends_overlap(case: Case) -> bool:
    """Head and tail share characters: one name inside another states nothing."""
    return case.relation.kind != "text" and case.gap < 0


def types_do_not_fit(case: Case) -> bool:
    """The schema allows other types of heads or tails."""
    head = case.context.entity_type(case.candidate.head)
    tail = case.context.entity_type(case.candidate.tail_qid) if case.candidate.tail_qid is not None else None
    return not case.context.schemas.types_allowed(case.relation.pid, head, tail)


def ends_far_apart(case: Case) -> bool:
    """Two names at far ends of a long sentence; the page's subject is never far."""
    return not case.about_subject and case.gap > _FAR[case.context.lang]


# Who took part in a contest and who won it, and from their side which contest.
_OF_CONTESTS = frozenset({607, 710, 1344, 1346, 1923})
_FOUGHT = {
    "zh": re.compile(
        r"参战|[击打战大挫]败|败给|战胜|取胜|获胜|得胜|交战|宣战|投降|同盟国|协约国|轴心国|盟军|联军"
    ),
    "en": re.compile(
        r"\b(?:defeat(?:s|ed)?|beat(?:en)?|fought|fights?|victor(?:y|ious)|won|lost|surrender(?:s|ed)?|allied|allies"
        r"|declared war|joined|routed|overwhelmed)\b"
    ),
}


def subject_left_out(case: Case) -> bool:
    """The page's subject is not named, and may not be understood.

    The options say so for all. What persons and countries do is told all over the page of a war, not that it is in
    the war: that takes a fight, and no other one named beside it.
    """
    if not case.implied:
        return False
    if case.relation.pid in _OF_CONTESTS and case.left_out:
        lang, names = case.context.lang, case.sentence.names
        if _FOUGHT[lang].search(case.masked_text) is None:
            return True
        if any(case.context.coarse_type(name.qids[0]) == "event" for name in names):
            return True
    return not case.context.options.implied_subject


# `甲、乙父子` names the father first.
_PARENTS = frozenset({22, 25, 40})
_PARENT_AND_CHILD = re.compile("[父母][子女]")


def one_enumeration(case: Case) -> bool:
    """Head and tail are members of one enumeration: listed together, not related to each other."""
    head, tail = case.candidate.head_name, case.candidate.tail
    if not isinstance(tail, Name) or head is None or case.relation.pid in _ENUMERABLE:
        return False
    group = case.sentence.enumeration(head)
    if tail not in group:
        return False
    if case.relation.pid in _PARENTS and len(group) == 2:
        return not _PARENT_AND_CHILD.match(case.sentence.reading.plain, group[-1].end)
    return not (case.relation.symmetric and _said_of_both(case, group))


# `two couples: A and B, and C and D`, `the brothers A and B`
_TOGETHER = re.compile(r"\b(?:couples?|spouses|brothers|sisters|siblings|twins|partners)(?:[:,(]| of)? ?\(?$")


def _said_of_both(case: Case, group: Sequence[Name]) -> bool:
    """Whether names are followed at once by what they are to each other: 新北市与台北市相邻, A and B married.

    Of more than two the first one must be meant, and be set apart from the others: 德国与法国、波兰接壤.
    """
    text = case.sentence.reading.plain
    if text[group[0].start - 1 : group[0].start] in ("与", "和", "同", "跟", "邻", "接"):
        return False  # 东北与莆田、福州交界: so does what is before 与
    if len(group) > 2:
        first = case.candidate.head_name is group[0] or case.candidate.tail is group[0]
        if not first or text[group[0].end : group[1].start] not in ("与", "和", "同", "跟"):
            return False
        if text[group[1].end : group[2].start] in ("与", "和", "同", "跟"):
            return False
    words = case.context.evidence_for(case.relation).words
    start, end = group[0].start, group[-1].end
    if case.context.lang == "en" and len(group) == 2 and _TOGETHER.search(text, max(0, start - 24), start):
        return True
    return words is not None and words.search(text, end, end + _AT_ONCE[case.context.lang]) is not None


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
        r"(?:是|为|位于|在|于|将|被|曾|有|则|也|亦|都|均|同样|与|和|成立|出生|毕业|发源|流入|流经|注入|属于|由|从|的[^，。②]{1,8}[是为在]|，)"
        r"|[^，。①②③④它其他她该这此本]{2,8}才?是②的"
        r"|②(?:位于|地处|坐落|座落))"
    ),
    "en": re.compile(
        r"^(?:① ?)?(?:(?:In|On|From|By|Since|During|Until) (?:the )?④,? )?(?:"
        rf"(?:The |the )?{_LISTED}(?:'s)?(?: ?\([^()]*\))?(?: \w+)?"
        r" (?:is|was|were|are|has|had|became|lies|won|led|[a-z]+ed)\b"
        r"|(?!The |It |He |She |They |This |These |Its |His |Her )[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*"
        r" (?:is|was) (?:the|an?) "
        r"|[A-Z][a-z]{2,}s (?:in|of|from|across) (?:the )?②)"
    ),
}
# Somebody unknown begins the sentence, on the page of a person: `Rudolf Gödel was born in ②`.
_SOMEBODY = re.compile(
    r"^① (?:(?:In|On|By|Since|During|Until) (?:the )?④,? )?(?!The )[A-Z][\w'-]+(?: [A-Z]\b)?(?: [A-Z][\w'-]+)+"
    r"(?:'s [a-z]+)? (?:is|was|were|has|had|became|won|led|wrote|[a-z]+ed)\b"
)
# `①去世后，其子③成为②`: from the relative on, the sentence is about the relative; `①与妻子③` is about both.
_RELATIVE = {
    "zh": re.compile(
        rf"(?:^|①)(?:(?![与和及同])[^。；①②]){{0,40}}?(?:{_KIN['zh']})③(?!(?:、|和|与|及)[^，。；②③]{{0,8}}①)[^。；②]{{0,60}}②"
    ),
    "en": re.compile(rf"(?<! and )①(?:(?! and )[^.;①②]){{0,80}}?\b(?:{_KIN['en']})s?,? ③[^.;②]{{0,120}}②"),
}
# What is said of relatives: here the relative is the tail or stands beside it.
_OF_RELATIVES = frozenset({22, 25, 26, 40, 451, 1038, 3373, 3448, 8810, 184, 185, 802, 1066})


# What actors and characters do is told of the work: on the page of a film, `③ voiced ②`.
_OF_CASTS = frozenset({161, 674, 725})

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
    if case.left_out and (
        case.sentence.reading.is_about_another_thing(case.sentence) or _begins_with_another(case)
    ):
        return True
    if lang == "en" and case.implied:
        if case.sentence.reading.subject_kind == "thing" and _is_about_a_person(case):
            return True
        if case.sentence.reading.subject_kind == "person" and _names_no_person(case):
            return True
    if case.implied == HEAD and case.relation.pid not in _OF_CASTS:
        masked = case.masked_text
        if _OTHER_SUBJECT[lang].match(masked):
            return True
        if lang == "zh" and masked.rfind(HEAD) == 0 and _ANOTHER_ACTS.match(masked):
            return True
        if lang == "en" and person and _SOMEBODY.match(masked):
            return True
    if case.relation.pid in _OF_RELATIVES or ENTITY not in case.masked_text:
        return False
    return person and _RELATIVE[lang].search(case.masked_text) is not None


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


_NAMING = {
    "zh": re.compile(r"[称稱叫名谓謂号號作即：「“《]|缩写|縮寫|[文语語][：:]?$"),
    "en": re.compile(
        r"\b(?:called|(?:nick|re|sur)?named?|dubbed|styled|known|titled|born|aka|abbreviated|or|as|acronym)\b|[:“\"(]"
    ),
}
_NAMING_BEFORE = {"zh": 8, "en": 24}
_TAXON_NAME = 225  # whoever writes it names the taxon by it


def only_called_so(case: Case) -> bool:
    """The sentence uses a name of its subject and tells nothing about the name: WISE将以红外线进行巡天."""
    span, reading = case.candidate.tail_span, case.sentence.reading
    if case.relation.kind != "text" or span is None or case.relation.pid == _TAXON_NAME:
        return False
    own = [name for name in case.sentence.names if case.candidate.head in name.qids]
    called = reading.folded[span[0] : span[1]]
    around = [name for name in own if name.start <= span[0] and span[1] <= name.end]
    if any(reading.folded[name.start : name.end].strip("\"'“”‘’") != called for name in around):
        return True
    if not any((name.start, name.end) == span for name in own):
        return False
    if any(reading.folded[name.start : name.end] != called for name in own):
        return False
    lang = case.context.lang
    return _NAMING[lang].search(reading.plain, max(0, span[0] - _NAMING_BEFORE[lang]), span[0]) is None


_CLAUSE = re.compile(r"[，,；;]| and ")
_DENIAL = {
    "zh": re.compile(
        r"(?:不是|并非|不算|没有|从未|未曾|未能|未获|未被|不会|不能|无法|不属于|而非|不在|不再是|不包括|不支持|不使用"
        r"|拒绝|婉拒|谢绝|不愿|不肯|放弃|险些|差点)[^，。；①②]{0,10}(?<!已)②"
    ),
    # What was not done until then was done then.
    "en": re.compile(
        r"(?:\b(?:not|never|neither|nor|without|declin(?:ed|es|ing)|refus(?:ed|es|ing)|reject(?:ed|s|ing)|turned down"
        r"|fail(?:ed|s|ing) to|unable to|instead of|rather than|unsuccessful(?:ly)?)\b|n['’]t\b)"
        r"(?![^.;:,①②]{0,25}\buntil\b)[^.;:,①②]{0,25}②"
    ),
}


def denied(case: Case) -> bool:
    """The sentence says that it is not so: they were not philosophers, 上海不在江苏境内."""
    return _DENIAL[case.context.lang].search(case.masked_text) is not None


def not_stated(case: Case) -> bool:
    """No word or pattern of the relation's evidence is found where it would have to be."""
    if case.relation.pid in _CONTAINED and case.candidate.tail_qid == case.names.subject:
        return False
    evidence = case.context.evidence_for(case.relation)
    if case.relation.kind == "text" and evidence.loose:
        return False
    if evidence.needs_word and not _has_word(evidence, case.sentence):
        return True  # spares masking
    masked = case.masked_text
    if TAIL not in masked or HEAD not in masked:
        return True
    value = case.relation.kind in ("time", "quantity")
    subject = case.about_subject
    how = evidence.states(masked, case.context.lang, value=value, subject=subject)
    if not how and case.candidate.tail_qid is not None and case.candidate.tail_qid == case.names.subject:
        # What the page is about is understood wherever it is named: words count near the other end, too.
        how = evidence.states(masked, case.context.lang, value=value, subject=subject, near=HEAD)
    if not how and _is_a_day(case) and evidence.mentions(masked):
        return False  # what else of the head would be of that very day?
    if how != "word" or subject:
        return not how
    return _rival_between(case) or _head_comes_late(case) or _said_of_a_third(case)


def _is_a_day(case: Case) -> bool:
    tail = case.candidate.tail
    return isinstance(tail, TimeSpan) and tail.time.precision == DAY


def _said_of_a_third(case: Case) -> bool:
    """Two names apart that the word may both connect with a third: 北面与江苏省相邻，南面与浙江省接壤."""
    head, tail = case.candidate.head_name, case.candidate.tail_span
    if not case.relation.symmetric or head is None or tail is None:
        return False
    if case.candidate.tail in case.sentence.enumeration(head):
        return False
    between = case.sentence.reading.plain[min(head.end, tail[1]) : max(head.start, tail[0])]
    return _CLAUSE.search(between) is not None


def _head_comes_late(case: Case) -> bool:
    """A person named behind a place, date or organisation is not whom the words before it are about."""
    candidate = case.candidate
    if candidate.head_name is None or candidate.tail_span is None:
        return False
    if case.context.coarse_type(candidate.head) != "person":
        return False
    if candidate.tail_qid is not None and case.context.coarse_type(candidate.tail_qid) in ("person", ""):
        return False
    return candidate.head_name.start - candidate.tail_span[1] > 4


def _has_word(evidence: Evidence, sentence: Sentence) -> bool:
    reading = sentence.reading
    return any(
        words.search(reading.plain, sentence.start, sentence.end) or words.search(reading.intro)
        for words in (evidence.words, evidence.learned)
        if words is not None
    )


_REMARK = re.compile(r"[(（][^()（）]{0,200}[)）]")


def _rival_between(case: Case) -> bool:
    """Whether a name of the head's type stands between head and tail: the word near the tail is about that one."""
    head, tail = case.candidate.head_name, case.candidate.tail_span
    if head is None or tail is None:
        return False
    start, end = min(head.end, tail[1]), max(head.start, tail[0])
    kind = case.context.coarse_type(case.candidate.head)
    own = case.sentence.enumeration(head)
    remarks = [match.span() for match in _REMARK.finditer(case.sentence.reading.plain, start, end)]
    return any(
        start <= name.start
        and name.end <= end
        and name not in own
        and case.context.coarse_type(name.qids[0]) == kind
        for name in case.sentence.names
        if name is not case.candidate.tail
        and case.candidate.head not in name.qids
        and not case.context.is_common(name.qids[0])
        and not any(low <= name.start and name.end <= high for low, high in remarks)
    )


Rule = Callable[[Case], bool]

RULES: tuple[Rule, ...] = (
    ends_overlap,
    types_do_not_fit,
    ends_far_apart,
    subject_left_out,
    one_enumeration,
    another_subject,
    only_called_so,
    not_stated,
    denied,
)


def reason_to_drop(case: Case) -> str | None:
    """The name of the first rule that objects, None when the claim is stated."""
    for rule in RULES:
        if rule(case):
            return rule.__name__.replace("_", " ")
    return None


__all__ = ["RULES", "Case", "Evidence", "reason_to_drop"]
