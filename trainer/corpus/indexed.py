"""Token sequences in Megatron-Core's indexed format, so that Megatron's users can read them: `P.bin` + `P.idx`.

`P.bin` is nothing but token ids, one sequence behind the other. `P.idx`, all little-endian:

    MMIDIDX\\0\\0 | version 1: u64 | dtype code: u8 | sequences: u64 | documents + 1: u64 |
    lengths: i32 each | pointers: i64 each, bytes of P.bin | documents: i64 each, their first sequences and the end

A sequence is a sample, a document one or more of them.
"""

from __future__ import annotations

import mmap
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from kg2instruct.errors import InputError
from kg2instruct.jsonl import atomic_writer

Tokens = NDArray[np.integer[Any]]

BIN, IDX = ".bin", ".idx"
_MAGIC = b"MMIDIDX\x00\x00"
_VERSION = 1
_HEAD = struct.Struct("<9sQBQQ")
_CODES: dict[int, np.dtype[Any]] = {
    code: np.dtype(name)
    for code, name in {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f8", 7: "<f4", 8: "<u2"}.items()
}
_SMALL_VOCABULARY = 65_500  # below it Megatron-Core takes 16 bits
_BLOCK = 1 << 18  # numbers copied at once


def dtype_for(vocabulary: int) -> np.dtype[Any]:
    """The type of token ids below `vocabulary`: 16 bits where they do, as Megatron-Core decides it."""
    return np.dtype("<u2") if vocabulary < _SMALL_VOCABULARY else np.dtype("<i4")


def with_suffix(prefix: Path, suffix: str) -> Path:
    """`P.bin` of `P`; a dot in the prefix is part of its name."""
    return prefix.with_name(prefix.name + suffix)


class IndexedReader(Sequence[Tokens]):
    """The sequences of one file pair, memory-mapped: `reader[i]` is a read-only view, nothing is copied.

    Opening costs the same however large the files are. Raises InputError where they are missing, damaged in
    their head, or do not belong together; `check` looks at all of the index.
    """

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        index = _map(with_suffix(prefix, IDX))
        path = with_suffix(prefix, IDX)
        if len(index) < _HEAD.size or index[: len(_MAGIC)] != _MAGIC:
            raise InputError(f"{path}: not an index of token sequences (it does not begin with MMIDIDX)")
        _, version, code, count, documents = _HEAD.unpack_from(index, 0)
        if version != _VERSION or code not in _CODES:
            raise InputError(f"{path}: index version {version} with dtype code {code}; known is version 1")
        expected = _HEAD.size + 12 * count + 8 * documents
        if len(index) < expected:
            raise InputError(f"{path}: damaged: {len(index)} bytes, its head promises {expected}")
        self.dtype = _CODES[code]
        at = _HEAD.size
        self.lengths: NDArray[np.int32] = np.frombuffer(index, "<i4", count, at)
        self.pointers: NDArray[np.int64] = np.frombuffer(index, "<i8", count, at + 4 * count)
        self.documents: NDArray[np.int64] = np.frombuffer(index, "<i8", documents, at + 12 * count)
        content = with_suffix(prefix, BIN)
        size = _size(content)
        promised = int(self.pointers[-1]) + int(self.lengths[-1]) * self.dtype.itemsize if count else 0
        if size != promised:
            raise InputError(f"{content}: {size} bytes, its index promises {promised}: damaged or another's")
        self._tokens: Tokens = np.frombuffer(_map(content), self.dtype)
        self._shift = self.dtype.itemsize.bit_length() - 1
        self._length, self._pointer = self.lengths.item, self.pointers.item

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, number: Any) -> Any:
        start = self._pointer(number) >> self._shift
        return self._tokens[start : start + self._length(number)]

    def __iter__(self) -> Iterator[Tokens]:
        return map(self.__getitem__, range(len(self)))

    def __reduce__(self) -> tuple[type[IndexedReader], tuple[Path]]:
        return type(self), (self.prefix,)  # a worker process maps the files itself

    @property
    def token_count(self) -> int:
        """All tokens of the file."""
        return len(self._tokens)

    @property
    def document_count(self) -> int:
        """Documents, each of one or more sequences."""
        return max(0, len(self.documents) - 1)

    def document(self, number: int) -> Tokens:
        """All tokens of a document: its sequences follow each other."""
        first, end = int(self.documents[number]), int(self.documents[number + 1])
        if first == end:
            return self._tokens[:0]
        last = self._pointer(end - 1) >> self._shift
        return self._tokens[self._pointer(first) >> self._shift : last + self._length(end - 1)]

    def check(self) -> None:
        """Read the whole index; InputError where sequences overlap, leave a gap, or documents are out of order."""
        path = with_suffix(self.prefix, IDX)
        end, size = 0, self.dtype.itemsize
        for start in range(0, len(self), _BLOCK):
            lengths = self.lengths[start : start + _BLOCK].astype(np.int64)
            ends = end + np.cumsum(lengths) * size
            wrong = (lengths < 0) | (self.pointers[start : start + _BLOCK] != ends - lengths * size)
            if wrong.any():
                raise InputError(f"{path}: damaged at or before sequence {start + int(wrong.argmax())}")
            end = int(ends[-1])
        ordered = bool((np.diff(self.documents) >= 0).all())
        if (
            not len(self.documents)
            or self.documents[0] != 0
            or self.documents[-1] != len(self)
            or not ordered
        ):
            raise InputError(f"{path}: damaged: documents are out of order")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _map(path: Path) -> Any:
    """The bytes of a file, read as they are used."""
    if not _size(path):
        return b""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if hasattr(mmap, "MADV_RANDOM"):
        mapped.madvise(mmap.MADV_RANDOM)  # samples come in random order: reading ahead would be in vain
    return mapped


