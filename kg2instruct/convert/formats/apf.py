"""ACE's stand-off annotation: the text of a `.sgm` file and the elements of its `.apf.xml`.

Offsets of APF count the characters of the `.sgm` outside its tags, from 0, line ends as one character, END
inclusive. A reference such as `&amp;` counts as the characters that it is written with. Texts here have the
character itself; `SgmText.span` counts for that, and for tools that count otherwise (`Counting`).
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args
from xml.etree import ElementTree

_TAG = re.compile(r"<[^<>]*>")
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_BLANKS = re.compile(r"\s+")

# Outside tags with references as they are written (LDC's way) or as one character, or all that is in the file.
Counting = Literal["written", "resolved", "file"]


class SgmText:
    """The text of a `.sgm` file outside its tags."""

    def __init__(self, sgm: str) -> None:
        written, self._tags = _replaced(sgm.replace("\r\n", "\n"), _TAG, lambda _: "")
        self.text, self._references = _replaced(written, _REFERENCE, html.unescape)
        self.counting: Counting = "written"

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Characters of `text` for START and END of APF. Raises IndexError where the text has none such."""
        places = [start, end + 1]
        if self.counting == "file":
            places = [self._tags.behind(x) for x in places]
        if self.counting != "resolved":
            places = [self._references.behind(x) for x in places]
        start, end = places
        if not 0 <= start < end <= len(self.text):
            raise IndexError(f"characters {start} to {end}")
        return start, end

    def agree(self, charseqs: list[Charseq]) -> None:
        """Count as the annotation does, by which way most of its stretches have the text that they tell."""
        scores: dict[Counting, int] = {}
        for self.counting in get_args(Counting):
            scores[self.counting] = sum(map(self.says, charseqs))
            if scores[self.counting] == len(charseqs):
                return
        self.counting = max(scores, key=lambda way: scores[way])

    def says(self, charseq: Charseq) -> bool:
        """True when the text has at these offsets what the annotation says, but for blanks."""
        try:
            start, end = self.span(charseq.start, charseq.end)
        except IndexError:
            return False
        return same_text(self.text[start:end], charseq.text)


@dataclass(frozen=True, slots=True)
class _Shorter:
    """What was made shorter in a text: where each such place ended, and by how much all up to there."""

    ends: list[int]
    by: list[int]

    def behind(self, offset: int) -> int:
        """An offset of the longer text as one of the shorter."""
        return offset - self.by[bisect_right(self.ends, offset)]


def _replaced(text: str, pattern: re.Pattern[str], new: Callable[[str], str]) -> tuple[str, _Shorter]:
    parts, ends, by, last = list[str](), list[int](), [0], 0
    for found in pattern.finditer(text):
        replacement = new(found[0])
        parts += (text[last : found.start()], replacement)
        last = found.end()
        ends.append(last)
        by.append(by[-1] + len(found[0]) - len(replacement))
    return "".join(parts) + text[last:], _Shorter(ends, by)


@dataclass(frozen=True, slots=True)
class Charseq:
    """A stretch of text as APF tells it; `end` is inclusive."""

    start: int
    end: int
    text: str


def charseq(element: ElementTree.Element, path: str) -> Charseq | None:
    """The stretch at `path` below an element; None where there is none or one without numbers."""
    found = element.find(f"{path}/charseq")
    if found is None:
        return None
    try:
        return Charseq(int(found.get("START", "")), int(found.get("END", "")), "".join(found.itertext()))
    except ValueError:
        return None


def charseqs(root: ElementTree.Element) -> Iterator[Charseq]:
    """All stretches of a document that mentions and anchors have."""
    for path in (".//extent", ".//head", ".//anchor"):
        for element in root.iterfind(path):
            if found := charseq(element, "."):
                yield found


def same_text(text: str, told: str) -> bool:
    """True when two stretches are the same but for blanks, line ends and references."""
    return text == told or _plain(text) == _plain(told)


def _plain(text: str) -> str:
    return _BLANKS.sub("", html.unescape(text))
