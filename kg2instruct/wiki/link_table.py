"""The finished table of redirects and link texts: packed sorted arrays, mapped into memory."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from kg2instruct.errors import InputError
from kg2instruct.lang.fold import fold

FORMAT = 1
CANDIDATES = 20
"""The most titles that are kept for a link text."""

# Array name to its type. Titles are sorted by their characters; an id is the place of a title among them.
ARRAYS: dict[str, type[np.generic[Any]]] = {
    "title_bytes": np.uint8,
    "title_starts": np.uint64,
    "title_leads_to": np.uint32,  # id to the id of the page it redirects to in the end, or to itself
    "hash_keys": np.uint64,
    "hash_ids": np.uint32,
    "fold_keys": np.uint64,
    "fold_ids": np.uint32,
    "anchor_keys": np.uint64,
    "anchor_starts": np.uint64,
    "anchor_ids": np.uint32,
    "anchor_counts": np.uint32,
}

_USUAL = re.compile(r"[A-Z][!-^`-~]*(?: [!-^`-~]+)*")
_SPACES = re.compile(r"[ _\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e]")


def normalize_title(title: str) -> str:
    """The title as MediaWiki stores it: single spaces, also for underscores, the first letter upper-case."""
    if _USUAL.fullmatch(title):
        return title
    if not title.isascii():
        title = _DIRECTIONS.sub("", title)
    title = _SPACES.sub(" ", title).strip()
    first = title[:1].upper()
    return first + title[1:] if len(first) == 1 else title


def name_key(text: str) -> int:
    """The 64-bit key of a title or link text as it is written."""
    key: int = xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
    return key


def fold_key(text: str) -> int:
    """The 64-bit key of a title or link text in all its spellings."""
    return name_key(fold(text))


class LinkTable:
    """Redirects and link texts of a dump. It may be shared by processes; look-ups take a few microseconds."""

    def __init__(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        self._arrays = arrays
        self._bytes = memoryview(np.ascontiguousarray(arrays["title_bytes"]))  # type: ignore[arg-type]
        self.resolve = lru_cache(maxsize=1 << 16)(self._resolve)
        self.commonness = lru_cache(maxsize=1 << 16)(self._commonness)

    @classmethod
    def open(cls, folder: Path) -> LinkTable:
        """Map the table in `folder`; InputError when there is none, or one of another version."""
        try:
            meta = msgspec.json.decode((folder / "links.json").read_bytes(), type=dict[str, int])
            if meta.get("format") != FORMAT:
                raise InputError(
                    f"{folder}: a link table of another version; delete the folder and run again"
                )
            return cls({name: _map(folder / f"{name}.bin", kind) for name, kind in ARRAYS.items()})
        except (OSError, msgspec.DecodeError) as error:
            raise InputError(f"{folder}: no whole link table: {error}") from error

    def __len__(self) -> int:
        """How many titles the table knows, of pages and of what they link to."""
        return len(self._arrays["title_leads_to"])

    def _resolve(self, title: str) -> str:
        """The title of the page that `title` means: through redirects, and in either script.

        An exact title goes before one that differs in script, case or width. An unknown title is normalised.
        """
        title = normalize_title(title)
        place = self._find("hash", name_key(title))
        if place is None or self._title(place) != title:
            place = self._find("fold", fold_key(title))
        return title if place is None else self._title(int(self._arrays["title_leads_to"][place]))

    def _commonness(self, surface: str) -> tuple[tuple[str, int], ...]:
        """The pages that links with this text lead to and how often, most common first, then by title."""
        arrays = self._arrays
        row = _search(arrays["anchor_keys"], fold_key(surface))
        if row is None:
            return ()
        start, end = (int(at) for at in arrays["anchor_starts"][row : row + 2])
        ids, counts = arrays["anchor_ids"][start:end], arrays["anchor_counts"][start:end]
        return tuple(
            (self._title(int(i)), int(c)) for i, c in zip(ids.tolist(), counts.tolist(), strict=True)
        )

    def _find(self, index: str, key: int) -> int | None:
        row = _search(self._arrays[f"{index}_keys"], key)
        return None if row is None else int(self._arrays[f"{index}_ids"][row])

    def _title(self, place: int) -> str:
        start, end = self._arrays["title_starts"][place : place + 2].tolist()
        return str(self._bytes[start:end], "utf-8")


def _search(keys: NDArray[np.generic], key: int) -> int | None:
    row = int(keys.searchsorted(np.uint64(key)))
    return row if row < len(keys) and int(keys[row]) == key else None


def _map(path: Path, kind: type[np.generic]) -> NDArray[np.generic]:
    if path.stat().st_size == 0:
        return np.empty(0, kind)
    # A plain array over the mapping: np.memmap itself makes every look-up three times as slow.
    return np.asarray(np.memmap(path, kind, "r"))
