"""Wikidata files to blocks of lines, each holding whole entities.

Read are entity dumps (an array with an entity a line, with or without its end, or plain JSON lines) and
answers of `Special:EntityData` and `wbgetentities`, compact or indented; plain or compressed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.streams import Source, Stream, open_stream
from kg2instruct.wikidata.block import BLOCK_BYTES, Block

_HEAD_BYTES = 1 << 16
# An indented document has to be decoded as a whole.
_MAX_DOCUMENT = 1 << 29
_BOM = b"\xef\xbb\xbf"
# Of indented JSON only what is outermost stands at the start of a line.
_BETWEEN_DOCUMENTS = rb"(?<=\n[}\]])\s*(?=[{\[])"

_WRONG_KINDS: Sequence[tuple[bytes, str]] = (
    (rb"(<\?xml[^>]*>\s*)?<mediawiki", "a MediaWiki XML dump; it belongs to --wikipedia"),
    (rb"(?i)<(!doctype html|html)", "an HTML page; download the file itself"),
    (rb"<\?xml", "XML"),
    (rb"(?i)(-- |/\*|insert into|create table)", "an SQL dump"),
    (rb"@prefix|<https?://", "RDF; the JSON dump is the right one"),
    (rb"PAR1|SQLite format", "a database file"),
)
_RIGHT = "right would be a Wikidata JSON dump (latest-all.json.gz) or an answer of Special:EntityData"


def read_blocks(
    paths: Sequence[Source], problems: list[str], *, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the blocks of files, in order; how they are cut depends on the files and `block_bytes` alone.

    A file that breaks off is used up to there and told in `problems`. Raises InputError for a file that
    cannot be opened or is of another kind.
    """
    number = 0
    for path in paths:
        try:
            for data in _cut(path, block_bytes, problems):
                yield Block(number, str(path), data, _asked(path))
                number += 1
        except _DamageError as damage:
            problems.append(str(damage))


def check_kind(path: Source) -> None:
    """Raise InputError when the file does not begin like a Wikidata file."""
    with open_stream(path) as stream:
        _check_head(path, stream.read(_HEAD_BYTES))


class _DamageError(Exception):
    """The rest of a file cannot be read."""


def _cut(path: Source, block_bytes: int, problems: list[str]) -> Iterator[bytes | bytearray]:
    with open_stream(path) as stream:
        head = stream.read(_HEAD_BYTES).removeprefix(_BOM)
        _check_head(path, head)
        if _is_indented(head):
            yield from _cut_documents(path, head + stream.read(_MAX_DOCUMENT), problems)
            return
        while True:
            data, damage = _read_lines(stream, head, block_bytes)
            head = b""
            if data:
                yield data
            if damage is not None:
                raise _DamageError(str(damage)) from damage
            if not data:
                return


def _read_lines(stream: Stream, head: bytes, size: int) -> tuple[bytearray, InputError | None]:
    """About `size` bytes of whole lines, and what ended them if it was not the end of the file."""
    data = bytearray(max(size, len(head)))
    data[: len(head)] = head
    filled, damage = len(head), None
    try:
        with memoryview(data) as room:
            # Read in place; `read` would join pieces, and whole blocks are much to copy.
            while filled < size and (read := stream.readinto1(room[filled:])):
                filled += read
        if filled < size or data.endswith(b"\n"):
            del data[filled:]
        else:
            data += stream.readline()
    except InputError as error:
        damage = error
        del data[filled:]
    return data, damage


def _check_head(path: Source, head: bytes) -> None:
    start = head.removeprefix(_BOM).lstrip()
    if not start:
        raise InputError(f"{path}: the file is empty; {_RIGHT}")
    for pattern, kind in _WRONG_KINDS:
        if re.match(pattern, start):
            raise InputError(f"{path}: this is {kind}; {_RIGHT} (option --wikidata)")
    if not any(line.lstrip()[:1] in (b"{", b"[") for line in start.split(b"\n")):
        raise InputError(f"{path}: this is not JSON; {_RIGHT} (option --wikidata)")


def _is_indented(head: bytes) -> bool:
    """Whether entities go over several lines: the first one opens a bracket, the next is no entity."""
    lines = [line for line in head.split(b"\n") if line.strip() not in (b"", b"[")]
    return len(lines) > 1 and lines[0].rstrip().endswith((b"{", b"[")) and not lines[1].startswith(b'{"')


def _cut_documents(path: Source, content: bytes, problems: list[str]) -> Iterator[bytearray]:
    """Indented documents, one after another, as lines: one a document."""
    if len(content) >= _MAX_DOCUMENT:
        raise InputError(f"{path}: indented JSON of more than {_MAX_DOCUMENT >> 20} MB; {_RIGHT}")
    lines = bytearray()
    for document in re.split(_BETWEEN_DOCUMENTS, content):
        try:
            lines += msgspec.json.format(document, indent=-1) + b"\n"
        except (msgspec.DecodeError, RecursionError) as error:
            problems.append(f"{path}: the file breaks off or is damaged: {error}")
    if lines:
        yield lines


def _asked(path: Source) -> str:
    """`Q64` for `Q64.json`, as `Special:EntityData` names its answers."""
    name = Path(path).name.partition(".")[0]
    return name if re.fullmatch(r"[QP][1-9]\d*", name) else ""
