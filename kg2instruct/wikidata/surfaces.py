"""Look-ups by folded form: names of a language with their candidates, and page titles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from xxhash import xxh3_64_intdigest

from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.columns import Array
from kg2instruct.wikidata.records import Candidate

Column = Callable[[str], Array]

# Single numbers come out of a memoryview in half the time that an array takes, and so does a search among them.


class Surfaces:
    """The distinct folded names of a language and the entities that have them."""

    def __init__(self, column: Column, lang: str) -> None:
        self._hash = column(f"surface_{lang}_hash").data
        self._start = column(f"surface_{lang}_start").data
        self._offset = column(f"surface_{lang}_offset").data
        self._text = column(f"surface_{lang}_text").data
        self._qid = column(f"candidate_{lang}_qid").data
        self._label = column(f"candidate_{lang}_label").data

    def find(self, surface: str) -> tuple[Candidate, ...]:
        """The candidates of a name in whatever script, width or case."""
        encoded = fold(surface).encode()
        digest = xxh3_64_intdigest(encoded)
        row = bisect_left(self._hash, digest)
        while row < len(self._hash) and self._hash[row] == digest:
            if self._text[self._offset[row] : self._offset[row + 1]] == encoded:
                return self.candidates(row)
            row += 1
        return ()

    def text(self, row: int) -> str:
        """The folded name in that row."""
        return str(self._text[self._offset[row] : self._offset[row + 1]], "utf-8")

    def candidates(self, row: int) -> tuple[Candidate, ...]:
        """The candidates of the folded name in that row, the best known first."""
        a, b = self._start[row], self._start[row + 1]
        return tuple(map(Candidate, self._qid[a:b], map(bool, self._label[a:b])))


class Titles:
    """The page titles of a wiki and their entities."""

    def __init__(self, column: Column, lang: str) -> None:
        self._hash = column(f"title_{lang}_hash").data
        self._row = column(f"title_{lang}_row").data
        self._entity = column(f"title_{lang}_entity").data
        self._offset = column(f"title_{lang}_offset").data
        self._text = column(f"title_{lang}_text").data

    def find(self, title: str) -> int | None:
        """The entity of a page: by its exact title, else by the folded one when only one page has that."""
        title = " ".join(title.replace("_", " ").split())
        title = title[:1].upper() + title[1:]
        folded = fold(title)
        digest = xxh3_64_intdigest(folded.encode())
        at = bisect_left(self._hash, digest)
        similar: set[int] = set()
        while at < len(self._hash) and self._hash[at] == digest:
            row = self._row[at]
            other = self._title(row)
            if other == title:
                return self._entity[row]
            if fold(other) == folded:
                similar.add(self._entity[row])
            at += 1
        return similar.pop() if len(similar) == 1 else None

    def of(self, qid: int) -> str | None:
        """The title of an entity's page."""
        row = bisect_left(self._entity, qid)
        return self._title(row) if row < len(self._entity) and self._entity[row] == qid else None

    def _title(self, row: int) -> str:
        return str(self._text[self._offset[row] : self._offset[row + 1]], "utf-8")
