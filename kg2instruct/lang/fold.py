"""One key for all spellings of a name: `fold("馬克‧吐溫（Mark Twain）") == "马克·吐温(mark twain)"`.

Folding is done character by character and never changes the length, so an offset into the folded text
is an offset into the text. It is coarser than script conversion on purpose: 乾隆 and 干隆 have the same
key, whatever stands around them.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from kg2instruct.records import Lang

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Each row: what is written, and the one character it becomes. Corner brackets are the quotation marks of
# traditional texts. NFKC alone would leave these apart.
_ROWS = (
    ("·・‧•∙⋅･᛫．﹒․", "·"),
    ("-‐‑‒–—―−─⁃﹘﹣－", "-"),
    ("'’‘‚‛′`´＇ʼʻ『』﹃﹄", "'"),
    ('"“”„‟″＂「」﹁﹂｢｣', '"'),
    ("~～〜∼˜", "~"),
    ("İ", "i"),
)
# Other spellings of one character that OpenCC's table leaves alone.
_VARIANTS = dict(
    zip(
        "甚衆姪堦隄塚衞粧痺塩隣枱証妳鄕緖澁戸隷淸靑邨兎囯髙姸倂尙敍欵",
        "什众侄阶堤冢卫妆痹盐邻台证你乡绪涩户隶清青村兔国高妍并尚叙款",
        strict=True,
    )
)

# Where letters and symbols with a compatibility form or a lower case are; elsewhere there are none.
_LETTER_RANGES = (
    (0x0000, 0x3400),
    (0xA000, 0xAC00),
    (0xF900, 0x10000),
    (0x10400, 0x10600),
    (0x10C80, 0x10D00),
    (0x118A0, 0x118E0),
    (0x1D400, 0x1D800),
    (0x1E900, 0x1E960),
    (0x1F100, 0x1F300),
    (0x2F800, 0x2FA20),
)
_HAN_RANGES = ((0x2E80, 0x2FE0), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0))

_SHORT = 64  # characters; below it the call into numpy costs more than it saves


def fold(text: str) -> str:
    """Return `text` with each character in its simplified, half-width, lower-case form, as long as before.

    Middle dots, dashes, apostrophes and double quotes become one each; Latin diacritics are kept.
    `fold(fold(text))` is `fold(text)`.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    if len(text) < _SHORT:
        return text.translate(_short_table())
    return _as_text(fold_codes(text))


def fold_codes(text: str) -> NDArray[np.uint32]:
    """The code points of `fold(text)`."""
    return _translate(text, _code_table())


def fold_han(text: str) -> str:
    """Return `text` with each Chinese character in its simplified form; all else and the length stay."""
    return text if text.isascii() else _as_text(_translate(text, _han_table()))


def fold_all(texts: Sequence[str]) -> list[str]:
    """`fold` of each text; for the many short texts of a page several times as fast."""
    return _cut_as(texts, fold("\n".join(texts)))


def fold_han_all(texts: Sequence[str]) -> list[str]:
    """`fold_han` of each text; for the many short texts of a page several times as fast."""
    return _cut_as(texts, fold_han("\n".join(texts)))


def plain_all(texts: Sequence[str], lang: Lang) -> Sequence[str]:
    """Each text as the words of evidence are written, as long as before.

    Chinese: simplified characters. English: straight apostrophes.
    """
    return fold_han_all(texts) if lang == "zh" else [text.replace("’", "'") for text in texts]


def _cut_as(texts: Sequence[str], joined: str) -> list[str]:
    cut = []
    start = 0
    for text in texts:
        end = start + len(text)
        cut.append(joined[start:end])
        start = end + 1
    return cut


def _translate(text: str, table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    import numpy as np

    return table.take(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4"))


def _as_text(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


class _Identity(dict[int, int]):
    """A table that learns the characters that stay, for a failed look-up is slow in `str.translate`."""

    def __missing__(self, code: int) -> int:
        self[code] = code
        return code


@cache
def _short_table() -> _Identity:
    return _Identity(_changes())


@cache
def _code_table() -> NDArray[np.uint32]:
    return _table(_changes())


@cache
def _han_table() -> NDArray[np.uint32]:
    return _table(_simplified_forms())


def _table(changes: dict[int, int]) -> NDArray[np.uint32]:
    import numpy as np

    table = np.arange(sys.maxunicode + 1, dtype="<u4")
    table[list(changes)] = list(changes.values())
    return table


@cache
def _changes() -> dict[int, int]:
    """Code points that change and what they become in the end, where one folding follows another."""
    step = _compatibility_forms()
    han = _simplified_forms()
    for written, folded in _ROWS:
        step.update(dict.fromkeys(map(ord, written), ord(folded)))
    closed: dict[int, int] = {}
    for code in sorted(step.keys() | han.keys()):
        target, seen = code, {code}
        while (nxt := han.get(after := step.get(target, target), after)) not in seen:
            seen.add(nxt)
            target = nxt
        if target != code:
            closed[code] = target
    return closed


def _compatibility_forms() -> dict[int, int]:
    forms: dict[int, int] = {}
    for start, end in _LETTER_RANGES:
        for code in range(start, end):
            char = chr(code)
            wide = unicodedata.normalize("NFKC", char)
            plain = wide if len(wide) == 1 else char
            lower = plain.casefold()
            if len(lower) != 1:
                lower = plain.lower()
            folded = lower if len(lower) == 1 else plain
            if folded != char:
                forms[code] = ord(folded)
    return forms


@cache
def _simplified_forms() -> dict[int, int]:
    """Traditional and Japanese to simplified, by OpenCC's character tables and ours."""
    han = [chr(code) for start, end in _HAN_RANGES for code in range(start, end)]
    pairs = _converted(han, "t2s")
    pairs.update((a, b) for a, b in _converted(han, "jp2t").items() if a not in pairs and not _is_chinese(a))
    pairs.update(_VARIANTS)
    return {ord(a): ord(_last(b, pairs)) for a, b in pairs.items()}


def _last(char: str, pairs: dict[str, str]) -> str:
    """What a character becomes in the end; no two become each other."""
    while char in pairs:
        char = pairs[char]
    return char


def _converted(han: list[str], table: str) -> dict[str, str]:
    """The characters that one of OpenCC's tables changes, each on a line of its own."""
    from opencc import OpenCC

    converted = OpenCC(table).convert("\n".join(han)).split("\n")
    return {a: b for a, b in zip(han, converted, strict=True) if len(b) == 1 and a != b}


def _is_chinese(char: str) -> bool:
    """Whether a character is in use in simplified Chinese: 芸 and 弁 are other words there than in Japanese."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
