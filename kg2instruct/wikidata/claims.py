"""Claims of entities as columns of numbers."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from kg2instruct.wikidata.columns import Array, pack_texts, starts
from kg2instruct.wikidata.entities import Entity, Statement, Value
from kg2instruct.wikidata.packing import (
    ENDED,
    INVERSE_PROPERTY,
    ITEM,
    KIND_SHIFT,
    PREFERRED,
    PROPERTY_BIT,
    PROPERTY_SHIFT,
    QUANTITY,
    TEXT,
    TIME,
    natural,
    pack_time,
)

# What is not here (identifiers, addresses, files, formulas, places on a globe) is not kept.
KINDS = {
    "wikibase-item": ITEM,
    "time": TIME,
    "quantity": QUANTITY,
    "monolingualtext": TEXT,
    "string": TEXT,
    "wikibase-property": -1,
    "": -1,
}
_MAX_PROPERTY = 1 << 32 - PROPERTY_SHIFT
# The pseudo-property under which the data type of a property is kept, as a text.
DATATYPE = 0


class ClaimColumns:
    """Collects the claims of one entity after another.

    The claims of an entity are two numbers each (see `packing`); times, amounts and texts go to tables of
    their own.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._per_entity: list[int] = []
        self._keys: list[int] = []
        self._values: list[int] = []
        self._times: list[int] = []
        self._amounts: list[float] = []
        self._units: list[int] = []
        self._texts: list[str] = []
        self._pids: dict[str, int] = {}
        self._unit_numbers: dict[str, int] = {"1": 0, "": 0}

    def add(self, entity: Entity, number: int) -> None:
        """Add the claims of the next entity; `number` says whether it is a property."""
        before = len(self._keys)
        if number & PROPERTY_BIT and entity.datatype:
            self._keys.append(DATATYPE << PROPERTY_SHIFT | TEXT << KIND_SHIFT)
            self._values.append(len(self._texts))
            self._texts.append("\t" + entity.datatype)
        claims = entity.claims if isinstance(entity.claims, dict) else {}
        for property_id, statements in claims.items():
            if not statements or (kind := KINDS.get(statements[0].mainsnak.datatype)) is None:
                continue
            pid = self._pids.get(property_id) or self._read_pid(property_id)
            if not pid:
                continue
            if kind == ITEM:
                self._add_items(pid << PROPERTY_SHIFT, statements)
            else:
                self._add_others(pid, kind, statements, bool(number & PROPERTY_BIT))
        self._per_entity.append(len(self._keys) - before)

    def _read_pid(self, property_id: str) -> int:
        """The number of `P31`; 0 for what is no property."""
        pid = natural(property_id[1:])
        self._pids[property_id] = pid = pid if pid < _MAX_PROPERTY else 0
        return pid

    def _add_items(self, key: int, statements: list[Statement]) -> None:
        """The hot path: most claims that are kept have an item as value."""
        for statement in statements:
            rank = statement.rank
            if rank == "deprecated":
                continue
            found = statement.mainsnak.datavalue
            if found is None:
                self._counts["without_value"] += 1
                continue
            value = found.value
            target = value.numeric_id if isinstance(value, Value) else 0
            if not 0 < target < PROPERTY_BIT:
                target = _item_number(value) if isinstance(value, Value) else 0
                if not target:
                    self._counts["dropped_parts"] += 1
                    continue
            plain = rank == "normal" and statement.qualifiers is None
            self._keys.append(key if plain else key | _flags(statement))
            self._values.append(target)

    def _add_others(self, pid: int, kind: int, statements: list[Statement], of_property: bool) -> None:
        for statement in statements:
            if statement.rank == "deprecated":
                continue
            found = statement.mainsnak.datavalue
            if found is None:
                self._counts["without_value"] += 1
                continue
            packed = self._pack(pid, kind, found.value, of_property)
            if packed is not None:
                self._keys.append(pid << PROPERTY_SHIFT | packed[0] << KIND_SHIFT | _flags(statement))
                self._values.append(packed[1])

    def _pack(self, pid: int, kind: int, value: Value | str, of_property: bool) -> tuple[int, int] | None:
        """Kind and number of a value; None for what is not kept."""
        if isinstance(value, str):
            if kind in (TEXT, -1):
                self._texts.append("\t" + value)
                return TEXT, len(self._texts) - 1
        elif value.time:
            packed = pack_time(value.time, int(value.precision or 0), value.calendarmodel)
            if packed is not None:
                self._times.append(packed)
                return TIME, len(self._times) - 1
        elif value.amount:
            return self._pack_quantity(value)
        elif value.text is not None:
            self._texts.append(f"{value.language}\t{value.text}")
            return TEXT, len(self._texts) - 1
        elif value.id[:1] == "P" or (kind == -1 and of_property and pid == INVERSE_PROPERTY):
            # The only value of this kind that is looked up; elsewhere a property is no entity to speak of.
            target = _item_number(value)
            return (
                (ITEM, target | PROPERTY_BIT) if of_property and pid == INVERSE_PROPERTY and target else None
            )
        elif (target := _item_number(value)) and value.id[:1] in ("", "Q"):
            return ITEM, target
        self._counts["dropped_parts"] += 1
        return None

    def _pack_quantity(self, value: Value) -> tuple[int, int] | None:
        unit = self._unit_numbers.get(value.unit)
        if unit is None:
            unit = natural(value.unit.rpartition("/Q")[2])
            self._unit_numbers[value.unit] = unit = unit if unit < PROPERTY_BIT else 0
        try:
            amount = float(value.amount)
        except ValueError:
            amount = math.nan
        if not math.isfinite(amount):
            self._counts["dropped_parts"] += 1
            return None
        self._amounts.append(amount)
        self._units.append(unit)
        return QUANTITY, len(self._amounts) - 1

    def columns(self) -> dict[str, Array]:
        """The columns of all claims so far."""
        offsets, texts = pack_texts(self._texts)
        return {
            "claim_start": starts(np.array(self._per_entity, np.int64)),
            "claim_key": np.array(self._keys, np.uint32),
            "claim_value": np.array(self._values, np.uint32),
            "time": np.array(self._times, np.int64),
            "amount": np.array(self._amounts, np.float64),
            "unit": np.array(self._units, np.uint32),
            "text_offset": offsets,
            "text_text": texts,
        }


def _item_number(value: Value) -> int:
    """The number of the entity that a value names; 0 where it names none."""
    number = value.numeric_id
    if number < 0:
        number = natural(value.id[1:])
    return number if number < PROPERTY_BIT else 0


def _flags(statement: Statement) -> int:
    flags = PREFERRED if statement.rank == "preferred" else 0
    qualifiers = statement.qualifiers
    if qualifiers and not isinstance(qualifiers, list) and _ends(bytes(qualifiers.P582)):
        flags |= ENDED
    return flags


def _ends(snaks: bytes) -> bool:
    """Whether end times, as JSON, say that something ended; "no value" says that it goes on."""
    return bool(snaks) and snaks.count(b'"novalue"') < max(1, snaks.count(b'"snaktype"'))
