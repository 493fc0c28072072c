"""A block of lines to columns of names and claims: the unit of parallel and resumable work.

`parse_block(block, langs)` is pure: the same lines give the same columns, in whatever process.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from xxhash import xxh3_64_intdigest

from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.claims import ClaimColumns
from kg2instruct.wikidata.columns import Array, pack_texts, starts
from kg2instruct.wikidata.entities import Entity, EntityDecoder, entity_decoder, field_name
from kg2instruct.wikidata.languages import Language, languages
from kg2instruct.wikidata.packing import PROPERTY_BIT

MAX_PROBLEMS = 20
_MAX_LINKS = 0xFFFF


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a dump file; `number` orders the blocks of a build, `line` is the first line's number.

    `asked` is the id that the file's name asks for, where it does: an answer with another id is a redirect.
    """

    number: int
    file: str
    line: int
    data: bytes
    asked: str = ""


@dataclass(slots=True)
class Part:
    """A parsed block: columns sorted by entity, counts, and the first problems as `file:line: what`."""

    columns: dict[str, Array]
    counts: dict[str, int]
    problems: list[str] = field(default_factory=list)


def entity_number(text: str) -> int:
    """`Q64` to 64, `P31` to 31 with the property bit; 0 for what is neither."""
    digits = text[1:]
    if not (digits.isascii() and digits.isdecimal()) or not 0 < (number := int(digits)) < PROPERTY_BIT:
        return 0
    if text[0] in "Qq":
        return number
    return number | PROPERTY_BIT if text[0] in "Pp" else 0


def parse_block(block: Block, langs: tuple[str, ...]) -> Part:
    """Parse the lines of a block; lines that cannot be read are counted and told, and never raise."""
    reader = _LineReader(block, entity_decoder(langs))
    rows = _newest(reader.rows())
    names = _Names(languages(langs))
    claims = ClaimColumns(reader.counts)
    for number, *_, entity in rows:
        names.add(entity)
        claims.add(entity, number)
    columns: dict[str, Array] = {
        "id": np.array([row[0] for row in rows], np.uint32),
        "revision": np.array([row[1] for row in rows], np.uint64),
        "modified": np.array([row[2] for row in rows], np.uint64),
        "popularity": np.array([min(len(row[-1].sitelinks or ()), _MAX_LINKS) for row in rows], np.uint16),
        "redirect_from": np.array([pair[0] for pair in reader.redirects], np.uint32),
        "redirect_to": np.array([pair[1] for pair in reader.redirects], np.uint32),
    }
    columns |= claims.columns() | names.columns()
    return Part(columns, dict(sorted(reader.counts.items())), reader.problems)


_Row = tuple[int, int, int, int, Entity]


def _newest(rows: Iterable[_Row]) -> list[_Row]:
    """Rows by entity, of each the newest: by revision, then time of change, then place in the input."""
    return list({row[0]: row for row in sorted(rows, key=lambda row: row[:4])}.values())


