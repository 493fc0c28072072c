"""The journal: each paid answer on disk, before anything is made of it.

A SQLite file, only ever added to. `put` returns when the answers are with the system, so whatever moment the
process dies at (kill -9), at most the calls in flight are lost; `sync` brings them to the disk (fsync), should the
machine itself go down. Keys come from `request.key`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kg2instruct.errors import OutputError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT, text TEXT, finish TEXT, tokens_in INTEGER, tokens_out INTEGER, cost REAL, via TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
    part TEXT PRIMARY KEY, status TEXT, batch TEXT, file TEXT, requests INTEGER, cost REAL, error TEXT
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said: its text, why it stopped, what it cost in US dollars; `via` is chat or batch."""

    text: str
    finish: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    model: str = ""
    via: str = "chat"


@dataclass(frozen=True, slots=True)
class BatchState:
    """A part of a batch run: its digest, how far it is, and the service's names for it."""

    part: str
    status: str
    batch: str = ""
    file: str = ""
    requests: int = 0
    cost: float = 0.0
    error: str = ""


class Journal:
    """The answers so far. One process at a time may hold a journal."""

    def __init__(self, path: Path) -> None:
        """Open or make the journal; raises OutputError when another run holds it or it cannot be written."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = _lock(path)
            self._write = self._open()
            self._write.executescript(_SCHEMA)
            self._read = self._open()
            self._sync = self._open()
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{path}: not a journal that can be written: {error}") from error
        self._guard = threading.Lock()
        row = self._read.execute("SELECT count(*), total(cost) FROM answers").fetchone()
        self.answers, self.cost = int(row[0]), float(row[1])

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        # Written at once, which the end of the program does not undo; `sync` sees to the end of the machine.
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def get(self, key: str) -> Answer | None:
        """The answer of a key, or None."""
        row = self._read.execute(
            "SELECT text, finish, tokens_in, tokens_out, cost, model, via FROM answers WHERE key = ?", (key,)
        ).fetchone()
        return Answer(*row) if row else None

    def put(self, answers: Sequence[tuple[str, Answer]]) -> None:
        """Write answers; back when the end of the program cannot undo it. May be called from any thread."""
        rows = [
            (key, a.model, a.text, a.finish, a.tokens_in, a.tokens_out, a.cost, a.via) for key, a in answers
        ]
        with self._guard:
            self._transact("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self.answers += len(answers)
            self.cost += sum(answer.cost for _, answer in answers)

    def sync(self) -> None:
        """Bring what is written to the disk; in a thread of its own it holds up no one."""
        try:
            self._sync.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            raise OutputError(f"{self.path}: {error}") from error

    def set_batch(self, state: BatchState) -> None:
        """Note how far a part of a batch run is."""
        row = (state.part, state.status, state.batch, state.file, state.requests, state.cost, state.error)
        with self._guard:
            self._transact("INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)", [row])

    def batches(self) -> Iterator[BatchState]:
        """All parts of batch runs, by digest."""
        rows = self._read.execute(
            "SELECT part, status, batch, file, requests, cost, error FROM batches ORDER BY part"
        ).fetchall()
        return (BatchState(*row) for row in rows)

    def _transact(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        try:
            if len(rows) == 1:
                self._write.execute(statement, rows[0])  # whole by itself
                return
            self._write.execute("BEGIN")
            self._write.executemany(statement, rows)
            self._write.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._write.execute("ROLLBACK")
            raise OutputError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._read.close()
        self._write.close()
        self._sync.close()
        self._lock_file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _lock(path: Path) -> IO[bytes]:
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        import fcntl

        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # a system without such locks
        pass
    except OSError as error:
        lock.close()
        raise OutputError(f"{path}: another run uses this journal; wait for it or name another") from error
    return lock


def canonical(data: object) -> bytes:
    """Plain data as the one JSON text that stands for it."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
