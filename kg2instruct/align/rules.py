"""Whether a sentence states a claim: small rules, each a reason to drop, tried in order and counted.

Being in one sentence is not being stated. A rule sees one candidate and the sentence as it looks for it; the first
rule that objects names the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set

from kg2instruct.align.case import Case
from kg2instruct.align.evidence import HEAD, TAIL, Evidence
from kg2instruct.align.name import Name
from kg2instruct.align.reading import Sentence
from kg2instruct.align.subjects import another_subject, subject_left_out
from kg2instruct.lang.times import TimeSpan
from kg2instruct.lang.values import DAY

# Characters between two names of one sentence beyond which a word between them proves nothing.
_FAR = {"zh": 45, "en": 140}
_AT_ONCE = {"zh": 6, "en": 20}

# Relations of a place to what is in it: on the page of a place, things are understood to be there.
_CONTAINED = frozenset({131, 276})

# `Vienna, Austria` has the form of an enumeration; their sons Peter and Fred are siblings.
_ENUMERABLE = frozenset({17, 131, 276, 30, 361, 706, 159, 3373})


def ends_overlap(case: Case) -> bool:
    """Head and tail share characters: one name inside another states nothing."""
    return case.relation.kind != "text" and case.gap < 0


def types_do_not_fit(case: Case) -> bool:
    """The schema allows other types of heads or tails than these have; of several types one has to fit."""
    schemas, kind, pid = case.context.schemas, case.context.kind, case.relation.pid
    if not _fits(kind(case.candidate.head).all, schemas.heads.get(pid)):
        return True
    tail = case.candidate.tail_qid
    return tail is not None and not _fits(kind(tail).all, schemas.tails.get(pid))


def _fits(types: Set[str], allowed: Set[str] | None) -> bool:
    """Whether one of the types of an end is among those allowed; none on either side forbids nothing."""
    return not types or not allowed or not types.isdisjoint(allowed)


def ends_far_apart(case: Case) -> bool:
    """Two names at far ends of a long sentence; the page's subject is never far."""
    far = _FAR[case.context.lang]
    return not case.about_subject and case.gap > far and case.distance > far


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


_REMARK = re.compile(r"[(（][^()（）]{0,200}[)）]")
# `two couples: A and B, and C and D`, `the brothers A and B`
_TOGETHER = re.compile(r"\b(?:couples?|spouses|brothers|sisters|siblings|twins|partners)(?:[:,(]| of)? ?\(?$")


# The last two of several are one: 高慧勤或叶渭渠、唐月梅夫妇.
_COUPLE = re.compile("夫[妇妻]|伉俪")
# What names are of, behind: with the region of A and B.
_WITH = re.compile(r"(?:[与和同跟][^，。；、]{0,12}|[邻接])$")


_CLAUSE_END = re.compile("[，。；]")


def _said_of_both(case: Case, group: Sequence[Name]) -> bool:
    """Whether names are followed at once by what they are to each other: 新北市与台北市相邻, A and B married.

    Of more than two the first one must be meant, and be set apart from the others: 德国与法国、波兰接壤.
    """
    text = case.sentence.reading.plain
    if _WITH.search(text, case.sentence.start, group[0].start):
        return False  # 东北与莆田、福州交界, 南与上饶市的万年县、弋阳县毗邻: so does what is before 与
    if len(group) > 2:
        ends = case.candidate.head_name, case.candidate.tail
        if all(name in ends for name in group[-2:]) and _COUPLE.match(text, group[-1].end):
            return True
        first = case.candidate.head_name is group[0] or case.candidate.tail is group[0]
        if not first or text[group[0].end : group[1].start] not in ("与", "和", "同", "跟"):
            return False
        if text[group[1].end : group[2].start] in ("与", "和", "同", "跟"):
            return False
    words = case.context.evidence_for(case.relation.pid).words
    start, end = group[0].start, group[-1].end
    remark = _REMARK.match(text, end)
    end = remark.end() if remark else end
    if case.context.lang == "en" and len(group) == 2 and _TOGETHER.search(text, max(0, start - 24), start):
        return True
    said = text[end : end + _AT_ONCE[case.context.lang]]
    if case.context.lang == "zh":
        said = _CLAUSE_END.split(said, maxsplit=1)[0]  # 北为博爱县与沁阳市，南邻郑州: that is told of another
    return words is not None and words.search(said) is not None


