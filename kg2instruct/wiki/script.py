"""The script of one page: its conversion rules, collected once and applied to each finished text."""

from __future__ import annotations

import re

from kg2instruct.wiki.braces import match_braces, split_arguments
from kg2instruct.wiki.cleanup import strip_marks
from kg2instruct.wiki.rich import Rich, offsets_of, with_offsets

_NOTE_TA = re.compile(r"\{\{\s*(?:note[ _]?ta|noteta-?lite|公共转换组|公共轉換組)\s*(?=[|}\n])", re.IGNORECASE)
_LONGEST_NOTE = 20_000  # characters


class PageScript:
    """Resolves variant markup of a page and converts its texts; does nothing for languages without variants."""

    def __init__(self, lang: str, variant: str) -> None:
        self._rules = None
        if lang == "zh":
            from kg2instruct.wiki.variants import RuleTable

            self._rules = RuleTable(variant)

    def resolve(self, text: str) -> str:
        """Collect the page's own rules, and replace each `-{…}-` by the protected text that the variant shows."""
        if self._rules is None:
            return text
        from kg2instruct.wiki.variants import resolve

        for params in _notes(text):
            self._rules.add_note_ta(params)
        return resolve(text, self._rules) if "-{" in text else text

    def convert(self, rich: Rich) -> Rich:
        """The text in the output variant, with its offsets."""
        if self._rules is None or rich.text.isascii():
            return rich
        from kg2instruct.wiki.variants import convert

        old = offsets_of(rich)
        text, new = convert(rich.text, old, self._rules)
        rich = with_offsets(rich, text, old, new)
        return rich


def _notes(text: str) -> list[dict[str, str]]:
    """Parameters of the NoteTA templates of a page."""
    notes: list[dict[str, str]] = []
    for found in _NOTE_TA.finditer(text):
        body = text[found.start() : found.start() + _LONGEST_NOTE]
        braces = match_braces(body)
        end = braces.end_of(0)
        if end is None:
            break
        params: dict[str, str] = {}
        for start, stop in split_arguments(body, found.end() - found.start(), end - 2, braces)[1:]:
            key, equals, value = body[start:stop].partition("=")
            if equals:
                params[key.strip()] = value.strip()
            else:
                params[str(len(params) + 1)] = body[start:stop].strip()
        notes.append(params)
    return notes
