"""Adjectives of countries, which stand for them: `demonyms("en")[183] == ("German",)`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from kg2instruct.lang.units import load_table


@cache
def demonyms(lang: str) -> Mapping[int, tuple[str, ...]]:
    """By entity, the words of a language; empty for Chinese, which uses the country's name."""
    table = load_table("demonyms_en.yaml") if lang == "en" else {}
    return {int(qid[1:]): tuple(words) for qid, words in table.items()}
