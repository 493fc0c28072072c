"""Where the text has what a model names: an answer that does not stand there is none.

ground("她出生于华沙。", "她", "华沙", "zh") -> ((0, 1), (4, 6))
"""

from __future__ import annotations

from collections.abc import Sequence

from kg2instruct.lang.fold import fold
from kg2instruct.lang.words import borders

Span = tuple[int, int]

NO_HEAD, NO_TAIL = "the head does not stand in the text", "the tail does not stand in the text"
OVERLAP = "the two ends overlap"
# What models put around a name.
_AROUND = " \t\r\n\"'“”‘’「」『』《》〈〉`"


def spans_of(text: str, name: str) -> list[Span]:
    """All places of a name, written alike but for case, width and script; Latin words are matched whole."""
    wanted = fold(name.strip(_AROUND))
    if not wanted:
        return []
    folded = fold(text)
    found: list[Span] = []
    start = folded.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        if not _cuts_word(folded, start) and not _cuts_word(folded, end):
            found.append((start, end))
        start = folded.find(wanted, start + 1)
    if len(wanted) == 1 and wanted > "\u2e80" and found:  # 女 of 女儿 is no name
        whole = borders(text, "zh")
        found = [(start, end) for start, end in found if whole[start] and whole[end]]
    return found


def _cuts_word(text: str, at: int) -> bool:
    """Whether a Latin word or a number goes on across a border."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return (
        before < "\u2e80"
        and after < "\u2e80"
        and ((before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit()))
    )


def ground(text: str, head: str, tail: str) -> tuple[Span, Span] | str:
    """The places of both ends that are nearest to each other, or why there are none."""
    heads, tails = spans_of(text, head), spans_of(text, tail)
    if not heads:
        return NO_HEAD
    if not tails:
        return NO_TAIL
    return nearest(heads, tails) or OVERLAP


def nearest(heads: Sequence[Span], tails: Sequence[Span]) -> tuple[Span, Span] | None:
    """The two spans with the least text between them, the first such; none where all overlap."""
    apart = [(h, t) for h in heads for t in tails if h[1] <= t[0] or t[1] <= h[0]]
    return min(apart, key=lambda pair: (_gap(*pair), pair), default=None)


def _gap(head: Span, tail: Span) -> int:
    return max(tail[0] - head[1], head[0] - tail[1])
