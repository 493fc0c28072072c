"""Parts as one message, and a model's answer as parts again.

    ⟦instruction⟧
    Translate this.
    ⟦output⟧
    …
    ⟦end⟧

Masked texts hold no such line, so the message can be read back; without the last line an answer was cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from kg2instruct.translate.items import Part

END = "⟦end⟧"
# Models like to put all they say into a fence.
_FENCE_OPEN, _FENCE_CLOSE = re.compile(r"\s*`{3,}\w*\s*"), re.compile(r"\s*`{3,}\s*")


def write(parts: Iterable[Part]) -> str:
    """The message for some parts."""
    return "".join(f"⟦{part.name}⟧\n{part.text}\n" for part in parts) + END


def read(answer: str, names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The parts of an answer by name, and what is wrong with its form, in words for the model.

    White space around a part's text is not part of it, nor is what models like to put around names.
    """
    heads = list(_head(tuple(names)).finditer(answer))
    wrong: list[str] = []
    before = answer[: heads[0].start()] if heads else ""
    fenced = _FENCE_OPEN.fullmatch(before) is not None
    if before.strip() and not fenced:
        wrong.append("there is text before the first part")
    texts: dict[str, str] = {}
    for head, following in zip(heads, (*heads[1:], None), strict=False):
        text = answer[head.end() : following.start() if following else len(answer)]
        name = head["known"] or head["other"]
        if name == "end":
            if text.strip() and not (fenced and _FENCE_CLOSE.fullmatch(text)):
                wrong.append("there is text behind ⟦end⟧")
            break
        if name in texts:
            wrong.append(f"part ⟦{name}⟧ occurs twice")
        texts[name] = text.strip()
    else:
        wrong.append("⟦end⟧ is missing")
    if missing := [name for name in names if name not in texts]:
        wrong.append("missing parts: " + ", ".join(f"⟦{name}⟧" for name in missing))
    if unknown := [name for name in texts if name not in names]:
        wrong.append("unknown parts: " + ", ".join(f"⟦{name}⟧" for name in unknown))
    return texts, wrong


@lru_cache(maxsize=64)
def _head(names: tuple[str, ...]) -> re.Pattern[str]:
    """A name that was asked for at the begin of a line, in bold or not, or any name on a line of its own."""
    known = "|".join(map(re.escape, (*names, "end")))
    return re.compile(
        rf"^[ \t]*(?:\#+[ \t]+)?(?P<bold>\*\*|__)?⟦[ \t]*"
        rf"(?:(?P<known>{known})[ \t]*⟧(?(bold)(?P=bold))|(?P<other>[a-z]+\d*)[ \t]*⟧(?(bold)(?P=bold))[ \t]*$)",
        re.MULTILINE,
    )
