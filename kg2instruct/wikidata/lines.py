"""The lines of a block as entities: array marks, answers of the API, redirects, lexemes and broken lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np

from kg2instruct.wikidata.columns import Array
from kg2instruct.wikidata.entities import Entity, EntityDecoder
from kg2instruct.wikidata.packing import PROPERTY_BIT, natural

MAX_PROBLEMS = 20
_MARKS = frozenset((b"", b"[", b"]", b"[]"))
_OTHER_TYPES = frozenset(("lexeme", "form", "sense", "mediainfo"))
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# What joined files and other writers leave around entities: byte order marks, NUL, commas in front.
_AROUND = ", \t\r\0\ufeff"


def entity_number(text: str) -> int:
    """`Q64` to 64, `P31` to 31 with the property bit; 0 for what is neither."""
    if not 0 < (number := natural(text[1:])) < PROPERTY_BIT:
        return 0
    if text[0] in "Qq":
        return number
    return number | PROPERTY_BIT if text[0] in "Pp" else 0


class LineReader:
    """Reads the lines of one block; `line` is how many it has read, `problems` what was wrong with some."""

    def __init__(
        self, data: bytes | bytearray, asked: str, decoder: EntityDecoder, counts: Counter[str]
    ) -> None:
        self.line = 0
        self.problems: list[tuple[int, str]] = []
        self._data, self._asked, self._decoder, self._counts = data, asked, decoder, counts
        self._redirects: list[tuple[int, int]] = []

    def entities(self) -> Iterator[tuple[int, Entity]]:
        """Items and properties with their numbers."""
        decode = self._decoder.decode
        for body in self._bodies():
            try:
                entity = decode(body)
            except _UNREADABLE as error:
                found = self._second_try(bytes(body).strip(_AROUND.encode()), error)
            else:
                found = iter((entity,)) if not entity.entities else self._answer(entity)
            for entity in found:
                number = self._number(entity)
                if number:
                    yield number, entity

    def _bodies(self) -> Iterator[memoryview]:
        """The lines without their ends and commas, but those that hold nothing else; not copied."""
        data, start = self._data, 0
        view = memoryview(data)
        while start < len(data):
            end = data.find(b"\n", start)
            end = stop = end if end >= 0 else len(data)
            while stop > start and data[stop - 1] in b", \r\t":
                stop -= 1
            self.line += 1
            body = view[start:stop]
            start = end + 1
            if len(body) > 2 or bytes(body) not in _MARKS:
                yield body

    def redirects(self) -> dict[str, Array]:
        """The redirects met so far, as columns."""
        pairs = np.array(self._redirects, np.uint32).reshape(-1, 2)
        return {
            "redirect_from": np.ascontiguousarray(pairs[:, 0]),
            "redirect_to": np.ascontiguousarray(pairs[:, 1]),
        }

    def _read(self, body: bytes) -> Iterator[Entity]:
        try:
            entity = self._decoder.decode(body)
        except _UNREADABLE as error:
            yield from self._second_try(body, error)
        else:
            yield from self._answer(entity) if entity.entities else (entity,)

    def _second_try(self, body: bytes, error: Exception) -> Iterator[Entity]:
        """Read what has array marks, several entities, or parts of another shape than usual."""
        if body.startswith(b"["):
            yield from self._array(body)
            return
        if body.endswith(b"]") and not isinstance(error, msgspec.ValidationError):
            body = body[:-1].rstrip().removesuffix(b",")
        try:
            entity, dropped = self._decoder.decode_tolerantly(body)
        except _UNREADABLE as second:
            yield from self._joined(body, second)
            return
        self._counts["tolerated_entities"] += 1
        self._counts["dropped_parts"] += dropped
        yield from self._answer(entity) if entity.entities else (entity,)

    def _joined(self, body: bytes, error: Exception) -> Iterator[Entity]:
        """Read several objects on one line: answers of the API have no line end, and are joined without one."""
        values = list(_split(body)) if body.startswith(b"{") else []
        if len(values) < 2:
            self._bad(error)
            return
        for value in values:
            yield from self._read(value)

    def _array(self, body: bytes) -> Iterator[Entity]:
        try:
            listed = msgspec.json.decode(body if body.endswith(b"]") else body + b"]", type=list[msgspec.Raw])
        except _UNREADABLE as error:
            self._bad(error)
            return
        for raw in map(bytes, listed):
            if raw.startswith(b"["):
                self._bad(ValueError("a list within a list"))
            else:
                yield from self._read(raw)

    def _answer(self, answer: Entity) -> Iterator[Entity]:
        """The entities of an answer of the API, `{"entities": {"Q64": {…}}}`."""
        try:
            found = msgspec.json.decode(answer.entities, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
        except _UNREADABLE as error:
            self._bad(error)
            return
        listed = list(found.items()) if isinstance(found, dict) else [("", raw) for raw in found]
        for key, raw in listed:
            for entity in self._read(bytes(raw)):
                self._redirect(key, entity.id)
                if len(listed) == 1:
                    self._redirect(self._asked, entity.id)
                yield entity

    def _number(self, entity: Entity) -> int:
        """The entity's number; 0 for a redirect, a lexeme and what is missing or has no id."""
        number = entity_number(entity.id)
        if entity.missing is not None:
            self._counts["missing"] += 1
            return 0
        if number:
            if isinstance(entity.redirects, dict):
                self._redirect(str(entity.redirects.get("from", "")), entity.id)
            self._counts["properties" if number & PROPERTY_BIT else "items"] += 1
        elif entity.entity and entity.redirect:
            self._redirect(entity.entity, entity.redirect)
        elif entity.type in _OTHER_TYPES or entity.id[:1] in ("L", "M"):
            self._counts["lexemes"] += 1
        else:
            self._counts["without_id"] += 1
        return number

    def _redirect(self, source: str, target: str) -> None:
        pair = entity_number(source), entity_number(target)
        if all(pair) and pair[0] != pair[1]:
            self._redirects.append(pair)
            self._counts["redirects"] += 1

    def _bad(self, error: Exception) -> None:
        self._counts["bad_lines"] += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append((self.line, f"not an entity: {error}"))


def _split(line: bytes) -> Iterator[bytes]:
    """The JSON values that stand one after another, the last one with all that is none."""
    text, scan = line.decode(errors="surrogateescape"), json.JSONDecoder().raw_decode
    start = 0
    while start < len(text):
        try:
            _, end = scan(text, start)
        except (ValueError, RecursionError):
            end = len(text)
        yield text[start:end].encode(errors="surrogateescape")
        while end < len(text) and text[end] in _AROUND:
            end += 1
        start = end
