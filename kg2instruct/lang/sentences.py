"""Where sentences end: `sentence_spans("Dr. Li left. 他走了。", "en") == [(0, 13), (13, 17)]`.

One pass over quotes, brackets and stops. A stop inside a closed pair ends nothing by itself: the border, if
there is one, is behind the pair. A pair that is never closed, or only far away, is no pair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from kg2instruct.records import Lang

_QUOTES = {"“": "”", "‘": "’", "「": "」", "『": "』", "«": "»", "„": "“", "﹁": "﹂"}
_ROUND = {"(": ")", "（": "）"}
_OTHER = {"[": "]", "《": "》", "〈": "〉", "【": "】", "〔": "〕", "［": "］", "{": "}"}
_PAIRS = _QUOTES | _ROUND | _OTHER

_CLOSING_QUOTES = "”’」』\"'"
_STOPS = "。！？｡.!?…．"
_SPEECH_MARKS = frozenset("：:，,")  # before a quotation that is a sentence of its own
_LONGEST_PAIR = 400  # characters; sentences inside a longer quotation or remark are sentences
_DEEPEST = 8  # how far down a closing mark looks for its opening one

# What may not begin a sentence in Chinese: the sentence goes on.
_GOES_ON = frozenset("，、；：。！？,;:.!?)）]】》〉」』”’〕］»-–—…·•～~/／%％的地得等之及和与與或乃而并並")
_HAN = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"

_MARKS = {
    "zh": re.compile(r"[“”‘’「」『』（）()《》〈〉【】〔〕［］\[\]\"。！？｡!?….．\n]"),
    "en": re.compile(r"[“”‘’()\[\]«»\"!?….\n]"),
}
_RUN = re.compile(r"([。！？｡!?…]+|[.．]+[!?]*)(?:\[\d+\])*").match  # with the numbers of references behind
_AFTER_FULL_STOP = frozenset(
    "\"'”’」』）)]»"
)  # or white space, or the end: else it is inside of a number or name
_NEXT = re.compile(r"[\"'”’)\]»]*(\s*)[\"'“‘«(\[「『（《]*(\w)(?=(\w*)(\.?))")
_WORD_BACKWARDS = re.compile(r"[A-Za-zÀ-ɏ0-9.'’&-]*")
_IS_HAN = re.compile(f"[{_HAN}]").match
_ROMAN = re.compile(r"[IVXLC]+\Z").match
_DOTTED = re.compile(r"(?:[A-Za-z]{1,2}\.-?)+[A-Za-z]{1,2}\Z").match
_YEAR_IN_BRACKETS = re.compile(r" \([12]\d{3}\b")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Words:
    never_last: frozenset[str]
    before_number: frozenset[str]
    sometimes_last: frozenset[str]
    marked_names: frozenset[str]
    starters: frozenset[str]


@cache
def _words() -> _Words:
    raw = yaml.safe_load((files("kg2instruct.lang") / "data" / "sentence_words.yaml").read_text("utf-8"))
    return _Words(**{name: frozenset(words.split()) for name, words in raw.items()})


def sentence_spans(text: str, lang: Lang) -> list[tuple[int, int]]:
    """Return the sentences of `text` as spans that follow each other from 0 to its end.

    Closing quotes and brackets and the space behind a sentence belong to it. There is no border inside quotes
    or brackets, after abbreviations and initials, in numbers, or at a semicolon; a line break is one always.
    """
    if not text:
        return []
    spans: list[tuple[int, int]] = []
    start = end = 0
    for border in _borders(text, lang):
        if border < end:
            continue
        space = _SPACE.match(text, border)
        end = space.end() if space else border
        if start < end < len(text) and (start or not text[:end].isspace()):
            spans.append((start, end))
            start = end
    spans.append((start, len(text)))
    return spans


def _borders(text: str, lang: Lang) -> list[int]:
    """Positions right behind sentences, in rising order; some may be at the end of the text."""
    borders: list[int] = []
    pairs: list[tuple[str, int, int]] = []  # closing mark awaited, where it was opened, borders known then
    done = 0
    for token in _MARKS[lang].finditer(text):
        start, mark = token.start(), token.group()
        if start < done:
            continue
        if mark in _STOPS:
            run = _RUN(text, start)
            done = run.end() if run else start + 1
            if run and _stop_ends(text, run[1], start, done, borders[-1] if borders else 0):
                borders.append(done)
        elif mark in _PAIRS:
            pairs.append((_PAIRS[mark], start, len(borders)))
        elif mark == "\n":
            pairs.clear()
            borders.append(start + 1)
        elif not _close(text, start, mark, pairs, borders) and mark == '"':
            pairs.append((mark, start, len(borders)))
    return borders


def _close(text: str, at: int, mark: str, pairs: list[tuple[str, int, int]], borders: list[int]) -> bool:
    """Close the pair that awaits `mark`, forgetting the borders inside; false where none does."""
    for depth in range(1, min(len(pairs), _DEEPEST) + 1):
        awaited, opened, known = pairs[-depth]
        if awaited != mark:
            continue
        del pairs[-depth:]
        if at - opened <= _LONGEST_PAIR:
            del borders[known:]
            if _pair_ends(text, opened, at, borders):
                borders.append(at + 1)
            return True
        break
    if borders and borders[-1] == at:
        borders[-1] = at + 1
    return False


def _pair_ends(text: str, opened: int, at: int, borders: list[int]) -> bool:
    """Whether a sentence ends with the pair from `opened` to `at`: it does if it was a sentence itself."""
    last = at - 1
    while last > opened + 1 and text[last] in _CLOSING_QUOTES:
        last -= 1
    stop, opening = text[last], text[opened]
    if stop not in _STOPS or last == opened + 1 or opening in _OTHER:
        return False
    before = text[max(0, opened - 8) : opened].rstrip()
    if opening in _ROUND:
        own = not before or (bool(borders) and not text[borders[-1] : opened].strip())
    else:
        own = stop in "。｡.．" or before[-1:] in _SPEECH_MARKS or text[at + 1 : at + 2].isspace()
    follows = _latin_sentence_may_follow if stop in ".!?" else _sentence_may_follow
    return own and follows(text, at + 1)


def _stop_ends(text: str, run: str, start: int, end: int, begin: int) -> bool:
    """Whether the run of stops from `start` ends the sentence from `begin`, were it outside of all pairs."""
    stop, previous = run[0], text[start - 1 : start]
    if stop in "。｡":
        return True
    if stop in ".．" and end < len(text) and text[end] not in _AFTER_FULL_STOP and not text[end].isspace():
        return False
    if run == "…" and _IS_HAN(text[end : end + 1]):
        return False
    if stop in "！？" or _IS_HAN(previous):
        return _sentence_may_follow(text, end)
    if not _latin_sentence_may_follow(text, end):
        return False
    found = _WORD_BACKWARDS.match(text[max(0, start - 24) : start][::-1])
    word = found.group()[::-1] if found else ""
    if stop in "!?":
        if _YEAR_IN_BRACKETS.match(text, end):
            return False  # the title of a work: Horton Hears a Who! (2008)
        return word + run not in _words().marked_names or _starter_follows(text, end)
    if stop == "…" or len(run) > 1:
        return not previous.isspace()
    if word.isdigit() and len(word) < 4 and not text[begin : start - len(word)].strip():
        return False  # "1. Berlin": the number of a list item
    return not word or _full_stop_ends(text, word, end)


def _full_stop_ends(text: str, word: str, end: int) -> bool:
    words = _words()
    small = word if word.isupper() else word.lower()  # "Radialsystem V." is not "versus"
    if small in words.never_last:
        return False
    if small in words.before_number and _number_follows(text, end):
        return False
    if (len(word) == 1 and word.isalpha()) or small in words.sometimes_last or _DOTTED(word):
        return _starter_follows(text, end)
    return True


def _sentence_may_follow(text: str, at: int) -> bool:
    """Whether `at` is the end, or does not show that the sentence goes on: "Love Live！的"."""
    return at == len(text) or text[at] not in _GOES_ON


def _latin_sentence_may_follow(text: str, at: int) -> bool:
    """Whether `at` is the end, or followed by Chinese, or by a space and a capital or a number."""
    if text[at : at + 1] == " " and text[at + 1 : at + 2].isupper():
        return True  # so it is nearly always
    found = _NEXT.match(text, at)
    if found is None:
        return at == len(text) or text[at].isspace()
    space, first, rest, _ = found.groups()
    if _IS_HAN(first):
        return True
    return bool(space) and (not first.islower() or rest[:1].isupper())


def _number_follows(text: str, at: int) -> bool:
    found = _NEXT.match(text, at)
    return found is not None and (found[2].isdigit() or _ROMAN(found[2] + found[3]) is not None)


def _starter_follows(text: str, at: int) -> bool:
    """Whether the next word is one that begins sentences: "the U.S. He" against "the U.S. Senate"."""
    found = _NEXT.match(text, at)
    if found is None:
        return not text[at : at + 8].strip()
    return found[2] + found[3] in _words().starters and not found[4]
