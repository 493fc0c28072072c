"""A sentence as one claim sees it: `①是一所位于③的大学，成立于②`.

① is the head, ② the tail, ③ other entities, ④ other dates and numbers. Members of an enumeration with the head or
the tail count as it. Notions (capital, physicist) stay as they are written: they are the words that state relations.
"""

from __future__ import annotations

import re
from bisect import insort

from kg2instruct.align.evidence import ENTITY, HEAD, TAIL, VALUE
from kg2instruct.align.name import Name
from kg2instruct.align.reading import Reading, Sentence

# The head by its further names: ①又称①, ①（①）, ①，简称①，.
_HEAD_AGAIN = re.compile(
    r"①[》”」]?(?:[，、；]?(?:（[^（）①②]{0,60}①(?:[，、；]?[^（）①②]{0,8}①){0,3}[^（）①②]{0,12}）"
    r"|[又亦也或旧古别昵]?[称名](?:[为作之]|号)?[^。；，①②]{0,4}[《“「]?①[》”」]?"
    r"|[原本全简俗通统曾时又]?[称名叫](?:为|作|是)?[《“「]?①[》”」]?|即[《“「]?①[》”」]?))+"
)

# The head's name in another language at the beginning of a bracket: ①爵士（英语：①，④－④）, ① (German: ①; ④ – ④).
_IN_BRACKET = {
    "zh": re.compile(r"(①[^。；①②③（]{0,8}（)(?:[^（）①②③④，；]{0,12}①[，；、]?\s?){1,4}(?=[^）])"),
    "en": re.compile(r"(①[^.;,①②③(]{0,20}\()(?:[^()①②③④,;]{0,40}①[,;]?\s?){1,4}(?=[^)])"),
}

# An entry of a list of people says it of them as a sentence does: `①：②物理学家`, `①（④－④）— ②诗人`.
_ENTRY = re.compile(r"^(①(?:（[^（）]*）)?)\s?(?:[：:]|[—－–-]{1,2})\s?(?=[^\s④])")

# A point that ends nothing: Inc., B.V., St. Mary, 1.5, a.k.a. The expression begins with the point, so that the search
# skips to it; what it looks back for has to be of one length each.
_SHORTENED = ("[A-Zc]", "St|Dr|Mr|Ms|Jr|Sr|Lt|Mt|Ft|No|Co|ca", "Mrs|Gen|Col|Sgt|Rev|Gov|Sen", "Prof|Bros")
_AFTER_SHORTENED = "|".join(rf"(?<=\b(?:{words})\.)" for words in _SHORTENED)
_POINT = re.compile(rf"\.(?:{_AFTER_SHORTENED}|(?=[\w,;:)]| [a-z(④]))")

# What belongs to the subject keeps the sign of it: `His Gettysburg Address` is `①'s ②`.
_POSSESSIVES = dict.fromkeys(("his", "its", "their"), "'s")
_PREPOSITION = re.compile(r"(?:In|On|At|By|From|For|With|To|As|After|Before|Since|During|Until)\b")

_Mark = tuple[int, int, str]


def mask(
    sentence: Sentence,
    head: int,
    tail: tuple[int, int] | None,
    tail_qid: int | None,
    *,
    implied: str = "",
    lead: str = "",
    places: bool = False,
) -> str:
    """The sentence with its mentions masked for one claim.

    `tail` is where the tail stands. `implied` is the mark (HEAD or TAIL) that the page's subject has in the claim: it
    is put where a pronoun stands or where the subject was left out. `lead` is read before a list item. With `places`,
    what lies in the last of several nested places lies in the tail, if it is one of them.
    """
    marks = _marks(sentence, head, tail, tail_qid)
    if sentence.enumerations:
        marks = _join_enumerations(sentence, marks)
    if places and sentence.nested:
        marks = _join_nested(sentence, marks)
    text = sentence.reading.plain
    parts: list[str] = []
    position = sentence.start
    for start, end, mark in marks:
        if start >= position:
            parts.append(text[position:start])
            parts.append(mark)
            position = end
    parts.append(text[position : sentence.end])
    masked = "".join(parts)
    lang = sentence.reading.lang
    if masked.count(HEAD) > 1:
        masked = _IN_BRACKET[lang].sub(r"\1", _HEAD_AGAIN.sub(HEAD, masked) if lang == "zh" else masked)
    if lang == "en":
        masked = _POINT.sub("", masked)
    elif masked.startswith(HEAD) and sentence.reading.context.coarse_type(head) == "person":
        masked = _ENTRY.sub(r"\1，", masked)
    if implied and implied not in masked:
        return _with_subject(masked, implied, sentence.reading, lead)
    return masked


