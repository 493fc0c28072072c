"""Tags of tokens to spans of tokens and back: BIO (IOB2), IOB1, BIOES, BILOU, BMES.

All of them are read by one rule, that of the CoNLL evaluation: a span begins at B, S or U, and where I, M, E
or L does not go on a span of its type. So IOB1, and files that mix schemes, need not be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_BEGIN = frozenset("BSU")
_ENDS = frozenset("SUEL")
_INSIDE = frozenset("IMEL")
OUTSIDE = "O"


class Span(NamedTuple):
    """Tokens `start` to `end` (exclusive) of a type."""

    start: int
    end: int
    label: str


def spans(tags: Sequence[str]) -> list[Span]:
    """The spans of a sentence's tags. Raises ValueError with a tag that is none."""
    found: list[Span] = []
    start, label = -1, ""
    for number, tag in enumerate(tags):
        if tag == OUTSIDE:
            if start >= 0:
                found.append(Span(start, number, label))
                start = -1
            continue
        prefix, kind = split_tag(tag)
        if start >= 0 and (prefix in _BEGIN or kind != label):
            found.append(Span(start, number, label))
            start = -1
        if start < 0:
            start, label = number, kind
        if prefix in _ENDS:
            found.append(Span(start, number + 1, label))
            start = -1
    if start >= 0:
        found.append(Span(start, len(tags), label))
    return found


def split_tag(tag: str) -> tuple[str, str]:
    """`B-PER` as ("B", "PER"). Raises ValueError with what is no tag."""
    prefix, separator, label = tag[:1], tag[1:2], tag[2:]
    if label and separator in "-_" and (prefix in _BEGIN or prefix in _INSIDE):
        return prefix, label
    raise ValueError(tag)


def is_tag(text: str) -> bool:
    """True for O and for tags such as B-PER."""
    if text == OUTSIDE:
        return True
    return len(text) > 2 and text[1] in "-_" and (text[0] in _BEGIN or text[0] in _INSIDE)


def bio(length: int, found: Iterable[Span]) -> Iterator[str]:
    """The BIO tags of `length` tokens; where spans overlap, the first one wins."""
    tags = [OUTSIDE] * length
    for start, end, label in found:
        if all(tag == OUTSIDE for tag in tags[start:end]):
            tags[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
    yield from tags
