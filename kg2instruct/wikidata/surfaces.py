"""Look-ups by folded form: names of a language with their candidates, and page titles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xxhash import xxh3_64_intdigest

from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.columns import Array
from kg2instruct.wikidata.records import Candidate

Column = Callable[[str], Array]


class Surfaces:
    """The distinct folded names of a language and the entities that have them."""

    def __init__(self, column: Column, lang: str) -> None:
        self._hash = column(f"surface_{lang}_hash")
        self._start = column(f"surface_{lang}_start")
        self._offset = column(f"surface_{lang}_offset")
        self._text = column(f"surface_{lang}_text")
        self._qid = column(f"candidate_{lang}_qid")
        self._label = column(f"candidate_{lang}_label")

    def find(self, surface: str) -> tuple[Candidate, ...]:
        """The candidates of a name in whatever script, width or case."""
        encoded = fold(surface).encode()
        digest = xxh3_64_intdigest(encoded)
        row = int(self._hash.searchsorted(np.uint64(digest)))
        while row < len(self._hash) and self._hash.item(row) == digest:
            a, b = self._offset[row : row + 2].tolist()
            if self._text[a:b].tobytes() == encoded:
                return self.candidates(row)
            row += 1
        return ()

    def text(self, row: int) -> str:
        """The folded name in that row."""
        a, b = self._offset[row : row + 2].tolist()
        return self._text[a:b].tobytes().decode()

    def candidates(self, row: int) -> tuple[Candidate, ...]:
        """The candidates of the folded name in that row, the best known first."""
        a, b = self._start[row : row + 2].tolist()
        return tuple(map(Candidate, self._qid[a:b].tolist(), self._label[a:b].astype(bool).tolist()))


class Titles:
    """The page titles of a wiki and their entities."""

    def __init__(self, column: Column, lang: str) -> None:
        self._hash = column(f"title_{lang}_hash")
        self._row = column(f"title_{lang}_row")
        self._entity = column(f"title_{lang}_entity")
        self._offset = column(f"title_{lang}_offset")
        self._text = column(f"title_{lang}_text")

    def find(self, title: str) -> int | None:
        """The entity of a page: by its exact title, else by the folded one when only one page has that."""
        title = " ".join(title.replace("_", " ").split())
        title = title[:1].upper() + title[1:]
        folded = fold(title)
        digest = xxh3_64_intdigest(folded.encode())
        at = int(self._hash.searchsorted(np.uint64(digest)))
        similar: set[int] = set()
        while at < len(self._hash) and self._hash.item(at) == digest:
            row = self._row.item(at)
            other = self._title(row)
            if other == title:
                return int(self._entity.item(row))
            if fold(other) == folded:
                similar.add(self._entity.item(row))
            at += 1
        return similar.pop() if len(similar) == 1 else None

    def of(self, qid: int) -> str | None:
        """The title of an entity's page."""
        row = int(self._entity.searchsorted(np.uint32(qid)))
        return self._title(row) if row < len(self._entity) and self._entity.item(row) == qid else None

    def _title(self, row: int) -> str:
        a, b = self._offset[row : row + 2].tolist()
        return self._text[a:b].tobytes().decode()
