"""All names of a language in one automaton, to be found in running text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kg2instruct.wikidata.columns import Array, ColumnWriter, char_offsets, take_texts, unpack_texts

if TYPE_CHECKING:
    from daachorse import CharwiseDoubleArrayAhoCorasick

    from kg2instruct.wikidata.records import Candidate
    from kg2instruct.wikidata.surfaces import Surfaces

MIN_NAME = 2
# The automaton takes about 150 bytes a name in every process that is not forked.
MAX_NAMES = 5_500_000


def write_dictionary(out: ColumnWriter, lang: str) -> None:
    """Build the automaton over the surfaces of a language, of the best known where there are too many."""
    from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

    surface = f"surface_{lang}"
    offsets, text = out.read(f"{surface}_offset"), out.read(f"{surface}_text")
    rows = np.flatnonzero(np.diff(char_offsets(offsets, text)) >= MIN_NAME)
    if len(rows) > MAX_NAMES:
        best = np.lexsort((rows, ~out.read(f"{surface}_popularity")[rows]))[:MAX_NAMES]
        rows = np.sort(rows[best])
    names = unpack_texts(*take_texts(offsets, text, rows))
    data = b""
    if names:
        automaton = CharwiseDoubleArrayAhoCorasick(names, MATCH_KIND_LEFTMOST_LONGEST)
        data = automaton.serialize()
    out.write(f"dictionary_{lang}_surface", rows.astype(np.uint32))
    out.write(f"dictionary_{lang}_automaton", np.frombuffer(data, np.uint8))


class NameDictionary:
    """Finds the names of a language in folded text."""

    def __init__(self, automaton: Array, rows: Array, surfaces: Surfaces) -> None:
        self._data, self._rows, self._surfaces = automaton, rows, surfaces
        self._automaton: CharwiseDoubleArrayAhoCorasick | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, folded_text: str) -> Sequence[tuple[int, int, int]]:
        """Leftmost-longest names that do not overlap, as (start, end, name id); character offsets.

        Of the names, those of two characters and more are known; borders of words are not looked at.
        """
        if self._automaton is None:
            if not len(self._rows):
                return []
            self._automaton = self._load()
        found: list[tuple[int, int, int]] = self._automaton.find(folded_text)
        return found

    def load(self) -> None:
        """Load the automaton now, so that processes forked later share it."""
        if self._automaton is None and len(self._rows):
            self._automaton = self._load()

    def _load(self) -> CharwiseDoubleArrayAhoCorasick:
        from daachorse import CharwiseDoubleArrayAhoCorasick

        return CharwiseDoubleArrayAhoCorasick.deserialize(self._data.tobytes())

    def name(self, name_id: int) -> str:
        """The folded name."""
        return self._surfaces.text(int(self._rows[name_id]))

    def candidates(self, name_id: int) -> tuple[Candidate, ...]:
        """The entities with that name, the best known first."""
        return self._surfaces.candidates(int(self._rows[name_id]))
