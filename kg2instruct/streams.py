"""Files as streams of bytes, plain or compressed: `open_stream(Path("a.xml.bz2")).read(10) == b"<mediawiki"`.

What a file is compressed with is read from its first bytes, never from its name. Several members, streams or
frames one after the other are read as one. Damage is told as an InputError only after all that stood before
it was handed out; of bz2, a block is handed out only once its checksum was right.
"""

from __future__ import annotations

import bz2
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Literal, Protocol, cast

from kg2instruct.errors import InputError
from kg2instruct.storage import refetch

Source = Path | Literal["-"]
Compression = Literal["plain", "gz", "bz2", "zst"]

HEAD_BYTES = 16
_BUFFER_BYTES = 1 << 18
_PLAIN_STEP = 1 << 18
# Compressed bytes handed to a decoder at once. A decoder that meets damage keeps what it had decoded in that
# call, so small steps lose little; they also bound what a decompression bomb can unfold to.
_STEP = {"gz": 1 << 14, "bz2": 1 << 12, "zst": 1 << 12}

_MAGIC: dict[bytes, Compression] = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zst"}
_SKIPPABLE_ZSTD = (b"\x2a\x4d\x18", range(0x50, 0x60))
_FOREIGN = (
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_BZ2_FOOTER = 0x177245385090
_FOOTER_BYTES = 11  # 48 bits of magic, 32 of checksum, up to 7 of padding


class Decoder(Protocol):
    """What the decoders of all compressions have in common: one member, stream or frame each."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes) -> bytes: ...


def sniff(head: bytes) -> Compression:
    """What the first bytes of a file say that it is compressed with."""
    for magic, compression in _MAGIC.items():
        if head.startswith(magic):
            return compression
    magic, firsts = _SKIPPABLE_ZSTD
    return "zst" if head[1:4] == magic and head[0] in firsts else "plain"


def ends_bz2_stream(data: bytes) -> bool:
    """True when a bz2 stream ends where `data` (its last 11 bytes are enough) ends."""
    tail = int.from_bytes(data[-_FOOTER_BYTES:], "big")
    return any((tail >> (32 + padding)) & 0xFFFFFFFFFFFF == _BZ2_FOOTER for padding in range(8))


def open_file(path: Path) -> IO[bytes]:
    """Open a file for reading; InputError when it is missing, a folder or unreadable.

    A copy of an object that another machine of the run has and this one lacks is fetched first.
    """
    try:
        if not path.exists():
            refetch(path)
        return path.open("rb")
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name the files in it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def open_stream(path: Source, *, threads: int = 1) -> Stream:
    """Open plain, gz, bz2 or zst content by its first bytes; `-` is standard input.

    `threads` beyond one decode a bz2 file in parallel; what is read is the same. Reading raises InputError,
    with the file and the position in it, where the content is truncated or damaged.
    """
    if path == "-":
        return Stream(sys.stdin.buffer, "standard input", keep_open=True)
    file = open_file(path)
    try:
        return Stream(file, str(path), threads=threads if path.is_file() else 1)
    except InputError:
        file.close()
        raise


class DamagedError(InputError):
    """Compressed data that cannot be decoded; `member` is where its member, stream or frame starts."""

    def __init__(self, message: str, member: int) -> None:
        super().__init__(message)
        self.member = member

    def __reduce__(self) -> tuple[type[DamagedError], tuple[str, int]]:
        return type(self), (str(self), self.member)


def decode(
    blocks: Iterable[bytes], compression: Compression, where: str, *, base: int = 0
) -> Iterator[bytes]:
    """Yield the content of compressed `blocks`; DamagedError where they are damaged or end too soon.

    `base` is the position in the file of the first block.
    """
    if compression == "plain":
        yield from blocks
        return
    new_decoder = _decoder_factory(compression)
    decoder: Decoder | None = None
    consumed = member = base
    produced = 0
    for block in blocks:
        data, consumed = block, consumed + len(block)
        while data:
            if decoder is None or decoder.eof:
                if compression == "gz" and decoder is not None and not (data := data.lstrip(b"\0")):
                    break  # padding after the last member, as tapes have it
                decoder, member = new_decoder(), consumed - len(data)
            try:
                content = decoder.decompress(data)
            except Exception as error:  # each library has errors of its own
                at = f"byte {consumed - len(data)} (byte {produced} of the content)"
                message = f"{where}: damaged {compression} data after {at}: {error}"
                raise DamagedError(message, member) from error
            data = decoder.unused_data if decoder.eof else b""
            if content:
                produced += len(content)
                yield content
    if decoder is not None and not decoder.eof:
        at = f"byte {consumed} (byte {produced} of the content)"
        raise DamagedError(f"{where}: truncated {compression} data: it ends at {at}", member)


def _decoder_factory(compression: Compression) -> Callable[[], Decoder]:
    if compression == "bz2":
        return cast(Callable[[], Decoder], bz2.BZ2Decompressor)
    if compression == "gz":
        from isal import igzip_lib

        return lambda: cast(Decoder, igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP))
    import zstandard

    zstd = zstandard.ZstdDecompressor(max_window_size=1 << 31)
    return lambda: cast(Decoder, zstd.decompressobj())


def _blocks(file: IO[bytes], head: bytes, step: int, where: str) -> Iterator[bytes]:
    try:
        if head:
            yield head
        while block := file.read(step):
            yield block
    except OSError as error:
        raise InputError(f"{where}: {error.strerror or error}") from error


def _parallel_bz2(path: Path, threads: int, fallback: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Decode on several threads; at damage, `fallback` goes on to its exact place and tells it."""
    import rapidgzip

    produced = 0
    with rapidgzip.IndexedBzip2File(str(path), parallelization=threads) as file:
        try:
            while block := file.read(_PLAIN_STEP):
                produced += len(block)
                yield block
            return
        except (RuntimeError, ValueError, OSError):
            pass
    for block in fallback():
        if produced < len(block):
            yield block[produced:]
        produced = max(0, produced - len(block))


class Stream(io.BufferedReader):
    """The content of a file. `read`, `read1`, lines, as of any binary file; it cannot be sought in."""

    def __init__(self, file: IO[bytes], where: str, *, keep_open: bool = False, threads: int = 1) -> None:
        self.compression, blocks = _content(file, where, threads)
        super().__init__(_RawContent(blocks, file, keep_open), _BUFFER_BYTES)

    @property
    def consumed(self) -> int:
        """Bytes of the file read so far (of the content, where the file cannot tell): for progress."""
        return cast(_RawContent, self.raw).consumed

    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes, or fewer where the content ends or damage begins; the next read raises."""
        if size is None or size < 0:
            size = sys.maxsize
        parts: list[bytes] = []
        while size > 0:
            try:
                part = self.read1(min(size, _BUFFER_BYTES))
            except InputError as error:
                if not parts:
                    raise
                cast(_RawContent, self.raw).damage = error
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _content(file: IO[bytes], where: str, threads: int) -> tuple[Compression, Iterator[bytes]]:
    try:
        head = file.read(HEAD_BYTES)
    except OSError as error:
        raise InputError(f"{where}: {error.strerror or error}") from error
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise InputError(f"{where}: is {name}; unpack it first, or give plain, gz, bz2 or zst")
    compression = sniff(head)
    step = _STEP.get(compression, _PLAIN_STEP)
    if compression == "bz2" and threads > 1 and _is_whole_bz2(file):
        path = Path(where)

        def again() -> Iterator[bytes]:
            with open_file(path) as same:
                yield from decode(_blocks(same, b"", step, where), "bz2", where)

        return compression, _parallel_bz2(path, threads, again)
    return compression, decode(_blocks(file, head, step, where), compression, where)


def _is_whole_bz2(file: IO[bytes]) -> bool:
    """True when the file ends with the end of a stream: no truncation and nothing behind it."""
    place = file.tell()
    file.seek(max(0, file.seek(0, io.SEEK_END) - _FOOTER_BYTES))
    tail = file.read()
    file.seek(place)
    return ends_bz2_stream(tail)


class _RawContent(io.RawIOBase):
    """Decoded blocks behind the interface that io.BufferedReader reads from."""

    def __init__(self, blocks: Iterator[bytes], file: IO[bytes], keep_open: bool) -> None:
        self.damage: InputError | None = None
        self._blocks = blocks
        self._rest = memoryview(b"")
        self._file = None if keep_open else file
        self._produced = 0

    @property
    def consumed(self) -> int:
        try:
            return self._produced if self._file is None else self._file.tell()
        except OSError:  # a pipe
            return self._produced

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        if self.damage is not None:
            raise self.damage
        if not self._rest:
            try:
                self._rest = memoryview(next(self._blocks, b""))
                self._produced += len(self._rest)
            except InputError as error:
                self.damage = error
                raise
        target = memoryview(cast(bytearray, buffer)).cast("B")
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()
