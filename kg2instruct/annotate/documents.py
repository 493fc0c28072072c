"""Texts to be annotated, from JSON lines or plain text files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.streams import open_stream

_JSON = (".jsonl", ".json", ".ndjson")
Note = Callable[[str], object]
"""Told of each line that is left out, as `file:line: what is wrong`."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text; `title` names what it is about, empty where nothing is known."""

    id: str
    text: str
    title: str = ""


class _Line(msgspec.Struct):
    text: str
    id: str | int | None = None
    title: str | None = None


def read_documents(paths: Sequence[Path], note: Note) -> Iterator[Document]:
    """Yield the texts of files: JSON lines with `text` (and `id`, `title`), else one text a file.

    Compressed files are read by their first bytes. Bad lines are told to `note`. Raises InputError for files that
    cannot be read.
    """
    for path in paths:
        bare = path.with_suffix("") if path.suffix in (".gz", ".zst", ".bz2") else path
        with open_stream(path) as stream:
            if bare.suffix in _JSON:
                yield from _json_lines(stream, path, bare.stem, note)
            else:
                data = stream.read()
                try:
                    yield Document(bare.stem, data.decode("utf-8-sig"))
                except UnicodeDecodeError as error:
                    raise InputError(f"{path}: not UTF-8: {error}; save it as UTF-8") from error


def _json_lines(lines: Iterator[bytes], path: Path, stem: str, note: Note) -> Iterator[Document]:
    decode = msgspec.json.Decoder(_Line).decode
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = decode(line.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            note(f'{path}:{number}: {error}; expected {{"text": "…"}}, and "id" and "title" where known')
            continue
        key = found.id if found.id not in (None, "") else f"{stem}-{number}"
        yield Document(str(key), found.text, found.title or "")