# What somebody is, written before the name: with the Swedish chemist Berzelius.
_ROLES = frozenset({106, 39, 410})
_BETWEEN = {"zh": "", "en": " "}
_BRACKET = re.compile(r"[》”」]? ?[（(]")


def of_another_name(case: Case) -> bool:
    """The tail belongs to a name beside it: a role to the person behind it, a date in brackets to what is before."""
    if isinstance(case.candidate.tail, Name):
        return case.relation.pid in _ROLES and _is_role_of_another(case, case.candidate.tail)
    return isinstance(case.candidate.tail, TimeSpan) and _is_date_of_another(case, case.candidate.tail)


def _is_role_of_another(case: Case, tail: Name) -> bool:
    head, start = case.candidate.head_name, tail.end + len(_BETWEEN[case.context.lang])
    behind = next((name for name in case.sentence.names if name.start == start), None)
    if behind is None or case.context.coarse_type(behind.qids[0]) != "person":
        return False
    listed = head is not None and behind in case.sentence.enumeration(head)
    return not listed and case.candidate.head not in behind.qids


def _is_date_of_another(case: Case, tail: TimeSpan) -> bool:
    text = case.sentence.reading.plain
    if text[tail.start - 1 : tail.start] not in ("(", "（"):
        return False
    before = [name for name in case.sentence.names if name.end < tail.start]
    if not before or case.candidate.head in before[-1].qids:
        return False
    return _BRACKET.fullmatch(text, before[-1].end, tail.start) is not None


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
        r"|(?:拒绝|婉拒|谢绝|不愿|不肯|放弃|险些|差点)(?!之?[后時时前]))[^，。；①②]{0,10}(?<!已)②"
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


def on_page_of_place(case: Case) -> bool:
    """What the page of a place names is understood to be there, without any words."""
    return case.relation.pid in _CONTAINED and case.candidate.tail_qid == case.names.subject


def not_stated(case: Case) -> bool:
    """No word or pattern of the relation's evidence is found where it would have to be."""
    if on_page_of_place(case):
        return False
    evidence = case.context.evidence_for(case.relation.pid)
    if case.relation.kind == "text" and evidence.loose:
        return evidence.never is not None and evidence.never.search(case.masked_text) is not None
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
    if how == "loose" and not subject:
        return _loose_and_apart(case)
    if how != "word" or subject:
        return not how
    return _rival_between(case) or _head_comes_late(case) or _said_of_a_third(case)


# `①，与③同为②`, `three ②: ①`, `② including ①`
_IS = {
    "zh": re.compile(r"[为是：][^，。；①②③]{0,3}②"),
    "en": re.compile(
        r"①[^.;②]{0,60}\b(?:is|was|are|were|as|became|, an?|, the)\b[^.;]*②"
        r"|②[^.;①]{0,40}(?::|\bincluding\b|\bsuch as\b)"
    ),
}
_BESIDE = {"zh": 4, "en": 12}


def _loose_and_apart(case: Case) -> bool:
    """Whether what needs no words stands too far from a head that the page is not about."""
    lang = case.context.lang
    if case.candidate.tail_qid is None or case.distance <= _BESIDE[lang]:
        return False
    return _IS[lang].search(case.masked_text) is None


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


# `由③发行，其续篇为《①》`
_POSSESSED = {
    "zh": re.compile(r"[，；][而且并]?(?:其|它的|他的|她的)"),
    "en": re.compile(r"[,;] (?:and )?(?:its|his|her|their|whose)\b"),
}


def _head_comes_late(case: Case) -> bool:
    """What is named as another's own is not what the words before are about; nor is a person behind a place or date."""
    candidate = case.candidate
    if candidate.head_name is None or candidate.tail_span is None:
        return False
    between = candidate.tail_span[1], candidate.head_name.start
    if _POSSESSED[case.context.lang].search(case.sentence.reading.plain, *between):
        return True
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
    of_another_name,
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
