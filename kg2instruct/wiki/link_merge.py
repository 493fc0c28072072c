"""Counts of all units to one table: sorted outside of memory by DuckDB, packed by numpy.

A part is a Parquet file of rows (title, hash, fold, page, redirect, anchor, count): one for each title with
`count` 0, and one for each pair of link text and title.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kg2instruct.errors import OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.wiki.link_counts import LinkCounts
from kg2instruct.wiki.link_table import ARRAYS, CANDIDATES, FORMAT, fold_key, name_key

_SCHEMA = pa.schema(
    [
        ("title", pa.string()),
        ("hash", pa.uint64()),
        ("fold", pa.uint64()),
        ("page", pa.bool_()),
        ("redirect", pa.uint64()),  # hash of the title that the page leads to, or 0
        ("anchor", pa.uint64()),
        ("count", pa.uint32()),
    ]
)
_HOPS = 6  # of a redirect; a longer chain, or a loop, leads nowhere
_BATCH = 1 << 18
_NONE = np.iinfo(np.int64).max

_NAMES = """
    SELECT title, min(hash) AS hash, min(fold) AS fold, bool_or(page) AS page,
           CASE WHEN bool_or(page AND redirect = 0) THEN 0 ELSE max(redirect) END AS redirect
    FROM parts WHERE count = 0 GROUP BY title ORDER BY title
"""
_LINKS = """
    SELECT anchor, id, sum(count) AS count
    FROM parts JOIN ends USING (hash) WHERE count > 0
    GROUP BY anchor, id ORDER BY anchor, count DESC, id
