"""What the people and things of a country are called: `demonyms("en")[183] == ("German", "Germans")`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from kg2instruct.lang.units import load_table

# `the Americans`, `the Greeks`, `the Iraqis`; `the British` and `the Dutch` stay as they are.
_WITH_PLURAL = ("an", "ek", "i", "ak", "ik", "ot", "ene")


@cache
def demonyms(lang: str) -> Mapping[int, tuple[str, ...]]:
    """By entity, the words of a language; empty for Chinese, which uses the country's name."""
    table = load_table("demonyms_en.yaml") if lang == "en" else {}
    return {
        int(qid[1:]): (*words, *(f"{word}s" for word in words if word.endswith(_WITH_PLURAL)))
        for qid, words in table.items()
    }
