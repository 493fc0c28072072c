"""The look-up tables of the store: names and titles by folded form, and claims by object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kg2instruct.lang.fold import fold
from kg2instruct.wikidata.columns import (
    Array,
    ColumnWriter,
    char_offsets,
    char_starts,
    take_texts,
    unpack_texts,
)
from kg2instruct.wikidata.spill import Spill

_NAME = np.dtype([("hash", "<u8"), ("row", "<i8"), ("qid", "<u4"), ("popularity", "<u2"), ("label", "u1")])
_EDGE = np.dtype([("object", "<u4"), ("subject", "<u4"), ("property", "<u4")])


class NameIndex:
    """Collects the names of one language; each distinct folded form becomes a surface with its candidates.

    Columns: `surface_*_hash` (ascending), `_start` (of its candidates), `_offset` and `_text` (the folded
    form), `_popularity` (of its best candidate), `candidate_*_qid` and `_label`.
    """

    def __init__(self, lang: str, folder: Path, piece_bytes: int) -> None:
        self.lang = lang
        self._spill = Spill(
            folder / f"names.{lang}", _NAME, _name_order, key="hash", key_bits=64, piece_bytes=piece_bytes
        )

    def add(self, hashes: Array, rows: Array, qids: Array, popularity: Array, is_label: Array) -> None:
        """Take names by the hash of their folded form; `rows` are their places in the store."""
        records = np.empty(len(hashes), _NAME)
        for name, column in zip(_NAME.names or (), (hashes, rows, qids, popularity, is_label), strict=True):
            records[name] = column
        self._spill.add(records)

    def write(self, out: ColumnWriter) -> None:
        """Write the surfaces of all names taken."""
        surface, candidate = f"surface_{self.lang}", f"candidate_{self.lang}"
        names = out.read("name_offset"), out.read("name_text")
        out.write(f"{surface}_start", np.zeros(1, np.int64))
        out.write(f"{surface}_offset", np.zeros(1, np.int64))
        for records in self._spill.pieces():
            folded = fold_texts(*take_texts(*names, records["row"]))
            records, folded, first = _group(records, folded)
            base = out.length(f"{candidate}_qid")
            out.write(f"{surface}_hash", records["hash"][first])
            out.write(f"{surface}_popularity", records["popularity"][first])
            out.write(f"{surface}_start", np.append(first[1:], [len(records)])[: len(first)] + base)
            append_texts(out, surface, *take_texts(*folded, first))
            out.write(f"{candidate}_qid", np.ascontiguousarray(records["qid"]))
            out.write(f"{candidate}_label", np.ascontiguousarray(records["label"]))


def _name_order(records: Array) -> Array:
    return np.lexsort((records["row"], records["qid"], ~records["popularity"], records["hash"]))


def fold_texts(offsets: Array, text: Array) -> tuple[Array, Array]:
    """Fold many texts at once: folding keeps the number of characters, though not of bytes."""
    folded = np.frombuffer(fold(text.tobytes().decode()).encode(), np.uint8)
    return np.append(char_starts(folded), len(folded))[char_offsets(offsets, text)], folded


Texts = tuple[Array, Array]


def _group(records: Array, folded: Texts) -> tuple[Array, Texts, Array]:
    """Where each run of equal folded forms begins; forms that share a hash (hardly ever) are set apart."""
    changes = np.append(True, records["hash"][1:] != records["hash"][:-1])[: len(records)]
    repeats = np.flatnonzero(~changes)
    involved = np.unique(np.concatenate([repeats - 1, repeats]))
    forms = dict(zip(involved.tolist(), unpack_texts(*take_texts(*folded, involved)), strict=True))
    if all(forms[row] == forms[row - 1] for row in repeats.tolist()):
        return records, folded, np.flatnonzero(changes)
    hashes = records["hash"].tolist()
    order = np.array(sorted(range(len(records)), key=lambda row: (hashes[row], forms.get(row, ""))))
    forms = {new: forms[old] for new, old in enumerate(order.tolist()) if old in forms}
    for row in repeats.tolist():
        changes[row] = forms[row] != forms[row - 1]
    return records[order], take_texts(*folded, order), np.flatnonzero(changes)


class EdgeIndex:
    """Collects claims whose value is an item, to be found by that item.

    Columns: `incoming_object` (ascending), `_start`, `_subject`, `_property` (ascending within an object).
    """

    def __init__(self, folder: Path, piece_bytes: int) -> None:
        self._spill = Spill(
            folder / "edges", _EDGE, _edge_order, key="object", key_bits=31, piece_bytes=piece_bytes
        )

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