"""


def write_part(counts: LinkCounts, path: Path) -> None:
    """Write the counts of one unit; equal counts give equal bytes. Raises OutputError."""
    titles = {title for _, title in counts.links} | counts.pages.keys() | set(counts.pages.values())
    rows: list[tuple[Any, ...]] = []
    keys: dict[str, tuple[int, int]] = {}
    for title in sorted(titles - {""}):
        keys[title] = (name_key(title), fold_key(title))
        redirect = counts.pages.get(title, "")
        rows.append((title, *keys[title], title in counts.pages, name_key(redirect) if redirect else 0, 0, 0))
    for (anchor, title), count in sorted(counts.links.items()):
        rows.append((None, *keys[title], False, 0, fold_key(anchor), count))
    columns = list(zip(*rows, strict=True)) or [()] * len(_SCHEMA)
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA)
    with atomic_writer(path) as out:
        pq.write_table(table, out, compression="zstd")


def merge_links(parts: Sequence[Path], folder: Path, *, memory: str = "1GB", threads: int = 2) -> None:
    """Make the table of all parts in `folder`; what does not fit into `memory` is sorted on disk beside it.

    The same counts give the same files however they are spread over parts. Raises OutputError.
    """
    aside = folder.with_name(f".{folder.name}.tmp")
    try:
        if folder.exists() and not (folder / "links.json").exists() and any(folder.iterdir()):
            raise OutputError(f"{folder}: holds other files; the link table needs a folder of its own")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        with _database(aside / "sort", memory, threads) as database:
            empty = database.from_arrow(_SCHEMA.empty_table())
            rows = database.read_parquet([str(part) for part in parts]) if parts else empty
            rows.create_view("parts")
            names = _pack_titles(database, aside)
            ends = _lead_to_ends(names, aside)
            links = _pack_links(database, names["hash"], ends, aside)
        shutil.rmtree(aside / "sort", ignore_errors=True)
        meta = {"format": FORMAT, "titles": len(ends), "links": links}
        (aside / "links.json").write_text(json.dumps(meta) + "\n", "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        aside.replace(folder)
    except (OSError, duckdb.Error) as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise OutputError(f"{folder}: the link table cannot be made: {error}") from error


@contextmanager
def _database(folder: Path, memory: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    folder.mkdir()
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "threads": str(threads),
        "temp_directory": str(folder),
    }
    with duckdb.connect(config=settings) as database:
        yield database


def _batches(database: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    rows = database.sql(query)
    # DuckDB 1 knows only the old name, DuckDB 2 warns of it.
    read = rows.to_arrow_reader if hasattr(rows, "to_arrow_reader") else rows.fetch_record_batch
    yield from read(_BATCH)


def _pack_titles(database: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, NDArray[Any]]:
    """Write all titles in order; return their hashes, folds, whether they are pages, and redirects."""
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in ("hash", "fold", "page", "redirect")}
    place = 0
    with _writer(folder, "title_bytes", "title_starts") as out:
        for batch in _batches(database, _NAMES):
            titles = batch.column("title").cast(pa.large_binary())
            lengths = np.fromiter((len(t) for t in titles.to_pylist()), np.uint64, len(titles))
            out["title_bytes"].write(b"".join(titles.to_pylist()))
            starts = place + np.cumsum(lengths, dtype=np.uint64) - lengths
            out["title_starts"].write(starts.astype(np.uint64).tobytes())
            place += int(lengths.sum())
            for name, arrays in columns.items():
                arrays.append(batch.column(name).to_numpy(zero_copy_only=False))
        out["title_starts"].write(np.uint64(place).tobytes())
    kinds = {"page": np.bool_}
    return {
        name: np.concatenate([np.empty(0, kinds.get(name, np.uint64)), *arrays]).astype(
            kinds.get(name, np.uint64)
        )
        for name, arrays in columns.items()
    }


def _lead_to_ends(names: dict[str, NDArray[Any]], folder: Path) -> NDArray[np.uint32]:
    """Write the indexes by hash and by fold; return for each title the id of what it leads to in the end."""
    hashes, folds, page, redirect = (names[n] for n in ("hash", "fold", "page", "redirect"))
    ids = np.arange(len(hashes), dtype=np.int64)
    by_hash = np.argsort(hashes, kind="stable")
    _write(folder, "hash_keys", hashes[by_hash])
    _write(folder, "hash_ids", by_hash)

    # Of pages that differ in script, case or width only, an article goes before a redirect.
    pages = ids[page]
    pages = pages[np.lexsort((pages, redirect[pages] != 0, folds[pages]))]
    first = np.ones(len(pages), bool)
    first[1:] = folds[pages][1:] != folds[pages][:-1]
    by_fold = pages[first]
    _write(folder, "fold_keys", folds[by_fold])
    _write(folder, "fold_ids", by_fold)

    step = ids.copy()
    leads = np.flatnonzero(redirect)
    step[leads] = _look_up(hashes[by_hash], by_hash, redirect[leads], ids[leads])
    missing = np.flatnonzero(~page)
    spelled = _look_up(folds[by_fold], by_fold, folds[missing], ids[missing])
    # A redirect from another spelling to a page that the dump lacks would lead in a circle.
    circle = redirect[spelled] == hashes[missing]
    step[missing] = np.where(circle, ids[missing], spelled)
    ends: NDArray[Any] = step
    for _ in range(_HOPS):
        ends = step[ends]
    ends = np.where(step[ends] == ends, ends, ids)
    _write(folder, "title_leads_to", ends)
    return ends.astype(np.uint32)


def _look_up(
    keys: NDArray[Any], values: NDArray[Any], wanted: NDArray[Any], otherwise: NDArray[Any]
) -> NDArray[Any]:
    if not len(keys):
        return otherwise
    rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[rows] == wanted, values[rows], otherwise)


def _pack_links(
    database: duckdb.DuckDBPyConnection, hashes: NDArray[Any], ends: NDArray[np.uint32], folder: Path
) -> int:
    """Write the titles of each link text, the most common first; return how many link texts there are."""
    database.register("ends", pa.table({"hash": hashes, "id": ends}))
    last, in_run, place, anchors = -1, 0, 0, 0
    with _writer(folder, "anchor_keys", "anchor_starts", "anchor_ids", "anchor_counts") as out:
        for batch in _batches(database, _LINKS):
            keys = batch.column("anchor").to_numpy()
            if not len(keys):
                continue
            new = np.ones(len(keys), bool)
            new[1:] = keys[1:] != keys[:-1]
            new[0] = int(keys[0]) != last
            # The rank of each row among those of its link text, which may have begun in the batch before.
            rows = np.arange(len(keys))
            begins = np.maximum.accumulate(np.where(new, rows, 0 if new[0] else -in_run))
            keep = rows - begins < CANDIDATES
            kept_before: NDArray[Any] = np.cumsum(keep) - keep
            out["anchor_keys"].write(keys[new].tobytes())
            out["anchor_starts"].write((place + kept_before[new]).astype(np.uint64).tobytes())
            out["anchor_ids"].write(batch.column("id").to_numpy()[keep].astype(np.uint32).tobytes())
            counts = batch.column("count").cast(pa.float64()).to_numpy()[keep]
            out["anchor_counts"].write(np.minimum(counts, 2**32 - 1).astype(np.uint32).tobytes())
            last, in_run = int(keys[-1]), int(rows[-1] - begins[-1]) + 1
            place += int(keep.sum())
            anchors += int(new.sum())
        out["anchor_starts"].write(np.uint64(place).tobytes())
    return anchors


@contextmanager
def _writer(folder: Path, *names: str) -> Iterator[dict[str, IO[bytes]]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context((folder / f"{name}.bin").open("wb")) for name in names}


def _write(folder: Path, name: str, values: NDArray[Any]) -> None:
    with (folder / f"{name}.bin").open("wb") as out:
        out.write(values.astype(ARRAYS[name]).tobytes())
