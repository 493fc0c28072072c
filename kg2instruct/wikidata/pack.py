"""Merged entities to the columns of a store folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from kg2instruct.wikidata.columns import Array, ColumnWriter, take_texts
from kg2instruct.wikidata.dictionary import write_dictionary
from kg2instruct.wikidata.index import EdgeIndex, NameIndex, append_texts, write_title_index
from kg2instruct.wikidata.merge import RANGE_BYTES, Merger, referenced
from kg2instruct.wikidata.packing import ITEM, PROPERTY_BIT, PROPERTY_SHIFT, QUANTITY, TEXT, TIME
from kg2instruct.wikidata.spill import PIECE_BYTES
from kg2instruct.wikidata.tables import Table, kinds, owners

_KIND_COLUMNS = {TIME: "time", QUANTITY: "amount", TEXT: "text_offset"}


def pack_store(
    parts: Sequence[Path],
    folder: Path,
    langs: tuple[str, ...],
    *,
    workers: int = 1,
    keep_all: bool = False,
    tell: Callable[[str], None] = lambda _step: None,
    range_bytes: int = RANGE_BYTES,
    piece_bytes: int = PIECE_BYTES,
) -> tuple[dict[str, tuple[str, int]], dict[str, Any]]:
    """Write the columns of a store to `folder`; return their layout and what they hold, in numbers.

    Memory is bounded by some multiples of `range_bytes` and `piece_bytes`, which change nothing else.
    """
    merger = Merger(parts, range_bytes=range_bytes)
    keep = None
    if not keep_all:
        tell("choosing entities")
        keep = referenced(merger)
    packer = _Packer(folder, langs, piece_bytes)
    tell("merging")
    for table in merger.ranges(keep):
        packer.add(table)
    source, target = merger.redirects
    packer.out.write("redirect_from", source)
    packer.out.write("redirect_to", target)
    tell("indexing")
    packer.write_indexes(workers)
    return dict(sorted(packer.out.layout.items())), packer.counts()


class _Packer:
    """Appends ranges of entities to the store, and builds what can only be built from all of them."""

    def __init__(self, folder: Path, langs: tuple[str, ...], piece_bytes: int) -> None:
        self.out = ColumnWriter(folder)
        self._langs = langs
        self._names = [NameIndex(lang, folder, piece_bytes) for lang in langs]
        self._edges = EdgeIndex(folder, piece_bytes)
        self._title_hashes: list[list[Array]] = [[] for _ in langs]
        self._properties = 0
        self._claims = np.zeros(4, np.int64)
        titles = [f"title_{lang}_offset" for lang in langs]
        for name in ("claim_start", "name_start", "name_offset", "text_offset", *titles):
            self.out.write(name, np.zeros(1, np.int64))

    def add(self, table: Table) -> None:
        """Append the entities of the next range."""
        self._add_claims(table)
        self._add_names(table)
        self._add_titles(table)
        self._properties += int((table["id"] >= PROPERTY_BIT).sum())
        self.out.write("entity_id", table["id"])
        self.out.write("entity_popularity", table["popularity"])

    def _add_claims(self, table: Table) -> None:
        out, of_kind, values = self.out, kinds(table), table["claim_value"]
        self._claims += np.bincount(of_kind, minlength=4)
        subjects = owners(table, "claim")
        edges = (of_kind == ITEM) & (subjects < PROPERTY_BIT)
        properties = table["claim_key"][edges] >> np.uint32(PROPERTY_SHIFT)
        self._edges.add(values[edges], subjects[edges], properties)
        for kind, column in _KIND_COLUMNS.items():
            values[of_kind == kind] += np.uint32(out.length(column) - (kind == TEXT))
        out.write("claim_start", table["claim_start"][1:] + out.length("claim_key"))
        for name in ("claim_key", "claim_value", "time", "amount", "unit"):
            out.write(name, table[name])
        append_texts(out, "text", table["text_offset"], table["text_text"])

    def _add_names(self, table: Table) -> None:
        out, marks = self.out, table["name_mark"]
        base = out.length("name_mark")
        named = owners(table, "name")
        popularity = np.repeat(table["popularity"], np.diff(table["name_start"]))
        rows = np.arange(base, base + len(marks), dtype=np.int64)
        for number, index in enumerate(self._names):
            mine = (marks >> 1 == number) & (named < PROPERTY_BIT)
            index.add(table["name_hash"][mine], rows[mine], named[mine], popularity[mine], marks[mine] & 1)
        out.write("name_start", table["name_start"][1:] + base)
        out.write("name_mark", marks)
        append_texts(out, "name", table["name_offset"], table["name_text"])

    def _add_titles(self, table: Table) -> None:
        titled = owners(table, "title")
        for number, lang in enumerate(self._langs):
            mine = np.flatnonzero(table["title_language"] == number)
            self._title_hashes[number].append(table["title_hash"][mine])
            self.out.write(f"title_{lang}_entity", titled[mine])
            texts = take_texts(table["title_offset"], table["title_text"], mine)
            append_texts(self.out, f"title_{lang}", *texts)

    def write_indexes(self, workers: int) -> None:
        """Write what is looked up by name, by title and by object, in several threads if asked."""
        with ThreadPoolExecutor(max(1, workers)) as pool:
            running = [pool.submit(self._write_language, number) for number in range(len(self._langs))]
            running.append(pool.submit(self._edges.write, self.out))
            for task in running:
                task.result()

    def _write_language(self, number: int) -> None:
        lang = self._langs[number]
        write_title_index(self.out, lang, self._title_hashes[number])
        self._names[number].write(self.out)
        write_dictionary(self.out, lang)

    def counts(self) -> dict[str, Any]:
        """What the store holds, in numbers."""
        out, langs = self.out, self._langs
        kinds = ("item_claims", "time_claims", "quantity_claims", "text_claims")
        claims: dict[str, Any] = dict(zip(kinds, self._claims.tolist(), strict=True))
        return {
            "items": out.length("entity_id") - self._properties,
            "properties": self._properties,
            "claims": out.length("claim_key"),
            **claims,
            "names": {lang: out.length(f"candidate_{lang}_qid") for lang in langs},
            "surfaces": {lang: out.length(f"surface_{lang}_hash") for lang in langs},
            "titles": {lang: out.length(f"title_{lang}_hash") for lang in langs},
            "redirects": out.length("redirect_from"),
        }
