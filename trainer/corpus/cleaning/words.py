"""Harmful content by words: the user's own lists, and a small one against advertising."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from kg2instruct.errors import InputError
from trainer.corpus.languages import load_data
from trainer.corpus.recipe import WordOptions


class WordList:
    """Words that are looked for, whatever their case; Latin ones as whole words."""

    def __init__(self, words: Sequence[str]) -> None:
        from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

        self.words = sorted({word.lower() for word in words})
        self._find: Any = (
            CharwiseDoubleArrayAhoCorasick(self.words, MATCH_KIND_LEFTMOST_LONGEST).find
            if self.words
            else None
        )

    def found(self, lowered: str) -> set[str]:
        """The different words that stand in a text of lower case."""
        if self._find is None:
            return set()
        return {
            self.words[number]
            for start, end, number in self._find(lowered)
            if _stands_alone(lowered, start, end)
        }


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a word's Latin ends are ends of words: "sex" is not in "Essex"."""
    before, behind = text[start - 1 : start], text[end : end + 1]
    return not (_latin(text[start]) and _latin(before)) and not (_latin(text[end - 1]) and _latin(behind))


def _latin(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"


def harmful(text: str, options: WordOptions) -> str:
    """Why a document goes, in words; empty where it stays."""
    lowered = text.lower()
    if options.lists and len(_own(options.lists).found(lowered)) > options.allowed:
        return "word of a list"
    if options.builtin and len(_builtin().found(lowered)) > options.builtin_allowed:
        return "advertising"
    return ""


@lru_cache(maxsize=1)
def _builtin() -> WordList:
    table = load_data("harmful")
    return WordList([*table["zh"].split("\n")[:-1], *table["en"].split("\n")[:-1]])


@lru_cache(maxsize=16)
def _own(paths: tuple[str, ...]) -> WordList:
    """The words of some files. Raises InputError where one cannot be read or has none."""
    words: list[str] = []
    for name in paths:
        try:
            lines = Path(name).read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{name}: {getattr(error, 'strerror', None) or error}") from error
        found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not found:
            raise InputError(f"{name}: no word in this list; expected one word or phrase a line")
        words += found
    return WordList(words)


def check_lists(options: WordOptions) -> None:
    """Read the lists now, so that a mistake is told before anything long begins."""
    if options.lists:
        _own(options.lists)
