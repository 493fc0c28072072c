"""ACE's stand-off annotation: the text of a `.sgm` file and the elements of its `.apf.xml`.

Offsets of APF count the characters of the `.sgm` outside its tags, from 0, line ends as one character, END
inclusive. A reference such as `&amp;` counts as the characters that it is written with. Texts here have the
character itself; `SgmText.span` counts for that.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

_TAG = re.compile(r"<[^<>]*>")
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_BLANKS = re.compile(r"\s+")


class SgmText:
    """The text of a `.sgm` file outside its tags."""

    def __init__(self, sgm: str) -> None:
        written = _TAG.sub("", sgm.replace("\r\n", "\n"))
        self._ends: list[int] = []
        self._shorter: list[int] = [0]
        parts, last = list[str](), 0
        for found in _REFERENCE.finditer(written):
            char = html.unescape(found[0])
            parts += (written[last : found.start()], char)
            last = found.end()
            self._ends.append(last)
            self._shorter.append(self._shorter[-1] + last - found.start() - len(char))
        self.text = "".join(parts) + written[last:]
        self.resolved = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Characters of `text` for START and END of APF. Raises IndexError where the text has none such."""
        end += 1
        if not self.resolved:
            start, end = self._to_text(start), self._to_text(end)
        if not 0 <= start < end <= len(self.text):
            raise IndexError(f"characters {start} to {end}")
        return start, end

    def _to_text(self, offset: int) -> int:
        return offset - self._shorter[bisect_right(self._ends, offset)]

    def agree(self, charseqs: list[Charseq]) -> None:
        """Count as the annotation does: some tools count `&amp;` as the one character that it stands for."""
        if not self._ends:
            return
        scores = []
        for self.resolved in (False, True):
            scores.append(sum(self.says(x) for x in charseqs))
        self.resolved = scores[1] > scores[0]

    def says(self, charseq: Charseq) -> bool:
        """True when the text has at these offsets what the annotation says, but for blanks."""
        try:
            start, end = self.span(charseq.start, charseq.end)
        except IndexError:
            return False
        return same_text(self.text[start:end], charseq.text)


@dataclass(frozen=True, slots=True)
class Charseq:
    """A stretch of text as APF tells it; `end` is inclusive."""

    start: int
    end: int
    text: str


def charseq(element: ElementTree.Element, path: str) -> Charseq | None:
    """The stretch at `path` below an element; null where there is none or one without numbers."""
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
