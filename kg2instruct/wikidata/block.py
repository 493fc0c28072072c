"""A block of lines to columns of names and claims: the unit of parallel and resumable work.

`parse_block(block, langs)` is pure: the same lines give the same columns, in whatever process.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from kg2instruct.wikidata.claims import ClaimColumns
from kg2instruct.wikidata.columns import Array
from kg2instruct.wikidata.entities import Entity, entity_decoder
from kg2instruct.wikidata.languages import languages
from kg2instruct.wikidata.lines import LineReader
from kg2instruct.wikidata.names import NameColumns
from kg2instruct.wikidata.tables import Table, newest, select

BLOCK_BYTES = 16 << 20

_MAX_LINKS = 0xFFFF
_MAX_REVISION = (1 << 63) - 1
_USUAL = b"0000-00-00T00:00:00Z"
_NOT_DIGITS = str.maketrans("", "", "+-:TZ")


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a dump file; `number` orders the blocks of a build.

    `asked` is the id that the file's name asks for, where it does: an answer with another id is a redirect.
    """

    number: int
    file: str
    data: bytes | bytearray
    asked: str = ""


@dataclass(slots=True)
class Part:
    """A parsed block: columns sorted by entity, counts, and problems as (line in the block, what)."""

    columns: Table
    counts: dict[str, int]
    lines: int
    problems: list[tuple[int, str]] = field(default_factory=list)


def parse_block(block: Block, langs: tuple[str, ...]) -> Part:
    """Parse the lines of a block; lines that cannot be read are counted and told, and never raise."""
    counts: Counter[str] = Counter()
    reader = LineReader(block.data, block.asked, entity_decoder(langs), counts)
    names, claims, rows = NameColumns(languages(langs)), ClaimColumns(counts), _RowColumns()
    for number, entity in reader.entities():
        rows.add(number, entity)
        names.add(entity, number)
        claims.add(entity, number)
    table = rows.columns() | claims.columns() | names.columns()
    table["named"] = (np.diff(table["name_start"]) > 0) | (np.diff(table["title_start"]) > 0)
    columns = select(table, newest(table)) | reader.redirects()
    return Part(columns, dict(sorted(counts.items())), reader.line, reader.problems)


class _RowColumns:
    """Numbers, ages and popularity of entities, as columns."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._revisions: list[int] = []
        self._modified: list[str] = []
        self._links: list[int] = []

    def add(self, number: int, entity: Entity) -> None:
        """Add the next entity."""
        self._numbers.append(number)
        self._revisions.append(entity.lastrevid)
        self._modified.append(entity.modified)
        self._links.append(max(len(entity.sitelinks or ()), entity.sitelink_count))

    def columns(self) -> dict[str, Array]:
        """The columns of all entities so far."""
        return {
            "id": np.array(self._numbers, np.uint32),
            "revision": _within(self._revisions, _MAX_REVISION).astype(np.uint64),
            "modified": _moments(self._modified),
            "popularity": _within(self._links, _MAX_LINKS).astype(np.uint16),
        }


def _within(numbers: list[int], limit: int) -> Array:
    try:
        return np.clip(np.array(numbers, np.int64), 0, limit)
    except OverflowError:
        return np.array([min(max(number, 0), limit) for number in numbers], np.int64)


def _moments(texts: list[str]) -> Array:
    """Moments as numbers, those that are written as usual all at once."""
    joined = "".join(texts)
    if len(joined) == len(_USUAL) * len(texts) and joined.isascii():
        letters = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), len(_USUAL))
        usual = np.frombuffer(_USUAL, np.uint8)
        digits = letters - np.uint8(ord("0"))
        is_digit = usual == ord("0")
        if (digits[:, is_digit] < 10).all() and (letters[:, ~is_digit] == usual[~is_digit]).all():
            powers = 10 ** np.arange(np.count_nonzero(is_digit) - 1, -1, -1, dtype=np.uint64)
            return digits[:, is_digit].astype(np.uint64) @ powers
    return np.array(list(map(_moment, texts)), np.uint64)


def _moment(text: str) -> int:
    """`2025-01-01T00:00:00Z` as 20250101000000; 0 for what is no such moment."""
    digits = text.translate(_NOT_DIGITS)
    return int(digits) if len(digits) == 14 and digits.isascii() and digits.isdecimal() else 0
