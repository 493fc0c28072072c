"""Where a mention stands in its text, for corpora that do not say or say it wrongly."""

from __future__ import annotations

from string import ascii_letters, digits

from kg2instruct.convert.report import NOT_THERE, WRONG_OFFSETS, Kind, Report

# A wrong offset is put right when the mention stands within so many characters of it.
NEARBY = 100
_WORD = frozenset(ascii_letters + digits)
_LAST_OF_WORD = max(_WORD)


def find(text: str, mention: str) -> int | None:
    """The first place where `mention` stands as a whole, else the first where it stands; None if nowhere.

    As a whole means that no Latin letter or digit goes on before or behind it: "art" is not in "party" while
    there is an "art" elsewhere.
    """
    if not mention:
        return None
    first = start = text.find(mention)
    if first < 0:
        return None
    if mention[0] > _LAST_OF_WORD and mention[-1] > _LAST_OF_WORD:  # nearly all Chinese ones
        return first
    while start >= 0:
        if is_whole(text, start, start + len(mention)):
            return start
        start = text.find(mention, start + 1)
    return first


def is_whole(text: str, start: int, end: int) -> bool:
    """True where no word goes on over the borders of `text[start:end]`."""
    return not (
        (start > 0 and _joins(text[start - 1], text[start]))
        or (end < len(text) and _joins(text[end - 1], text[end]))
    )


def _joins(left: str, right: str) -> bool:
    return left in _WORD and right in _WORD


def nearest(text: str, mention: str, start: int, within: int = NEARBY) -> int | None:
    """Where `mention` stands nearest to `start`, at most `within` characters off; None if nowhere."""
    if not mention:
        return None
    before = text.rfind(mention, max(0, start - within), max(0, start) + len(mention))
    behind = text.find(mention, max(0, start), max(0, start) + within + len(mention))
    places = [x for x in (before, behind) if x >= 0]
    return min(places, key=lambda place: (abs(place - start), place)) if places else None


def check(
    text: str, mention: str, start: int | None, where: object, kind: Kind, report: Report
) -> int | None:
    """The offset that a corpus gives, put right where `mention` stands only near it, None where it does not.

    Where the corpus gives none that can be read it is that of `find`. What was wrong is told as a `kind` mended, or
    kept without its place.
    """
    if start is not None and start >= 0 and mention and text.startswith(mention, start):
        return start
    found = find(text, mention) if start is None else nearest(text, mention, start)
    if found is None:
        report.unplaced(where, kind, f"{mention} at {start}", NOT_THERE)
    else:
        report.mend(where, kind, WRONG_OFFSETS, f"{mention} at {start}, now {found}")
    return found


def locate(text: str, mention: str, where: object, kind: Kind, report: Report) -> int | None:
    """`find`, for corpora without offsets; what stands nowhere is told as kept without its place."""
    found = find(text, mention)
    if found is None:
        report.unplaced(where, kind, mention)
    return found