def _marks(sentence: Sentence, head: int, tail: tuple[int, int] | None, tail_qid: int | None) -> list[_Mark]:
    low, high = tail or (-1, -1)
    marks: list[_Mark] = []
    seen = tail is None
    for start, end, name, common in sentence.spots:
        if name is not None:
            if (start == low and end == high) or (tail_qid is not None and tail_qid in name.qids):
                marks.append((start, end, TAIL))
                seen = seen or start == low
                continue
            if head in name.qids:
                marks.append((start, end, HEAD))
                continue
            if common:
                continue
        if end <= low or high <= start:
            marks.append((start, end, VALUE if name is None else ENTITY))
    if not seen:
        insort(marks, (low, high, TAIL))  # a value, or a name inside another one
    return marks


def _join_enumerations(sentence: Sentence, marks: list[_Mark]) -> list[_Mark]:
    for group in sentence.enumerations:
        start, end = group[0].start, group[-1].end
        inside = [mark for mark in marks if start <= mark[0] and mark[1] <= end]
        kinds = [mark[2] for mark in inside]
        if HEAD in kinds and TAIL in kinds and sentence.nested:
            group = _within_tail(group, inside, sentence)
            if len(group) > 1:
                start, end = group[0].start, group[-1].end
                marks = [mark for mark in marks if not (start <= mark[0] and mark[1] <= end)]
                insort(marks, (start, end, HEAD))
            continue
        if (HEAD in kinds) == (TAIL in kinds):
            continue
        kind = HEAD if HEAD in kinds else TAIL
        names = {(name.start, name.end) for name in group}
        if any(mark[2] == kind and (mark[0], mark[1]) not in names for mark in inside):
            continue  # a value in brackets behind one member belongs to that member
        marks = [mark for mark in marks if mark not in inside]
        insort(marks, (start, end, kind))
    return marks


def _within_tail(group: list[Name], inside: list[_Mark], sentence: Sentence) -> list[Name]:
    """The members of an enumeration that the tail holds, if the head is one of them: 德国柏林、法国巴黎及里昂.

    The first of them stands behind the tail; they end where a place begins that lies in another one.
    """
    tails, heads = ({mark[0] for mark in inside if mark[2] == kind} for kind in (TAIL, HEAD))
    runs = {run[-1].start: run for run in sentence.nested}
    members: list[Name] = []
    held = False
    for name in group:
        run = runs.get(name.start)
        if run is not None:
            if held and any(member.start in heads for member in members):
                break
            held, members = any(place.start in tails for place in run[:-1]), []
        if held:
            members.append(name)
    return members if any(member.start in heads for member in members) else []


def _join_nested(sentence: Sentence, marks: list[_Mark]) -> list[_Mark]:
    """Let the tail stand for the run of places it is in, up to the head where that is in it, too."""
    for run in sentence.nested:
        start, end = run[0].start, run[-1].end
        inside = [mark for mark in marks if mark[0] < end and start < mark[1]]
        tails = [mark for mark in inside if mark[2] == TAIL]
        heads = [mark for mark in inside if mark[2] == HEAD]
        if not tails:
            continue
        if heads:
            start, end = tails[-1][0], heads[0][0]
        else:
            end = max(end, tails[-1][1])  # the tail may stand for an enumeration that goes on
        if start < end:
            marks = [mark for mark in marks if not (start <= mark[0] and mark[1] <= end)]
            insort(marks, (start, end, TAIL))
    return marks


def _with_subject(masked: str, mark: str, reading: Reading, lead: str) -> str:
    """Put the subject where a pronoun stands, else at the start."""
    marked, count = reading.pronouns.subn(lambda found: mark + _POSSESSIVES.get(found[0].lower(), ""), masked)
    if count:
        return marked
    # A space, since a mark is a letter to a regular expression and `Founded` must stand alone. `By 1998` tells only
    # the time.
    apart = " " if reading.lang == "en" and not _PREPOSITION.match(masked) else ""
    return f"{mark}{apart}{lead.lstrip() if apart else lead}{masked}"
