"""The look-up tables of the store: names and titles by folded form, and claims by object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.columns import Array, ColumnWriter, pack_texts, starts, take_texts, unpack_texts
from kg2instruct.wikidata.packing import PROPERTY_BIT
from kg2instruct.wikidata.spill import Spill

_NAME = np.dtype([("hash", "<u8"), ("row", "<i8"), ("qid", "<u4"), ("popularity", "<u2"), ("label", "u1")])
_EDGE = np.dtype([("object", "<u4"), ("subject", "<u4"), ("property", "<u4")])


class NameIndex:
    """Collects the names of one language; each distinct folded form becomes a surface with its candidates.

    Columns: `surface_*_hash` (ascending), `_start` (of its candidates), `_offset` and `_text` (the folded
    form), `_popularity` (of its best candidate), `candidate_*_qid` and `_label`.
    """

    def __init__(self, lang: str, folder: Path) -> None:
        self.lang = lang
        self._spill = Spill(folder / f"names.{lang}", _NAME, _name_order, key="hash", key_bits=64)

    def add(self, hashes: Array, rows: Array, owners: Array, popularity: Array, is_label: Array) -> None:
        """Take names by the hash of their folded form; `rows` are their places in the store."""
        items = owners < PROPERTY_BIT
        records = np.empty(int(items.sum()), _NAME)
        columns = (hashes, rows, owners, popularity, is_label)
        for name, column in zip(_NAME.names or (), columns, strict=True):
            records[name] = column[items]
        self._spill.add(records)

    def write(self, out: ColumnWriter) -> None:
        """Write the surfaces of all names taken."""
        surface, candidate = f"surface_{self.lang}", f"candidate_{self.lang}"
        offsets, text = out.read("name_offset"), out.read("name_text")
        out.write(f"{surface}_start", np.zeros(1, np.int64))
        out.write(f"{surface}_offset", np.zeros(1, np.int64))
        for records in self._spill.pieces():
            taken = take_texts(offsets, text, records["row"])
            records, folded = _separate(records, _fold_all(unpack_texts(*taken)))
            first = _group_starts(records["hash"], folded)
            base = out.length(f"{candidate}_qid")
            out.write(f"{surface}_hash", records["hash"][first])
            out.write(f"{surface}_popularity", records["popularity"][first])
            out.write(f"{surface}_start", np.append(first[1:], [len(records)])[: len(first)] + base)
            append_texts(out, surface, *pack_texts(folded[row] for row in first.tolist()))
            out.write(f"{candidate}_qid", np.ascontiguousarray(records["qid"]))
            out.write(f"{candidate}_label", np.ascontiguousarray(records["label"]))


def _name_order(records: Array) -> Array:
    return np.lexsort((records["row"], records["qid"], ~records["popularity"], records["hash"]))


def _fold_all(texts: list[str]) -> list[str]:
    return fold("\0".join(texts)).split("\0") if texts else []


def _separate(records: Array, folded: list[str]) -> tuple[Array, list[str]]:
    """Where two folded forms share a hash (hardly ever), bring those of one form together."""
    hashes = records["hash"]
    same = np.flatnonzero(hashes[1:] == hashes[:-1]).tolist()
    if all(folded[row] == folded[row + 1] for row in same):
        return records, folded
    hashes = hashes.tolist()
    order = sorted(range(len(folded)), key=lambda row: (hashes[row], folded[row]))
    return records[order], [folded[row] for row in order]


def _group_starts(hashes: Array, folded: list[str]) -> Array:
    """Where each run of equal folded forms begins."""
    changes = np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)]
    for row in np.flatnonzero(~changes).tolist():
        changes[row] = folded[row] != folded[row - 1]
    return np.flatnonzero(changes)


class EdgeIndex:
    """Collects claims whose value is an item, to be found by that item.

    Columns: `incoming_object` (ascending), `_start`, `_subject`, `_property` (ascending within an object).
    """

    def __init__(self, folder: Path) -> None:
        self._spill = Spill(folder / "edges", _EDGE, _edge_order, key="object", key_bits=31)

    def add(self, objects: Array, subjects: Array, properties: Array) -> None:
        """Take claims."""
        records = np.empty(len(objects), _EDGE)
        records["object"], records["subject"], records["property"] = objects, subjects, properties
        self._spill.add(records)

    def write(self, out: ColumnWriter) -> None:
        """Write the claims taken, each once."""
        out.write("incoming_start", np.zeros(1, np.int64))
        for records in self._spill.pieces():
            different = np.append(True, records[1:] != records[:-1])[: len(records)]
            records = records[different]
            objects, first = np.unique(records["object"], return_index=True)
            base = out.length("incoming_subject")
            out.write("incoming_object", objects)
            out.write("incoming_start", np.append(first[1:], [len(records)])[: len(first)] + base)
            out.write("incoming_subject", np.ascontiguousarray(records["subject"]))
            out.write("incoming_property", np.ascontiguousarray(records["property"]))


def _edge_order(records: Array) -> Array:
    return np.lexsort((records["property"], records["subject"], records["object"]))


def write_title_index(out: ColumnWriter, lang: str, hashes: Iterator[Array] | list[Array]) -> None:
    """Write the order of titles by the hash of their folded form (`title_*_hash`, `title_*_row`)."""
    every = np.concatenate([np.empty(0, np.uint64), *hashes])
    order = np.argsort(every, kind="stable")
    out.write(f"title_{lang}_hash", every[order])
    out.write(f"title_{lang}_row", order.astype(np.uint32))


def append_texts(out: ColumnWriter, name: str, offsets: Array, text: Array) -> None:
    """Append texts to the columns `*_offset` (which begins with a 0) and `*_text`."""
    base = out.length(f"{name}_text")
    out.write(f"{name}_offset", offsets[1:] + base)
    out.write(f"{name}_text", text)


def append_starts(out: ColumnWriter, name: str, begins: Array, base: int) -> None:
    """Append where runs begin to a column that begins with a 0; `base` is what the runs before hold."""
    out.write(name, begins[1:] + base)


__all__ = ["EdgeIndex", "NameIndex", "append_starts", "append_texts", "starts", "write_title_index"]
