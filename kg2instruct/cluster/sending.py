"""Files that the driver sends: put into Ray's object store once, in pieces, for all machines that ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg2instruct.cluster.copies import Listing
from kg2instruct.cluster.worker import Refs
from kg2instruct.errors import InputError

_PIECE_BYTES = 64 << 20


@dataclass(slots=True)
class Sending:
    """What has been sent so far; the store keeps it as long as this lives."""

    ray: Any
    _refs: dict[Path, Refs] = field(default_factory=dict)

    def refs(self, listed: Mapping[Path, Listing], missing: Sequence[Path]) -> dict[Path, Refs]:
        """References to the content of all `missing` paths."""
        for path in missing:
            if path not in self._refs:
                self._refs[path] = tuple((name, self._put(path / name)) for name, _, _ in listed[path])
        return {path: self._refs[path] for path in missing}

    def forget(self, paths: Iterable[Path]) -> None:
        """Let the object store drop what nobody will ask for again."""
        for path in paths:
            self._refs.pop(path, None)

    def _put(self, file: Path) -> tuple[Any, ...]:
        try:
            return tuple(map(self.ray.put, _pieces(file)))
        except OSError as error:
            raise InputError(f"{file}: {error.strerror or error}") from error


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(_PIECE_BYTES):
            yield piece
