"""Parts that are too long for one call, in two halves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kg2instruct.translate.protect import Masked

_MARK = re.compile(r"⟦(\d+)⟧")
_LEAST = 80  # characters of a text that is still cut in two
# Where a text is cut, best first: between paragraphs, lines, sentences.
_BORDERS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?。！？])\s*"))


@dataclass(frozen=True, slots=True)
class Halves:
    """Two lots of parts; a part that was cut is in both, and stood with `joint` between its halves."""

    first: dict[str, Masked]
    second: dict[str, Masked]
    joint: str = ""


def halves(parts: Mapping[str, Masked]) -> Halves | None:
    """Two lots of about equal size: whole parts, or a single one cut; None where nothing can be cut."""
    if len(parts) > 1:
        names = list(parts)
        sizes = [len(parts[name].text) for name in names]
        cut = min(range(1, len(names)), key=lambda i: abs(sum(sizes[:i]) - sum(sizes[i:])))
        return Halves({n: parts[n] for n in names[:cut]}, {n: parts[n] for n in names[cut:]})
    for name, masked in parts.items():
        return _cut(name, masked)
    return None


def _cut(name: str, masked: Masked) -> Halves | None:
    text = masked.text
    if len(text) < _LEAST:
        return None
    for border in _BORDERS:
        places = [m for m in border.finditer(text) if m.start() > 0 and m.end() < len(text)]
        if not places:
            continue
        place = min(places, key=lambda m: abs(2 * m.start() - len(text)))
        first, second = text[: place.start()], text[place.end() :]
        if first.strip() and second.strip():
            count = len(_MARK.findall(first))
            return Halves(
                {name: Masked(first, masked.kept[:count], masked.first)},
                {name: Masked(second, masked.kept[count:], masked.first + count)},
                place[0],
            )
    return None
