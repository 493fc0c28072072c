"""Relatives of the person whom a page is about, told by what they are to that one: `his father`, 其妻."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kg2instruct.align.anaphora import GENDERS, gender_of
from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import NOWHERE, Name
from kg2instruct.records import Lang

_FATHER, _MOTHER, _SPOUSE = 22, 25, 26
_KIN: Mapping[Lang, Mapping[str, int]] = {
    "zh": {
        **dict.fromkeys(("父亲", "父"), _FATHER),
        **dict.fromkeys(("母亲", "母"), _MOTHER),
        **dict.fromkeys(("妻子", "妻", "丈夫"), _SPOUSE),
    },
    "en": {"father": _FATHER, "mother": _MOTHER, "wife": _SPOUSE, "husband": _SPOUSE},
}
# Behind the noun no name of the relative's own nor a further relative: 其父亲的朋友, 妻子家.
_TOLD: Mapping[Lang, re.Pattern[str]] = {
    "zh": re.compile(
        r"(?:(?P<whose>[其他她])的?|(?:^|(?<=[，。；、])))(?P<kin>父亲|母亲|妻子|丈夫|(?<=其)[父母妻])"
        r"(?=[是为曾任在于也则，]|毕业|出生|来自|去世|逝世|担任|从事|原本)"
    ),
    "en": re.compile(
        r"\b(?P<whose>[Hh]is|[Hh]er) (?:late |own )?(?P<kin>father|mother|wife|husband)"
        r"(?=,? (?:is|was|were|has|had|who|also|then|later|worked|died|served|taught|owned|became|came|ran|studied)\b)"
    ),
}


def tells_of_relatives(plain: str, lang: Lang) -> bool:
    """Whether a text may tell of any: spares looking for the sentences of most."""
    return _TOLD[lang].search(plain) is not None


def relatives(
    plain: str,
    sentences: Sequence[tuple[int, int]],
    names: Sequence[Name],
    subject: int,
    context: AlignContext,
) -> Iterator[tuple[int, int, Name]]:
    """Where a text tells of the one father, mother or spouse of the page's subject, with the name given before.

    The name stands nowhere where the text has none. None where the sentence itself has it: 其父是矿工阿瑟.
    """
    gender = gender_of(subject, context)
    for start, end in sentences:
        for found in _TOLD[context.lang].finditer(plain, start, end):
            if gender and GENDERS.get((found["whose"] or "").lower(), gender) != gender:
                continue  # her father, on the page of a man
            qid = _only(subject, _KIN[context.lang][found["kin"]], context)
            if qid is None or any(start <= name.start < end and qid in name.qids for name in names):
                continue
            before = (name for name in reversed(names) if name.end <= start and qid in name.qids)
            yield found.start(), found.end(), next(before, Name(NOWHERE, NOWHERE, (qid,), "alias"))


def _only(subject: int, pid: int, context: AlignContext) -> int | None:
    """The one value of a property of the subject; None where there are more."""
    items = context.claims(subject).items
    values = [qid for qid, claims in items.items() if any(claim.property == pid for claim in claims)]
    return values[0] if len(values) == 1 else None
