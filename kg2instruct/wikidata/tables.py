"""Entities as columns: the form in which blocks are parsed, sorted, cut and merged.

A table has one row an entity (`id`, `revision`, `modified`, `popularity`, `named`) and three groups of things
that hang on the rows: claims, names and titles, those of row `i` from `*_start[i]` to `*_start[i + 1]`. The
value of a claim is an item or an index into the columns of its kind, in which values stand in the order of
the claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from kg2instruct.wikidata.columns import Array, runs, starts, take_texts
from kg2instruct.wikidata.packing import KIND_SHIFT, QUANTITY, TEXT, TIME

Table: TypeAlias = dict[str, Array]

ROW_COLUMNS = ("id", "revision", "modified", "popularity", "named")
GROUPS = {
    "claim": ("claim_key", "claim_value"),
    "name": ("name_mark", "name_hash"),
    "title": ("title_language", "title_hash"),
}
_WITH_TEXT = ("name", "title")
_KIND_COLUMNS = {TIME: ("time",), QUANTITY: ("amount", "unit"), TEXT: ()}
EVERY = tuple(GROUPS)


def kinds(table: Table) -> Array:
    """The kind of each claim's value."""
    found: Array = table["claim_key"] >> np.uint32(KIND_SHIFT) & np.uint32(3)
    return found


def owners(table: Table, group: str) -> Array:
    """The entity of each claim, name or title."""
    return np.repeat(table["id"], np.diff(table[f"{group}_start"]))


def newest(table: Table) -> Array:
    """Rows by entity, of each entity the newest; of equally new ones the later in the input."""
    number = table["id"]
    if bool(np.all(number[1:] > number[:-1])):
        return np.arange(len(number))
    order = np.lexsort((np.arange(len(number)), table["modified"], table["revision"], number))
    ordered = number[order]
    last: Array = np.append(ordered[1:] != ordered[:-1], True)
    return order[last]


def cut(table: Table, low: int, high: int, groups: Sequence[str] = EVERY) -> Table:
    """The rows of a sorted table with numbers from `low` to below `high`, with what hangs on them."""
    bounds = np.array([low, min(high, 0xFFFFFFFF)], np.uint32)
    a, b = np.searchsorted(table["id"], bounds).tolist()
    piece = {name: table[name][a:b] for name in ROW_COLUMNS}
    for group in groups:
        begin = table[f"{group}_start"][a : b + 1]
        c, d = int(begin[0]), int(begin[-1])
        piece[f"{group}_start"] = begin - c
        piece |= {name: table[name][c:d] for name in GROUPS[group]}
        if group in _WITH_TEXT:
            piece |= _cut_texts(table, group, c, d)
    if "claim" in groups:
        values = piece["claim_value"] = piece["claim_value"].copy()
        of_kind = kinds(piece)
        for kind, names in _KIND_COLUMNS.items():
            used = values[of_kind == kind]
            e, f = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
            values[of_kind == kind] -= np.uint32(e)
            piece |= {name: table[name][e:f] for name in names}
            if kind == TEXT:
                piece |= _cut_texts(table, "text", e, f)
    return piece


def _cut_texts(table: Table, name: str, a: int, b: int) -> Table:
    offsets = table[f"{name}_offset"][a : b + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    return {f"{name}_offset": offsets - first, f"{name}_text": table[f"{name}_text"][first:last]}


def concatenate(pieces: Sequence[Table]) -> Table:
    """The rows of several pieces, one after another; their claim values are changed in place."""
    if len(pieces) == 1:
        return pieces[0]
    bases = dict.fromkeys(_KIND_COLUMNS, 0)
    for piece in pieces if "claim_key" in pieces[0] else ():
        of_kind = kinds(piece)
        for kind, length in _lengths(piece).items():
            piece["claim_value"][of_kind == kind] += np.uint32(bases[kind])
            bases[kind] += length
    whole: Table = {}
    for name in pieces[0]:
        every = [piece[name] for piece in pieces]
        if name.endswith(("_offset", "_start")):
            whole[name] = starts(np.concatenate([np.diff(column) for column in every]))
        else:
            whole[name] = np.concatenate(every)
    return whole


def _lengths(table: Table) -> dict[int, int]:
    return {TIME: len(table["time"]), QUANTITY: len(table["amount"]), TEXT: len(table["text_offset"]) - 1}


def select(table: Table, rows: Array, groups: Sequence[str] = EVERY) -> Table:
    """Some rows, in the order given, with what hangs on them."""
    if len(rows) == len(table["id"]) and bool(np.all(rows == np.arange(len(rows)))):
        return table
    chosen = {name: table[name][rows] for name in ROW_COLUMNS}
    for group in groups:
        begin = table[f"{group}_start"]
        counts = np.diff(begin)[rows]
        members = runs(begin[:-1][rows], counts)
        chosen[f"{group}_start"] = starts(counts)
        chosen |= {name: table[name][members] for name in GROUPS[group]}
        if group in _WITH_TEXT:
            chosen |= _take(table, group, members)
    if "claim" in groups:
        of_kind, values = kinds(chosen), chosen["claim_value"]
        for kind, names in _KIND_COLUMNS.items():
            members = values[of_kind == kind]
            chosen |= {name: table[name][members] for name in names}
            if kind == TEXT:
                chosen |= _take(table, "text", members)
            values[of_kind == kind] = np.arange(len(members), dtype=np.uint32)
    return chosen


def _take(table: Table, name: str, rows: Array) -> Table:
    offsets, text = take_texts(table[f"{name}_offset"], table[f"{name}_text"], rows)
    return {f"{name}_offset": offsets, f"{name}_text": text}
