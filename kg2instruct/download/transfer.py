"""One file over several connections: in pieces, each noted when it is there, the whole checked at the end.

Beside `NAME` stand `NAME.part` (the bytes so far) and `NAME.part.json` (which pieces are there, and of which state of
the remote file), until the file is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock

import httpx
import msgspec

from kg2instruct.download.dumps import RemoteFile
from kg2instruct.errors import OutputError
from kg2instruct.web import PassingError, Web, WebError

PIECE_BYTES = 16 << 20
# So often a file is begun anew because it changed or its checksum is wrong.
_ATTEMPTS = 2

Tell = Callable[[str, int], None]
"""Told what is being done, and the bytes of the file that are there."""


class _ChangedError(Exception):
    """The remote file is another one than the one that was begun."""


class _NoRangesError(Exception):
    """The server sends whole files only."""


class _State(msgspec.Struct):
    """Which pieces are there, of a file of this size, checksum and ETag."""

    size: int
    checksum: str
    piece_bytes: int
    etag: str = ""
    pieces: list[int] = []


def download(
    web: Web,
    file: RemoteFile,
    folder: Path,
    *,
    connections: int = 2,
    tell: Tell,
    piece_bytes: int = PIECE_BYTES,
) -> Path:
    """Download a file to `folder`, going on where an earlier run stopped.

    Raises WebError when the server does not send it as published, however often it is asked, and
    OutputError when the disk is full.
    """
    path = folder / file.name
    for attempt in range(1, _ATTEMPTS + 1):
        transfer = _Transfer(web, file, path, piece_bytes, tell)
        try:
            transfer.run(connections)
            found = transfer.check()
        except _ChangedError as error:
            transfer.discard()
            if attempt == _ATTEMPTS:
                raise WebError(f"{file.url}: keeps changing ({error}); name another --date") from error
            continue
        except OSError as error:
            raise OutputError(f"{error.filename or path}: {error.strerror or error}") from error
        if not found:
            transfer.finish()
            return path
        transfer.discard()
    raise WebError(
        f"{file.url}: {found}, {_ATTEMPTS} times; the server or mirror has a damaged file, try another --mirror"
    )


def remaining(file: RemoteFile, folder: Path) -> int:
    """Bytes of disk that the download will still need."""
    path, part = folder / file.name, folder / f"{file.name}.part"
    with suppress(OSError):
        if path.stat().st_size == file.size:
            return 0  # only to be checked
    with suppress(OSError, AttributeError):
        return max(0, file.size - part.stat().st_blocks * 512)  # pieces not there yet take no room
    return file.size


class _Transfer:
    """One attempt at a file."""

    def __init__(self, web: Web, file: RemoteFile, path: Path, piece_bytes: int, tell: Tell) -> None:
        self.web, self.file, self.path, self._tell = web, file, path, tell
        self.part = path.with_name(f"{path.name}.part")
        self._state_path = path.with_name(f"{path.name}.part.json")
        self._state = self._read_state(piece_bytes)
        self._lock, self._stop = Lock(), Event()
        self._received = 0

    def _read_state(self, piece_bytes: int) -> _State:
        fresh = _State(self.file.size, self.file.sha1 or self.file.md5, piece_bytes)
        with suppress(OSError):
            if fresh.checksum and self.path.stat().st_size == self.file.size:
                # Had from elsewhere: only to be checked.
                self.path.replace(self.part)
                fresh.pieces = list(range(-(-self.file.size // piece_bytes)))
                return fresh
        try:
            known = msgspec.json.decode(self._state_path.read_bytes(), type=_State)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return fresh
        same = (known.size, known.checksum, known.piece_bytes) == (fresh.size, fresh.checksum, piece_bytes)
        return known if same and self.part.exists() else fresh

    def run(self, connections: int) -> None:
        """Fetch the pieces that are missing."""
        self.part.parent.mkdir(parents=True, exist_ok=True)
        if not self._state.pieces:
            self.part.write_bytes(b"")
        have = set(self._state.pieces)
        self._received = sum(self._length(number) for number in have)
        count = -(-self.file.size // self._state.piece_bytes)
        todo = iter([number for number in range(count) if number not in have])
        try:
            self._run_pieces(todo, connections)
        except _NoRangesError:
            self._state.pieces.clear()
            self._run_whole()

    def _run_pieces(self, todo: Iterator[int], connections: int) -> None:
        running: dict[Future[None], int] = {}
        first = next(todo, None)
        if first is None:
            return
        self._piece(first)  # alone: it tells what the server can do, and which state of the file it has
        self._note(first)
        with ThreadPoolExecutor(max(1, connections)) as pool:
            try:
                while True:
                    while len(running) < connections and (number := next(todo, None)) is not None:
                        running[pool.submit(self._piece, number)] = number
                    if not running:
                        return
                    finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in finished:
                        number = running.pop(future)
                        future.result()
                        self._note(number)
                    self._tell("downloading", self._received)
            finally:
                self._stop.set()

    def _length(self, number: int) -> int:
        return min(self._state.piece_bytes, self.file.size - number * self._state.piece_bytes)

    def _note(self, number: int) -> None:
        """Note a piece as there; its bytes are on the disk by then."""
        self._state.pieces.append(number)
        aside = self._state_path.with_suffix(".tmp")
        aside.write_bytes(msgspec.json.encode(self._state))
        aside.replace(self._state_path)

    def _piece(self, number: int) -> None:
        """Fetch one piece; what a broken connection leaves of it is kept."""
        start = number * self._state.piece_bytes
        end, at, failures = start + self._length(number), start, 0
        with self.part.open("r+b") as out:
            out.seek(start)
            while at < end and not self._stop.is_set():
                before = at
                try:
                    for block in self._range(at, end):
                        out.write(block)
                        at += len(block)
                        with self._lock:
                            self._received += len(block)
                except PassingError as error:
                    # A connection that brought something is no failure, however soon it broke.
                    failures = 1 if at > before else failures + 1
                    self.web.rest(failures, error, self.file.url, self._stop)
            out.flush()
            os.fsync(out.fileno())

    def _range(self, start: int, end: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={start}-{end - 1}"}
        if self._etag:
            headers["If-Range"] = self._etag
        with self.web.stream(self.file.url, headers, stopped=self._stop) as response:
            self._check_range(response, start)
            left = end - start
            for block in response.iter_raw():
                if self._stop.is_set():
                    return
                yield block[:left]
                left -= len(block)
                if left <= 0:
                    return
            if left > 0:
                raise PassingError("the server sent less than it was asked for")

    def _check_range(self, response: httpx.Response, start: int) -> None:
        """Whether what comes is the piece asked for, of the file that was begun."""
        etag = response.headers.get("ETag", "")
        if response.status_code == 416:
            raise _ChangedError("it has become shorter")
        if response.status_code != 206:
            if self._etag and etag != self._etag:
                raise _ChangedError("another ETag")
            raise _NoRangesError
        span, _, size = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        if size.isdecimal() and int(size) != self.file.size:
            raise _ChangedError(f"{size} bytes, not {self.file.size}")
        if span.partition("-")[0] != str(start):
            raise _NoRangesError
        if etag and not etag.startswith("W/"):
            if self._etag and etag != self._etag:
                raise _ChangedError("another ETag")
            self._state.etag = etag

    @property
    def _etag(self) -> str:
        """The ETag to hold the server to: none where a published checksum says it better.

        Servers behind one address often have an ETag each for the same file.
        """
        return "" if self._state.checksum else self._state.etag

    def _run_whole(self) -> None:
        """Fetch the file from a server that can only send it from its beginning."""
        for number in range(1, self.web.backoff.tries + 1):
            self._received = 0
            try:
                with self.web.stream(self.file.url, {}) as response, self.part.open("wb") as out:
                    for block in response.iter_raw():
                        out.write(block)
                        self._received += len(block)
                        self._tell("downloading", self._received)
                    os.fsync(out.fileno())
                if self._received == self.file.size:
                    return
                raise PassingError(f"{self._received} bytes came, not {self.file.size}")
            except PassingError as error:
                self.web.rest(number, error, self.file.url)

    def check(self) -> str:
        """What is wrong with the bytes that came; empty when they are as published."""
        size = self.part.stat().st_size
        if size != self.file.size:
            return f"{size} bytes instead of {self.file.size}"
        kind = "sha1" if self.file.sha1 else "md5" if self.file.md5 else ""
        if not kind:
            return ""
        digest, done = hashlib.new(kind, usedforsecurity=False), 0
        with self.part.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
                done += len(block)
                self._tell("checking", done)
        published = getattr(self.file, kind)
        return (
            "" if digest.hexdigest() == published else f"the {kind} is {digest.hexdigest()}, not {published}"
        )

    def discard(self) -> None:
        """Throw away what came."""
        self._state_path.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the file in its place."""
        self.part.replace(self.path)
        self._state_path.unlink(missing_ok=True)
