"""Text in lines of a given width, without a browser to measure it: estimates that are near enough for drawing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from kg2instruct.report.drawing import Drawing

_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[]{}` -"), frozenset("mwMW@%—…")
_CLOSING, _OPENING = frozenset("，。、；：！？）》」』”’】…,.;:!?)]"), frozenset("（《「『“‘【([")
# A word, an ideograph or a mark of punctuation, each with the spaces behind it.
_WORD = re.compile(r"[^\W\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff]+\s*|.\s*", re.DOTALL)


@cache
def _width(char: str) -> float:
    """The width of a character in em."""
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in _NARROW:
        return 0.31
    return 0.85 if char in _WIDE else 0.66 if char.isupper() else 0.54


def text_width(text: str, size: float) -> float:
    """The width of a text in pixels."""
    return sum(map(_width, text)) * size


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that is not broken: a word, or a mark by its number with its type behind it."""

    text: str
    width: float
    mark: int | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece in a line, at `left` pixels."""

    piece: Piece
    line: int
    left: float


def place(drawn: Drawing, *, width: float, size: float, tag_size: float) -> list[Placed]:
    """Set the text in lines no wider than `width` pixels; a closing bracket begins none, an opening one ends none."""
    placed: list[Placed] = []
    line, left = 0, 0.0
    for group in _groups(drawn, size, tag_size):
        wide = sum(piece.width for piece in group)
        if left and left + wide > width:
            line, left = line + 1, 0.0
        for piece in group:
            if not left and piece.mark is None and piece.text.isspace() and "\n" not in piece.text:
                continue
            placed.append(Placed(piece, line, left))
            left += piece.width
            if piece.mark is None and "\n" in piece.text:
                line, left = line + 1, 0.0
    return placed


def _groups(drawn: Drawing, size: float, tag_size: float) -> Iterator[list[Piece]]:
    """Pieces that stay in one line together."""
    group: list[Piece] = []
    for piece in _pieces(drawn, size, tag_size):
        joined = bool(group) and (piece.text[0] in _CLOSING or group[-1].text.rstrip()[-1:] in _OPENING)
        if group and not joined:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _pieces(drawn: Drawing, size: float, tag_size: float) -> Iterator[Piece]:
    at = 0
    for number, mark in enumerate(drawn.marks):
        yield from _words(drawn.text[at : mark.start], size)
        text = drawn.text[mark.start : mark.end]
        tag = text_width(mark.type, tag_size) + 8 if mark.type else 0
        yield Piece(text, text_width(text, size) + 4 + tag, number, mark.type)
        at = mark.end
    yield from _words(drawn.text[at:], size)


def _words(text: str, size: float) -> Iterator[Piece]:
    for found in _WORD.finditer(text):
        yield Piece(found[0], text_width(found[0], size))
