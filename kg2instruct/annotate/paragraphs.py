"""The paragraphs of a plain text; those of a hard-wrapped one are put together again.

    Mr. Bingley had spent the winter in            Mr. Bingley had spent the winter in London, and was
    London, and was expected back.           ->    expected back.

A text is taken for wrapped where nearly every line break stands where the next word would not have fitted, and
most of them within a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

# Lines of a wrapped text are about as long as a page is wide; fewer breaks than these tell nothing.
_NARROWEST, _WIDEST = 30, 120
_FEWEST_BREAKS = 4
_FULL_SHARE, _SENTENCES_SHARE = 0.9, 0.34
# Of the lines so many may be wider than the rest: a table, an address.
_WIDER_SHARE = 0.02
_SLACK_ZH = 2  # marks that may not begin or end a line
_INDENTED = re.compile(r"\t|\u3000| {2}")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…][\"'”’」』）)]*$")
_BORDER_ZH = re.compile(r"[^\x00-\x7f]")


def paragraphs(text: str, lang: str) -> Iterator[str]:
    """The paragraphs of a text without space around them: its lines, or what its lines were wrapped from."""
    blocks = list(_blocks(text.splitlines()))
    wrapped = _is_wrapped(blocks, lang)
    for block in blocks:
        if wrapped:
            yield _joined(block, lang)
        else:
            yield from block


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Runs of lines without an empty one between; an indented line begins another."""
    block: list[str] = []
    for line in lines:
        stripped = line.strip()
        if block and (not stripped or _INDENTED.match(line)):
            yield block
            block = []
        if stripped:
            block.append(stripped)
    if block:
        yield block


def _is_wrapped(blocks: list[list[str]], lang: str) -> bool:
    pairs = [pair for block in blocks for pair in pairwise(block)]
    if len(pairs) < _FEWEST_BREAKS:
        return False
    lengths = sorted(len(line) for block in blocks if len(block) > 1 for line in block)
    width = lengths[int((1 - _WIDER_SHARE) * (len(lengths) - 1))]
    if not _NARROWEST <= width <= _WIDEST:
        return False
    full = sum(len(line) + _next_word(following, lang) > width for line, following in pairs)
    ends = sum(_SENTENCE_END.search(line) is not None for line, _ in pairs)
    return full >= _FULL_SHARE * len(pairs) and ends <= _SENTENCES_SHARE * len(pairs)


def _next_word(line: str, lang: str) -> int:
    """How much room a line's first word would have taken at the end of the line before."""
    if lang == "zh" and _BORDER_ZH.match(line):
        return 1 + _SLACK_ZH
    return 1 + len(line.split(maxsplit=1)[0])


def _joined(block: list[str], lang: str) -> str:
    text = block[0]
    for line in block[1:]:
        hyphen = text[-1] == "-" and text[-2:-1].isalpha()
        close = lang == "zh" and (_BORDER_ZH.match(line) or _BORDER_ZH.match(text[-1]))
        text += line if hyphen or close else f" {line}"
    return text
