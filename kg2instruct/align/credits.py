"""Who is credited with what: 由③执导，②主演 says of ② that she acts, and leaves open who wrote or produced it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg2instruct.align.near import HEAD, TAIL

# ROLES are the words of all roles. A list of other names may stand between a role and the tail.
_BEHIND: Mapping[str, str] = {
    "zh": (
        rf"{TAIL}(?:[、和与及] ?[^、，。；：{HEAD}{TAIL}]{{1,14}}?){{0,20}}(?:等人|等)?"
        r"(?:领衔|联合|联袂|共同|担纲|担任|出任|亲自|任)*(?P<role>(?:(?:ROLES)[、和与及兼并]?)+)"
    ),
    # `②, starring ③` tells of the film, not of ②: participles do not count here.
    "en": (
        rf"{TAIL},? (?:(?:who|and|also|later|then|has|had|have|been|is|was|became|serve[ds]|as|an?|the|its|first"
        r"|former|current|currently) ){0,7}"
        r"(?P<role>(?:(?:ROLES)\b(?<!ing)(?:, and |, | and )?(?:co-?)?)+)"
    ),
}
_BEFORE: Mapping[str, str] = {
    "zh": (
        r"(?P<role>(?:(?:ROLES)[、和与及兼]?)+)(?:者|人|家|们)?[：:为是由]?"
        rf"(?:[^，。；：:{HEAD}{TAIL}]{{1,14}}[、和与及]){{0,20}}[“《]?{TAIL}"
    ),
    "en": (
        r"\b(?P<role>(?:(?:ROLES)(?:, and |, | and )?(?:co-?)?)+)(?: by| of| from| is| was| are| were|:)?"
        rf"(?:,? (?:and|the|an?|then|former|(?-i:[A-Z③④(])[^ ,.;{HEAD}{TAIL}]*|[a-z-]+(?:or|er|ist|ess|man|ian)))"
        rf"{{0,16}},? (?:and )?{TAIL}"
    ),
}


@dataclass(frozen=True, slots=True)
class Credit:
    """The role that one relation is, among all roles that a credit can name."""

    own: re.Pattern[str]
    places: tuple[re.Pattern[str], ...]

    def is_anothers(self, masked: str) -> bool:
        """Whether the sentence names roles of the tail, and none of them is this one."""
        roles = [match["role"] for place in self.places for match in place.finditer(masked)]
        return bool(roles) and not any(self.own.search(role) for role in roles)


def credits_of(roles: Iterable[str], lang: str) -> Mapping[str, Credit]:
    """The credit of each role, by the regular expression of its words."""
    every = sorted(set(roles))
    joined = "|".join(every)
    flags = re.IGNORECASE if lang == "en" else 0
    places = tuple(
        re.compile(form.replace("ROLES", joined), flags) for form in (_BEHIND[lang], _BEFORE[lang])
    )
    return {role: Credit(re.compile(role, flags), places) for role in every}
