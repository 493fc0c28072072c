"""The script of one page: its conversion rules, collected once and applied to each finished text."""

from __future__ import annotations

import re

from kg2instruct.wiki.braces import match_braces, split_arguments
from kg2instruct.wiki.rich import Rich, offsets_of, with_offsets

_NOTE_TA = re.compile(
    r"\{\{\s*(?:note[ _]?ta|noteta-?lite|公共转换组|公共轉換組)\s*(?=[|}\n])", re.IGNORECASE
)
_LONGEST_NOTE = 20_000  # characters


class PageScript:
    """Resolves variant markup of a page and converts its texts; does nothing without variants."""

    def __init__(self, lang: str, variant: str) -> None:
        self._rules = None
        if lang == "zh":
            from kg2instruct.wiki.variants import RuleTable

            self._rules = RuleTable(variant)

    @property
    def title(self) -> str | None:
        """The title that the page's own rules give it, `-{T|…}-` or `T=` of `{{NoteTA}}`; None without one."""
        return self._rules.title if self._rules is not None else None

    def resolve(self, text: str) -> str:
        """Collect the page's own rules, and replace each `-{…}-` by what the variant shows, protected."""
        if self._rules is None:
            return text
        from kg2instruct.wiki.variants import resolve

        for params in _notes(text):
            self._rules.add_note_ta(params)
        return resolve(text, self._rules) if "-{" in text else text

    def convert_all(self, texts: list[Rich]) -> list[Rich]:
        """The texts in the output variant, with their offsets; all in one call."""
        if self._rules is None or not texts:
            return texts
        from kg2instruct.wiki.variants import convert

        # Where each text begins and ends in the whole, and the offsets used in it.
        own = [offsets_of(rich) if rich.links or rich.bold else [] for rich in texts]
        offsets: list[int] = []
        start = 0
        for rich, old in zip(texts, own, strict=True):
            end = start + len(rich.text)
            offsets.append(start)
            if old:
                offsets += [start + offset for offset in old]
            offsets.append(end)
            start = end + 1
        text, moved = convert("\n".join([rich.text for rich in texts]), offsets, self._rules)
        out: list[Rich] = []
        index = 0
        same = moved == offsets
        for rich, old in zip(texts, own, strict=True):
            last = index + len(old) + 1
            start = moved[index]
            shown = text[start : moved[last]]
            if same or not old:
                out.append(Rich(shown, rich.links, rich.bold))
            else:
                new = [offset - start for offset in moved[index + 1 : last]]
                out.append(with_offsets(rich, shown, old, new))
            index = last + 1
        return out


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
