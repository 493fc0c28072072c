"""A document's tokens cut into samples of whole sentences, as few as can be.

The document was tokenised once, whole; it is cut between tokens, so that its samples put together are its tokens.
Cuts may stand where a sentence ends; inside of a sentence longer than a sample, where a clause ends; inside of
such a clause, between characters. Of these the last one within reach is taken each time, which gives the least
number of samples, and of all ways with that number the one with the longest first samples: only a document's
last sample is short.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from kg2instruct.lang.sentences import sentence_spans

Span = tuple[int, int]
TokenSpan = Callable[[int], Span]
"""Start and end of a token in characters of the text."""

_CLAUSE_END = re.compile(r"(?:[，；：、。！？]|[,;:.!?](?=\s))[”’」』）)\]\"']*\s*|\n+")
_WORD_END = re.compile(r"\s+|[,;)}\]]")


def sentences_of(line: str, lang: str) -> list[Span]:
    """The sentences of a line, which is a sentence itself in code."""
    if lang == "code":
        return [(0, len(line))]
    return sentence_spans(line, "zh" if lang == "zh" else "en")


class Splitter:
    """Cuts one document of `count` tokens, of which `before` and `behind` mark its borders (BOS, EOS)."""

    def __init__(
        self, text: str, lang: str, count: int, span: TokenSpan, *, before: int = 0, behind: int = 0
    ) -> None:
        self.text, self.lang, self.count = text, lang, count
        self._span, self._before, self._behind = span, before, behind
        self._line: Span = (0, 0)
        self._ends: list[int] = []

    def lengths(self, limit: int) -> Iterator[int]:
        """The lengths of the samples, none above `limit`; their sum is `count`."""
        start = 0
        while self.count - start > limit:
            end = self._last_border(start, start + limit, limit)
            yield end - start
            start = end
        if self.count > start:
            yield self.count - start

    def _last_border(self, start: int, reach: int, limit: int) -> int:
        """The last token in (start, reach] before which a cut may stand."""
        if not self.text:
            return reach
        place = self._place(reach)
        a, b = self._sentence(place)
        first, last = self._token(a), self._token(b)
        if last <= reach:
            return last
        if last - first <= limit:
            return first  # behind start, or the sentence would not go beyond reach
        pattern = _WORD_END if self.lang == "code" else _CLAUSE_END
        for border in pattern.finditer(self.text, a, b):
            if border.end() > place:
                b = border.end()
                break
            a = border.end()
        first, last = self._token(a), self._token(b)
        if last <= reach:
            return last
        if last - first <= limit:
            return first
        return self._between_characters(start, reach)

    def _place(self, token: int) -> int:
        """Where in the text a token stands: its first character (the text's last for what is behind it)."""
        inner = token - self._before
        return min(self._span(inner)[0] if inner < self._inner else len(self.text), len(self.text) - 1)

    @property
    def _inner(self) -> int:
        return self.count - self._before - self._behind

    def _token(self, place: int) -> int:
        """The first token that ends behind `place`; marks of borders belong to the first and last sentence."""
        if place <= 0:
            return 0
        if place >= len(self.text):
            return self.count
        low, high = 0, self._inner
        while low < high:
            middle = (low + high) // 2
            if self._span(middle)[1] > place:
                high = middle
            else:
                low = middle + 1
        return low + self._before if low < self._inner else self.count

    def _sentence(self, place: int) -> Span:
        """The sentence that holds `place`; sentences end with lines, so a line is all that is looked at."""
        if not self._line[0] <= place < self._line[1]:
            start = self.text.rfind("\n", 0, place) + 1
            end = self.text.find("\n", place) + 1 or len(self.text)
            self._line = (start, end)
            self._ends = [start + stop for _, stop in sentences_of(self.text[start:end], self.lang)]
        number = bisect_right(self._ends, place)
        return (self._ends[number - 1] if number else self._line[0]), self._ends[number]

    def _between_characters(self, start: int, reach: int) -> int:
        """The last cut in reach that leaves whole the characters that several tokens spell together."""
        for token in range(reach, start, -1):
            inner = token - self._before
            if 0 < inner < self._inner and self._span(inner)[0] >= self._span(inner - 1)[1]:
                return token
        return reach
