"""Who is credited with what: 由③执导，②主演 says of ② that she acts, and leaves open who wrote or produced it.

So `born in ②` says nothing of where somebody died, and `studied at ②` nothing of who employed him: the word that
governs the tail tells which relation of a group is meant: of roles in a work, of places in a life.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kg2instruct.align.near import ENTITY, HEAD, TAIL, VALUE

_REACH: Mapping[str, int] = {"zh": 80, "en": 140}
"""How far (in characters) the word may be from the tail; a list of other names may stand between."""

# From a word to the tail behind it: directed by the actors ③, Ann Lee and ②; 毕业于②; 编剧：②.
_BEFORE = {
    "zh": re.compile(
        rf"(?:者|人|家|们)?[了过]?[：:为是由于在到至自入《“「]{{0,2}}(?:③(?:首都|首府|省会|境内|[省市县区州府]))?"
        r"(?:[著知]名)?(?:[③④]*(?:女|男)?(?:作家|小说家|漫画家|剧作家|诗人|导演|编剧|演员|歌手|音乐人|作曲家|画家|建筑师))?"
        rf"(?:[^，。；：:{HEAD}{TAIL}]{{1,14}}[、和与及]){{0,20}}[《“「]?"
    ),
    "en": re.compile(
        # degree in economics from ②, studied law at ②
        r"(?:(?: in)? [a-z]+(?: and [a-z]+| [a-z]+)?(?= (?:at|from)\b))?"
        rf"(?: (?:by|of|from|is|was|are|were|in|at|on|near|for|with|to|as|into|under)|:)?"
        rf"(?:,? (?:and|the|an?|then|former|in|at|on|of|(?-i:[A-Z③④(\"“])[^ ,.;{HEAD}{TAIL}]*"
        rf"|[a-z-]+(?:or|er|ist|ess|man|ian|ern))){{0,16}},? (?:and )?[\"“(]?",
        re.IGNORECASE,
    ),
}
# From the tail to a word behind it: ②、王五等联袂主演; ②, who has directed. `②, starring ③` is said of the film.
_BEHIND = {
    "zh": re.compile(
        rf"[》”」]?(?:[、和与及] ?[^、，。；：{HEAD}{TAIL}]{{1,14}}?){{0,20}}(?:等人|等)?"
        r"(?:领衔|联合|联袂|共同|担纲|担任|出任|亲自|任|之时|时|年|正式|首次|所|公开)*"
    ),
    "en": re.compile(
        rf"['’]?s?,? (?:(?:{HEAD}|who|where|also|later|then|has|had|have|been|is|was|were|became|serve[ds]|as|an?|the"
        r"|its|his|her|their|first|former|current|currently|he|she|until|eventually|subsequently) ){0,7}",
        re.IGNORECASE,
    ),
}
_JOINED = {
    "zh": re.compile(r"[、和与及兼并]?"),
    "en": re.compile(r",? (?:and |or |& )?(?:later |then |subsequently |co-)?|, "),
}
# `settled in ②, where he wrote a book and died there`: the word is said of the tail once more.
_THERE = {
    "zh": re.compile("那里|该处|该地|当地|此处|此地|于此|在此"),
    "en": re.compile(r"\bthere\b|\bhere\b"),
}
_NEAR_THERE = 16
# `② directed ①, which was edited by ③`: what is said of the tail, which begins the sentence, is another role.
_BY_ANOTHER = re.compile(
    rf"(?: and [a-z-]+)?(?: in {VALUE})? by (?:the )?(?:[a-z-]+ ){{0,3}}{ENTITY}[^.;{TAIL}]*(?:[.;]|$)"
)
_PARTICIPLE = re.compile(r"ing$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credit:
    """The words that say one relation of the tail they govern, among those of all relations of its group."""

    own: re.Pattern[str]
    all: re.Pattern[str]
    lang: str

    def is_anothers(self, masked: str) -> bool:
        """Whether words of other relations govern the tail, and none of this one."""
        governed = False
        tail = masked.find(TAIL)
        while tail >= 0:
            before, behind = list(self._before(masked, tail)), list(self._behind(masked, tail))
            if any(self.own.fullmatch(word) for word in (*before, *behind)):
                return False
            # An English verb behind the tail has it as its subject, of which the sentence may tell more.
            governed = governed or bool(before) or (self.lang == "zh" and bool(behind))
            tail = masked.find(TAIL, tail + 1)
        if not governed and self.lang == "en" and masked.startswith(TAIL):
            return self._is_done_by_another(masked)
        return governed and not self._said_of_there(masked)

    def _is_done_by_another(self, masked: str) -> bool:
        own = [word for word in self.all.finditer(masked) if self.own.fullmatch(word.group())]
        return bool(own) and all(_BY_ANOTHER.match(masked, word.end()) for word in own)

    def _said_of_there(self, masked: str) -> bool:
        tail = masked.find(TAIL)
        return any(
            self.own.search(masked, max(tail, there.start() - _NEAR_THERE), there.end() + _NEAR_THERE)
            for there in _THERE[self.lang].finditer(masked, tail)
        )

    def _before(self, masked: str, tail: int) -> Iterator[str]:
        found = list(self.all.finditer(masked, max(0, tail - _REACH[self.lang]), tail))
        gap, at = _BEFORE[self.lang], tail
        for match in reversed(found):
            if not gap.fullmatch(masked, match.end(), at):
                return
            yield match.group()
            gap, at = _JOINED[self.lang], match.start()

    def _behind(self, masked: str, tail: int) -> Iterator[str]:
        gap, at = _BEHIND[self.lang], tail + 1
        for match in self.all.finditer(masked, at, at + _REACH[self.lang]):
            if not gap.fullmatch(masked, at, match.start()):
                return
            if not _PARTICIPLE.search(match.group()):
                yield match.group()
            gap, at = _JOINED[self.lang], match.end()


def credits_of(words: Mapping[int, tuple[str, str]], lang: str) -> Mapping[int, Credit]:
    """The credit of each relation: `words` has the group it belongs to and its words, set apart by `|`."""
    form, flags = (r"\b(?:{})\b", re.IGNORECASE) if lang == "en" else ("(?:{})", 0)
    groups: dict[str, set[str]] = {}
    for group, own in words.values():
        groups.setdefault(group, set()).update(own.split("|"))
    whole = {
        # A search takes the first alternative that fits: the longest has to come first.
        group: re.compile(form.format("|".join(sorted(every, key=lambda w: (-len(w), w)))), flags)
        for group, every in groups.items()
    }
    return {pid: Credit(re.compile(own, flags), whole[group], lang) for pid, (group, own) in words.items()}
