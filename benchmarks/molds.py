"""Texts multiplied with changes: each copy has other names, numbers and years, and its own order of sentences.

A text is cut once into pieces; a copy puts them together again. Characters of names are exchanged by one
permutation a copy, so that a name, its short forms and its entity's labels stay the same word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from random import Random

from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

from kg2instruct.lang.fold import fold_han

# What says of which kind a name is, and what is no name at all, stays.
_KEPT = frozenset(
    "国國省市县縣区區州郡镇鎮乡鄉村河江山湖海洋岛島峰谷大小中东東西南北上下学學院校馆館楼樓塔桥橋寺宫宮站路线線城"
    "奖獎赛賽杯队隊会會社党黨军軍团團部局司公企业業厂廠报報书書片剧劇曲歌集传傳记記战戰争爭役事件节節世纪紀年月日"
    "时時人女男王帝族语語文字号號机機车車船舰艦星座系科属屬种種目病症药藥一二三四五六七八九十百千万萬第的之和与與"
)
_PIECE = re.compile(r"(?<![0-9A-Za-z#&.,])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{3,})(?![0-9A-Za-z;])")
_LATIN_WORD = re.compile(r"[A-Z][A-Za-z]+")
_SENTENCE = {"zh": re.compile(r"(?<=。)"), "en": re.compile(r"(?<=[a-z]\. )(?=[A-Z'\[])")}
_PROSE = re.compile(r"\w|\[\[(?![^\]]*:)|'")
_PAIRS = (
    ("[[", "]]"),
    ("（", "）"),
    ("(", ")"),
    ("{{", "}}"),
    ("<", ">"),
    ("「", "」"),
    ("“", "”"),
    ("-{", "}-"),
)

LITERAL, NAME, NUMBER = 0, 1, 2
Piece = tuple[int, str]


class Names:
    """The names that change, to be found in any text."""

    def __init__(self, names: Iterable[str]) -> None:
        wanted = {name for name in names if len(name) > 1 and _changes(name)}
        self._automaton = CharwiseDoubleArrayAhoCorasick(sorted(wanted), MATCH_KIND_LEFTMOST_LONGEST)
        self.characters = sorted(
            {c for name in wanted for c in fold_han(name) if "\u4e00" <= c <= "\u9fff" and c not in _KEPT}
        )

    def cut(self, text: str) -> list[Piece]:
        """A text as pieces: names, numbers, and what stays as it is."""
        spans = [(*match.span(), NUMBER) for match in _PIECE.finditer(text)]
        for start, end, _ in self._automaton.find(text):
            if not _inside_word(text, start, end):
                spans.append((start, end, NAME))
        pieces: list[Piece] = []
        done = 0
        for start, end, kind in sorted(spans):
            if start >= done:
                pieces += ((LITERAL, text[done:start]), (kind, text[start:end]))
                done = end
        pieces.append((LITERAL, text[done:]))
        return pieces


def _changes(name: str) -> bool:
    return _LATIN_WORD.search(name) is not None or any(
        "\u4e00" <= char <= "\u9fff" and char not in _KEPT for char in name
    )


def _inside_word(text: str, start: int, end: int) -> bool:
    if not text[start].isascii():
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    return (before.isascii() and before.isalnum()) or (after.isascii() and after.isalnum())


class Change:
    """What one copy changes; copy 0 changes nothing."""

    def __init__(self, copy: int, names: Names, seed: int) -> None:
        self.copy = copy
        self.rng = Random(f"{seed}:{copy}")
        rng = Random(f"{seed}:{copy}:characters")
        self.years = rng.randrange(-15, 16)
        self._digits = str.maketrans("123456789", _shuffled("123456789", rng))
        self._names: dict[int, str] = {}
        for group in ("".join(names.characters), "aeiou", "bcdfghjklmnpqrstvwxyz"):
            for old, new in zip(group, _shuffled(group, rng), strict=True):
                self._names[ord(old)] = new
                if old.isascii():
                    self._names[ord(old.upper())] = new.upper()
                else:
                    self._names[ord(_traditional(old))] = _traditional(new)

    def name(self, text: str) -> str:
        """The name in this copy."""
        return text.translate(self._names) if self.copy else text

    def number(self, text: str) -> str:
        """A number in this copy; what looks like a year moves by a few years."""
        if not self.copy:
            return text
        if len(text) == 4 and "1000" <= text <= "2100":
            return f"{int(text) + self.years:04d}"
        return text[0] + text[1:].translate(self._digits)

    def put(self, pieces: list[Piece]) -> str:
        """Pieces as a text of this copy."""
        return "".join(
            text if kind == LITERAL else self.name(text) if kind == NAME else self.number(text)
            for kind, text in pieces
        )


def _shuffled(characters: str, rng: Random) -> str:
    return "".join(rng.sample(characters, len(characters)))


@cache
def _traditional(char: str) -> str:
    found = _to_traditional()(char)
    return found if len(found) == 1 else char


@cache
def _to_traditional() -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("s2t").convert
    return convert


@dataclass(frozen=True, slots=True)
class TextMold:
    """A wikitext cut into paragraphs, these into sentences, these into pieces."""

    paragraphs: list[list[list[Piece]]]
    movable: list[int]

    @classmethod
    def of(cls, text: str, names: Names, lang: str) -> TextMold:
        """Cut a wikitext; paragraphs with markup around them keep their places."""
        blocks = text.split("\n\n")
        movable = [n for n, block in enumerate(blocks) if n and _PROSE.match(block) and _closed(block)]
        paragraphs = []
        for number, block in enumerate(blocks):
            sentences = _SENTENCE[lang].split(block) if number in movable else [block]
            if not all(map(_closed, sentences)):
                sentences = [block]
            paragraphs.append([names.cut(sentence) for sentence in sentences])
        return cls(paragraphs, movable)

    def cast(self, change: Change) -> str:
        """The text of one copy."""
        order = list(range(len(self.paragraphs)))
        if change.copy:
            places = change.rng.sample(self.movable, len(self.movable))
            for place, number in zip(self.movable, places, strict=True):
                order[place] = number
        blocks = []
        for number in order:
            sentences = [change.put(pieces) for pieces in self.paragraphs[number]]
            if change.copy and len(sentences) > 2:
                sentences[1:-1] = change.rng.sample(sentences[1:-1], len(sentences) - 2)
            blocks.append("".join(sentences))
        return "\n\n".join(blocks)


def _closed(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in _PAIRS) and text.count("'''") % 2 == 0
