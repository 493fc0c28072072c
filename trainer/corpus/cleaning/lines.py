"""Lines that are no part of a text: menus, notices, what is repeated on every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from trainer.corpus.languages import load_data
from trainer.corpus.recipe import LineOptions

_MENU = {"zh": 40, "en": 100}  # characters; a longer line with a phrase of a menu is running text
_STOPS = tuple("。！？!?.…”」』\"'")
_ENDS = (*_STOPS, *"；;：:")


def clean_lines(text: str, lang: str, options: LineOptions) -> tuple[str, Counter[str]]:
    """Return the text without the lines that go, and how many went for which reason."""
    gone: Counter[str] = Counter()
    held = bool(options.boilerplate and _finder("menus", "notices")(text.lower()))
    lines = text.split("\n")
    again = options.repeated and len(set(lines)) < len(lines)
    if not (held or again or options.terminal or options.min_chars):
        return text, gone
    return "\n".join(_kept(lines, lang, options, gone)).strip(), gone


def _kept(lines: list[str], lang: str, options: LineOptions, gone: Counter[str]) -> Iterator[str]:
    seen: set[str] = set()
    menu = _MENU["zh" if lang == "zh" else "en"]
    for line in lines:
        reason = ""
        if line and not line.isspace():
            short = len(line) <= menu
            if options.boilerplate and short and _is_boilerplate(line):
                reason = "boilerplate"
            elif options.repeated and short and line in seen:
                reason = "repeated"
            elif options.terminal and not line.rstrip().endswith(_ENDS):
                reason = "no end of a sentence"
            elif options.min_chars and len("".join(line.split())) < options.min_chars:
                reason = "short"
            seen.add(line)
        if reason:
            gone[reason] += 1
        else:
            yield line


def _is_boilerplate(line: str) -> bool:
    """Whether a short line holds a phrase of menus; in a sentence only those of notices count."""
    kinds = ("notices",) if line.rstrip().endswith(_STOPS) else ("menus", "notices")
    return bool(_finder(*kinds)(line.lower()))


@cache
def _finder(*kinds: str) -> Any:
    """Finds phrases of these kinds, in lower case."""
    from daachorse import CharwiseDoubleArrayAhoCorasick

    table = load_data("boilerplate")
    phrases = {line for kind in kinds for lang in ("zh", "en") for line in table[kind][lang].split("\n")}
    return CharwiseDoubleArrayAhoCorasick(sorted(phrases - {""})).find
