"""Answers on disk, by endpoint, query and key, so that nothing is asked twice.

A SQLite file, only ever added to; an answer is in it as a whole or not at all, whatever moment the process
dies at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

import msgspec
import zstandard
from xxhash import xxh3_128_hexdigest

from kg2instruct.errors import OutputError
from kg2instruct.sparql.answers import Row

_SCHEMA = "CREATE TABLE IF NOT EXISTS answers (query TEXT, key TEXT, rows BLOB, PRIMARY KEY (query, key)) WITHOUT ROWID"
_AT_ONCE = 500  # SQLite's older builds allow 999 parameters

_decode = msgspec.json.Decoder(list[Row]).decode


class AnswerCache:
    """The answers of one endpoint so far."""

    def __init__(self, path: Path, endpoint: str) -> None:
        """Open or make the file; OutputError where it cannot be written or is no such file."""
        self.path, self._endpoint = path, endpoint
        self._lock = Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=60)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{path}: not a file of answers that can be written: {error}") from error

    def missing(self, query: str, keys: Sequence[str]) -> list[str]:
        """The keys without an answer, in their order."""
        name, known = self._name(query), set[str]()
        for some in _chunks(keys):
            marks = ",".join("?" * len(some))
            found = self._file.execute(
                f"SELECT key FROM answers WHERE query = ? AND key IN ({marks})", (name, *some)
            )
            known.update(key for (key,) in found)
        return [key for key in keys if key not in known]

    def get(self, query: str, keys: Sequence[str]) -> Iterator[tuple[str, list[Row]]]:
        """Keys with their rows, those that have an answer."""
        name = self._name(query)
        for some in _chunks(keys):
            marks = ",".join("?" * len(some))
            statement = f"SELECT key, rows FROM answers WHERE query = ? AND key IN ({marks})"
            for key, rows in self._file.execute(statement, (name, *some)).fetchall():
                yield key, _decode(zstandard.decompress(rows))

    def put(self, query: str, answers: Mapping[str, Iterable[Row]]) -> None:
        """Keep the answers of several keys, all or none."""
        name = self._name(query)
        rows = [
            (name, key, zstandard.compress(msgspec.json.encode(list(found))))
            for key, found in answers.items()
        ]
        try:
            with self._lock:
                self._file.execute("BEGIN")
                self._file.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)
                self._file.execute("COMMIT")
        except sqlite3.Error as error:
            raise OutputError(f"{self.path}: {error}") from error

    def _name(self, query: str) -> str:
        return xxh3_128_hexdigest(f"{self._endpoint}\n{query}".encode())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> AnswerCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
