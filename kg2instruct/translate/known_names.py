"""Names of a knowledge base as a glossary: what a text calls by a known name keeps its usual name in translation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg2instruct.lang.fold import fold
from kg2instruct.records import Lang
from kg2instruct.translate.glossary import Term
from kg2instruct.wikidata.store import Store

# A shorter name is too often a common word: of a Latin one more words than one, of a Chinese one characters.
_LEAST_WORDS, _LEAST_HAN = 2, 3


class KnownNames:
    """Finds names of one language in texts and gives their labels in the other."""

    def __init__(self, store: Store, source: Lang, to: Lang) -> None:
        self._store, self._source, self._to = store, source, to

    @classmethod
    def open(cls, folder: Path, source: Lang, to: Lang) -> KnownNames:
        """The names of a store on disk."""
        return cls(Store.open(folder), source, to)

    def __call__(self, text: str) -> Iterator[Term]:
        """The names in a text that are proper names beyond doubt, each with its label and its other names."""
        for start, end, name in self._store.dictionary(self._source).find(fold(text)):
            surface = text[start:end]
            if not self._is_name(text, start, end):
                continue
            labels = [c.qid for c in self._store.dictionary(self._source).candidates(name) if c.is_label]
            if len(labels) != 1:  # several entities go by this name, or none mainly does
                continue
            label = self._store.label(labels[0], self._to)
            if label and fold(label) != fold(surface):  # a name for all languages says nothing about this one
                yield Term(surface, label, self._store.names(labels[0], self._to))

    def _is_name(self, text: str, start: int, end: int) -> bool:
        surface = text[start:end]
        if self._source == "zh":
            return len(surface) >= _LEAST_HAN
        bordered = not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()
        words = surface.split()
        return bordered and len(words) >= _LEAST_WORDS and words[0][0].isupper() and words[-1][0].isupper()
