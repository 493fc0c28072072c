"""A read-only mapping of names to things, whose failed look-up helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from kg2instruct.errors import UnknownName

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Names of one kind: `Registry("output format", {"json": JSON})["jsn"]` says "did you mean 'json'?"."""

    def __init__(self, kind: str, entries: Mapping[str, T]) -> None:
        self.kind = kind
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownName(self.kind, name, self._entries) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