class IndexedWriter:
    """Writes one file pair document by document; get one from `indexed_writer`.

    Holds 4 bytes a sequence and 8 a document; token ids go to the disk as they come.
    """

    def __init__(self, out: IO[bytes], dtype: np.dtype[Any]) -> None:
        self._out, self.dtype = out, dtype
        self._lengths, self._documents = array("i"), array("q", [0])

    def add_document(self, samples: Iterable[Tokens]) -> None:
        """Write the samples of one document. Raises InputError for an id that the type cannot hold."""
        for sample in samples:
            self._out.write(self._narrow(sample).data)
            self._lengths.append(len(sample))
        self._documents.append(len(self._lengths))

    def add_tokens(self, tokens: Tokens, lengths: Sequence[int]) -> None:
        """Write a document whose samples of these lengths make up `tokens`."""
        self._out.write(self._narrow(tokens).data)
        self._lengths.extend(lengths)
        self._documents.append(len(self._lengths))

    def _narrow(self, tokens: Tokens) -> Tokens:
        """The ids in the file's type; numpy itself would wrap what does not fit."""
        if tokens.dtype != self.dtype and len(tokens):
            least, most = int(tokens.min()), int(tokens.max())
            if least < 0 or most > np.iinfo(self.dtype).max:
                raise InputError(f"token id {most if least >= 0 else least} does not fit {self.dtype.name}")
        return np.ascontiguousarray(tokens, self.dtype)

    def index(self) -> Iterator[bytes]:
        """The content of the index."""
        lengths = np.frombuffer(self._lengths, np.int32)
        yield from index_blocks(self.dtype, [(lengths, np.frombuffer(self._documents, np.int64))])


@contextmanager
def indexed_writer(prefix: Path, dtype: np.dtype[Any]) -> Iterator[IndexedWriter]:
    """Write `P.bin` and `P.idx`, which appear when whole, the index last. Raises OutputError."""
    with atomic_writer(with_suffix(prefix, BIN)) as out:
        writer = IndexedWriter(out, dtype)
        yield writer
    with atomic_writer(with_suffix(prefix, IDX)) as out:
        out.writelines(writer.index())


def index_blocks(
    dtype: np.dtype[Any], parts: Sequence[tuple[NDArray[np.int32], NDArray[np.int64]]]
) -> Iterator[bytes]:
    """An index over the sequences of several: their lengths and their documents, in blocks."""
    code = next(code for code, known in _CODES.items() if known == dtype)
    count = sum(len(lengths) for lengths, _ in parts)
    documents = sum(max(0, len(found) - 1) for _, found in parts)
    yield _HEAD.pack(_MAGIC, _VERSION, code, count, documents + 1)
    for lengths, _ in parts:
        yield from (block.astype("<i4").tobytes() for block in _blocks(lengths))
    end = 0
    for lengths, _ in parts:
        for block in _blocks(lengths):
            ends = end + np.cumsum(block, dtype=np.int64) * dtype.itemsize
            yield (ends - block.astype(np.int64) * dtype.itemsize).astype("<i8").tobytes()
            end = int(ends[-1])
    yield struct.pack("<q", 0)
    before = 0
    for lengths, found in parts:
        yield from ((block + before).astype("<i8").tobytes() for block in _blocks(found[1:]))
        before += len(lengths)


def _blocks(numbers: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (numbers[start : start + _BLOCK] for start in range(0, len(numbers), _BLOCK))


def merge(prefixes: Sequence[Path], out: Path) -> None:
    """Make one file pair of several, in their order, without tokenising again; memory stays the same.

    Raises InputError where their types of ids differ.
    """
    readers = [IndexedReader(prefix) for prefix in prefixes]
    if not readers:
        raise InputError(f"{out}: nothing to merge")
    dtype = readers[0].dtype
    for reader in readers:
        if reader.dtype != dtype:
            raise InputError(
                f"{reader.prefix}: ids of {reader.dtype.name}, {prefixes[0]} has {dtype.name}: "
                "they are of vocabularies of different size"
            )
    with atomic_writer(with_suffix(out, BIN)) as content:
        for prefix in prefixes:
            with with_suffix(prefix, BIN).open("rb") as file:
                while block := file.read(1 << 22):
                    content.write(block)
    with atomic_writer(with_suffix(out, IDX)) as index:
        index.writelines(index_blocks(dtype, [(reader.lengths, reader.documents) for reader in readers]))


def checksum(prefix: Path) -> str:
    """A hash of all bytes of a file pair."""
    digest = xxhash.xxh3_128()
    for suffix in (BIN, IDX):
        try:
            with with_suffix(prefix, suffix).open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise InputError(f"{with_suffix(prefix, suffix)}: {error.strerror or error}") from error
    return digest.hexdigest()
