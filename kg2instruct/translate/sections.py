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

from kg2instruct.translate.items import Part

_HEAD = re.compile(r"^[ \t]*⟦[ \t]*([a-z]+\d*)[ \t]*⟧[ \t]*$", re.MULTILINE)
END = "⟦end⟧"


def write(parts: Iterable[Part]) -> str:
    """The message for some parts."""
    return "".join(f"⟦{part.name}⟧\n{part.text}\n" for part in parts) + END


def read(answer: str, names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The parts of an answer by name, and what is wrong with its form, in words for the model.

    White space around a part's text is not part of it.
    """
    heads = list(_HEAD.finditer(answer))
    wrong: list[str] = []
    if heads and answer[: heads[0].start()].strip():
        wrong.append("there is text before the first part")
    texts: dict[str, str] = {}
    for head, following in zip(heads, (*heads[1:], None), strict=False):
        text = answer[head.end() : following.start() if following else len(answer)]
        if head[1] == "end":
            if text.strip():
                wrong.append("there is text behind ⟦end⟧")
            break
        if head[1] in texts:
            wrong.append(f"part ⟦{head[1]}⟧ occurs twice")
        texts[head[1]] = text.strip()
    else:
        wrong.append("⟦end⟧ is missing")
    if missing := [name for name in names if name not in texts]:
        wrong.append("missing parts: " + ", ".join(f"⟦{name}⟧" for name in missing))
    if unknown := [name for name in texts if name not in names]:
        wrong.append("unknown parts: " + ", ".join(f"⟦{name}⟧" for name in unknown))
    return texts, wrong