class _LineReader:
    """Turns the lines of one block into rows of entities."""

    def __init__(self, block: Block, decoder: EntityDecoder) -> None:
        self.block = block
        self.decoder = decoder
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.redirects: list[tuple[int, int]] = []

    def rows(self) -> Iterator[_Row]:
        order = 0
        for offset, line in enumerate(io.BytesIO(self.block.data)):
            line = line.strip()
            if len(line) <= 2 and line in (b"", b"[", b"]", b"],", b",", b"[]"):
                continue
            for entity in self._entities(line.removesuffix(b","), self.block.line + offset):
                number = self._number(entity)
                if number:
                    order += 1
                    yield number, *_age(entity), order, entity

    def _entities(self, line: bytes, at: int) -> Iterator[Entity]:
        try:
            entity = self.decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield from self._second_try(line, at, error)
        else:
            yield from self._answer(entity, at) if entity.entities else (entity,)

    def _second_try(self, line: bytes, at: int, error: Exception) -> Iterator[Entity]:
        """Read a line with array marks, several entities, or parts of another shape."""
        if line.startswith(b"["):
            yield from self._array(line, at)
            return
        if line.endswith(b"]") and not isinstance(error, msgspec.ValidationError):
            line = line[:-1].rstrip().removesuffix(b",")
        try:
            entity, dropped = self.decoder.decode_tolerantly(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as second:
            self._bad(at, second)
            return
        self.counts["tolerated_entities"] += 1
        self.counts["dropped_parts"] += dropped
        yield from self._answer(entity, at) if entity.entities else (entity,)

    def _array(self, line: bytes, at: int) -> Iterator[Entity]:
        try:
            listed = msgspec.json.decode(line if line.endswith(b"]") else line + b"]", type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._bad(at, error)
            return
        for raw in listed:
            if bytes(raw)[:1] == b"[":
                self._bad(at, ValueError("a list within a list"))
                continue
            yield from self._entities(bytes(raw), at)

    def _answer(self, answer: Entity, at: int) -> Iterator[Entity]:
        """The entities of an answer of the API, `{"entities": {"Q64": {…}}}`."""
        try:
            found = msgspec.json.decode(answer.entities, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
        except msgspec.DecodeError as error:
            self._bad(at, error)
            return
        asked = list(found.items()) if isinstance(found, dict) else [("", raw) for raw in found]
        for key, raw in asked:
            for entity in self._entities(bytes(raw), at):
                self._redirect(key, entity.id)
                if len(asked) == 1:
                    self._redirect(self.block.asked, entity.id)
                yield entity

    def _number(self, entity: Entity) -> int:
        """The entity's number; 0 for a redirect, a lexeme and what has no id."""
        if entity.entity and entity.redirect:
            self._redirect(entity.entity, entity.redirect)
            return 0
        if entity.id[:1] == "L" or entity.type in ("lexeme", "mediainfo", "form", "sense"):
            self.counts["lexemes"] += 1
            return 0
        number = entity_number(entity.id)
        if not number:
            self.counts["without_id"] += 1
            return 0
        if isinstance(entity.redirects, dict):
            self._redirect(str(entity.redirects.get("from", "")), entity.id)
        self.counts["properties" if number & PROPERTY_BIT else "items"] += 1
        return number

    def _redirect(self, source: str, target: str) -> None:
        pair = entity_number(source), entity_number(target)
        if all(pair) and pair[0] != pair[1]:
            self.redirects.append(pair)
            self.counts["redirects"] += 1

    def _bad(self, at: int, error: Exception) -> None:
        self.counts["bad_lines"] += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(f"{self.block.file}:{at}: not an entity: {error}")


def _age(entity: Entity) -> tuple[int, int]:
    """Revision and time of the last change, as numbers that grow."""
    digits = "".join(filter(str.isdecimal, entity.modified))[:14] if entity.modified else ""
    return min(max(entity.lastrevid, 0), (1 << 63) - 1), int(digits or 0) if digits.isascii() else 0


class _Names:
    """Names and page titles of entities, as columns."""

    def __init__(self, langs: tuple[Language, ...]) -> None:
        self._sites = [(number, lang.site) for number, lang in enumerate(langs)]
        self._getters: list[tuple[int, Any]] = []
        for number, lang in enumerate(langs):
            fields = [field_name(code) for code in lang.labels]
            # attrgetter gives a tuple only for two names or more.
            self._getters.append((number, attrgetter(*fields, fields[0])))
        self.names: list[str] = []
        self.languages: list[int] = []
        self.counts: list[int] = []
        self.titles: list[str] = []
        self.title_languages: list[int] = []
        self.title_counts: list[int] = []

    def add(self, entity: Entity) -> None:
        """Add the names and titles of the next entity: of each language the label, other labels, aliases."""
        before = len(self.names)
        labels, aliases = entity.labels, entity.aliases
        for number, getter in self._getters:
            seen: set[str] = set()
            if labels and not isinstance(labels, list):
                for term in getter(labels):
                    if term is not None and term.for_language is None:
                        self._name(term.value, number << 1 | 1, seen)
            if aliases and not isinstance(aliases, list):
                for terms in getter(aliases):
                    for term in terms or ():
                        self._name(term.value, number << 1, seen)
        self.counts.append(len(self.names) - before)
        links = entity.sitelinks
        before = len(self.titles)
        if links and not isinstance(links, list):
            for number, site in self._sites:
                if site in links:
                    self.titles.append(" ".join(links[site].title.replace("_", " ").split()))
                    self.title_languages.append(number)
        self.title_counts.append(len(self.titles) - before)

    def _name(self, value: str, language: int, seen: set[str]) -> None:
        if value in seen:
            return
        seen.add(value)
        name = " ".join(value.split())
        if name:
            self.names.append(name)
            self.languages.append(language)

    def columns(self) -> dict[str, Array]:
        """Names once per entity, language and folded form; titles; each with the hash of its folded form."""
        hashes = _hashes(self.names)
        owners = np.repeat(np.arange(len(self.counts), dtype=np.uint64), self.counts)
        marks = np.array(self.languages, np.uint8)
        keep = _first_of_each(hashes, owners, marks >> 1)
        counts = np.bincount(owners[keep].astype(np.int64), minlength=len(self.counts))
        offsets, data = pack_texts(self.names[row] for row in keep.tolist())
        title_offsets, title_data = pack_texts(self.titles)
        return {
            "name_start": starts(counts),
            "name_mark": marks[keep],
            "name_hash": hashes[keep],
            "name_offset": offsets,
            "name_text": data,
            "title_start": starts(np.array(self.title_counts, np.int64)),
            "title_language": np.array(self.title_languages, np.uint8),
            "title_hash": _hashes(self.titles),
            "title_offset": title_offsets,
            "title_text": title_data,
        }


def _hashes(texts: list[str]) -> Array:
    """The hash of each text's folded form."""
    if not texts:
        return np.empty(0, np.uint64)
    folded = fold("\0".join(texts)).encode().split(b"\0")
    if len(folded) != len(texts):
        folded = [fold(text.replace("\0", " ")).encode() for text in texts]
    return np.array([xxh3_64_intdigest(text) for text in folded], np.uint64)


def _first_of_each(hashes: Array, owners: Array, langs: Array) -> Array:
    """The rows, in order, that are the first with their hash, owner and language."""
    mixed = hashes ^ (owners * np.uint64(0x9E3779B97F4A7C15) + langs * np.uint64(0xC2B2AE3D27D4EB4F))
    _, first = np.unique(mixed, return_index=True)
    return np.sort(first)
