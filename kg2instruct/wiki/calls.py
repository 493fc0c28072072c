"""A use of a template as what renders it sees it, and the link that it may become."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from kg2instruct.wiki.marks import GAP, HOLE, PROTECT_END, PROTECT_START

_TARGET_JUNK = re.compile(rf"[\[\]{{}}|<>\n{HOLE}{GAP}{PROTECT_START}{PROTECT_END}]")


class Call(Protocol):
    """One use of a template: its parameters, expanded when asked for."""

    name: str
    star: str
    lang: str
    title: str

    def get(self, key: str) -> str:
        """Value of a parameter by name or by number as text, stripped; empty where it is missing."""

    def positional(self) -> list[str]:
        """Values of the unnamed parameters in order."""


Render = Callable[[Call], str]


def wikilink(target: str, text: str, lang: str = "") -> str:
    """Wikitext of a link; only its text where there is no target."""
    target = _TARGET_JUNK.sub("", target).strip()
    text = text.strip() or target
    if not target or "[[" in text:
        return text
    return f"[[:{lang}:{target}|{text}]]" if lang else f"[[:{target}|{text}]]"
