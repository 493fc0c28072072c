"""Chinese text in one script or regional standard: `convert("軟體", [0, 2], "zh-cn") == ("软件", [0, 2])`.

First the script, by OpenCC without its word lists, which keeps the length; then, for the regions, their
words, from `data/words_*.yaml`, whose replacements are known one by one. So offsets stay exact.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import yaml

from kg2instruct.errors import ConfigError, UnknownName

Variant = Literal["zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk", "none"]
VARIANTS: tuple[str, ...] = get_args(Variant)
_REGIONS = ("zh-cn", "zh-tw", "zh-hk")

# Configurations of OpenCC that map character to character. The ones that go from simplified to a region's
# traditional characters at once are twice as slow.
_TO_SIMPLIFIED = "t2s"
_TO_TRADITIONAL = "s2t"
_REGIONAL_FORMS = {"zh-hant": "t2tw", "zh-tw": "t2tw", "zh-hk": "t2hk"}

_PARTICLE_KEYS = ("particle_after", "no_particle_before", "particle_before", "no_particle_after")
# Characters of Big5 that traditional texts do not use all the same.
_IN_BIG5_BUT_SIMPLIFIED = "与万价优体儿党厂听坏怀怜惊扑扰机极构柜气洁洒确离种网胜苹荐虫蚕触适"
_SURROGATE = re.compile("[\ud800-\udfff]")
_CLAUSE = re.compile(r"[^\s，。、；：！？,;]+")

Replacement = tuple[int, int, str]


def convert(text: str, offsets: Sequence[int], variant: Variant) -> tuple[str, list[int]]:
    """Return `text` in the script, and the words, of `variant`, and where each of `offsets` has gone.

    `offsets` are in rising order. The text is the same whatever they are; one inside of a replaced word stays
    inside of it. Text that is in the wanted script already is left as it is as far as that can be told.
    Raises UnknownName for a variant that does not exist.
    """
    if variant not in VARIANTS:
        raise UnknownName("variant", variant, VARIANTS)
    if variant == "none" or text.isascii():
        return text, list(offsets)
    simplified = variant in ("zh-hans", "zh-cn")
    changed = simplify(text) if simplified else _traditional(text, variant)
    return _words(variant)(changed, offsets) if variant in _REGIONS else (changed, list(offsets))


def simplify(text: str) -> str:
    """Return `text` in simplified characters; the length stays the same."""
    return _correct(text, _keeping_length(text, _TO_SIMPLIFIED))


def replace(text: str, offsets: Sequence[int], found: Sequence[Replacement]) -> tuple[str, list[int]]:
    """Put `found`, stretches of `text` in rising order with their new text, in place and move `offsets`."""
    if not found:
        return text, list(offsets)
    parts: list[str] = []
    ends: list[int] = []  # of what is replaced, in `text`
    shifts: list[int] = [0]  # of what follows
    done = 0
    for start, end, new in found:
        parts += (text[done:start], new)
        ends.append(end)
        shifts.append(shifts[-1] + len(new) - (end - start))
        done = end
    parts.append(text[done:])
    moved: list[int] = []
    for offset in offsets:
        index = bisect_right(ends, offset)
        if index < len(found) and offset > found[index][0]:
            start, _, new = found[index]
            offset = min(offset, start + len(new))
        moved.append(offset + shifts[index])
    return "".join(parts), moved


def encodable(text: str) -> str:
    """Return `text`, with lone surrogates, which no UTF-8 can hold, replaced one by one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def _keeping_length(text: str, config: str) -> str:
    text = encodable(text)
    changed = _opencc(config)(text)
    if len(changed) != len(text):
        # Not with the dictionaries known today; character by character it cannot go wrong.
        one = _opencc(config)
        changed = "".join(new if len(new := one(char)) == 1 else char for char in text)
    return changed


@cache
def _opencc(config: str) -> Callable[[str], str]:
    from opencc import OpenCC

    convert_text: Callable[[str], str] = OpenCC(config, include_tofu_risk_dictionaries=False).convert
    return convert_text


def _traditional(text: str, variant: Variant) -> str:
    """Clauses with simplified characters are converted; the others only get the region's forms of characters.

    Converting all would take 余光中 for 餘光中, and slowly.
    """
    marked = _simplified_characters().search
    if marked(text):
        found = [
            (clause.start(), clause.end(), _keeping_length(clause.group(), _TO_TRADITIONAL))
            for clause in _CLAUSE.finditer(text)
            if marked(clause.group())
        ]
        text, _ = replace(text, (), found)
    return _keeping_length(text, _REGIONAL_FORMS[variant])


@cache
def _simplified_characters() -> re.Pattern[str]:
    """Characters of simplified text alone: those that change, and are not among those used in Taiwan."""
    han = "".join(map(chr, range(0x4E00, 0xA000)))
    changed = "".join(_opencc(_TO_TRADITIONAL)("\n".join(han)).split("\n"))
    alone = [a for a, b in zip(han, changed, strict=True) if a != b and not a.encode("big5", "ignore")]
    return re.compile(f"[{''.join(alone)}{_IN_BIG5_BUT_SIMPLIFIED}]")


@cache
def _corrections() -> tuple[re.Pattern[str], dict[str, str], re.Pattern[str]]:
    table = _data("simplified_corrections")
    words: dict[str, str] = table["words"]
    for written, right in words.items():
        if len(written) != len(right):
            raise ConfigError(f"simplified_corrections.yaml: {written}: {right}: not of the same length")
    after, not_before, before, not_after = ("".join(table[key].split()) for key in _PARTICLE_KEYS)
    particle = re.compile(f"著(?:(?<=[{after}]著)(?![{not_before}])|(?<![{not_after}]著)(?=[{before}]))")
    return re.compile("|".join(sorted(words, key=lambda word: (-len(word), word)))), words, particle


def _correct(source: str, simplified: str) -> str:
    """Put right what OpenCC's tables get wrong in running text."""
    pattern, words, particle = _corrections()
    found = [(word.start(), word.end(), words[word.group()]) for word in pattern.finditer(source)]
    found += [(sign.start(), sign.end(), "着") for sign in particle.finditer(simplified)]
    if not found:
        return simplified
    characters = list(simplified)
    for start, end, right in found:
        characters[start:end] = right
    return "".join(characters)


@cache
def _words(variant: Variant) -> Callable[[str, Sequence[int]], tuple[str, list[int]]]:
    return word_replacer(_data(f"words_{variant.replace('-', '_')}"))


def word_replacer(words: Mapping[str, str]) -> Callable[[str, Sequence[int]], tuple[str, list[int]]]:
    """Return a function that replaces the words of a table, leftmost and longest first, and moves offsets."""
    from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

    known = sorted(words)
    find = CharwiseDoubleArrayAhoCorasick(known, MATCH_KIND_LEFTMOST_LONGEST).find

    def replace_words(text: str, offsets: Sequence[int]) -> tuple[str, list[int]]:
        # A word may stand for itself, to keep a shorter one inside of it from being replaced.
        found = [(a, b, new) for a, b, word in find(text) if (new := words[known[word]]) != known[word]]
        return replace(text, offsets, found)

    return replace_words


def _data(name: str) -> Any:
    return yaml.safe_load((files("kg2instruct.lang") / "data" / f"{name}.yaml").read_text("utf-8"))
