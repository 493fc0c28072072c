"""Texts to be annotated, from JSON or plain text files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.streams import open_stream

_JSON = (".jsonl", ".json", ".ndjson")
_PACKED = (".gz", ".zst", ".bz2")
_MARK = b"\xef\xbb\xbf"
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


def input_files(paths: Iterable[Path], *, out: Path) -> list[Path]:
    """Files as they are, and those below folders by name, but for hidden ones and what is to be written."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.is_file() and file != out)
            shown = [file for file in found if not any(p[0] == "." for p in file.relative_to(path).parts)]
            if not shown:
                raise InputError(f"{path}: no files in it")
            files += shown
        else:
            files.append(path)
    return files


def read_documents(paths: Sequence[Path], note: Note) -> Iterator[Document]:
    """Yield the texts of files: JSON lines or a JSON list with `text` (and `id`, `title`), else one text a file.

    Texts without an id have that of their file, by its path where several have one name. Compressed files are read
    by their first bytes. Bad lines are told to `note`. Raises InputError for files that cannot be read.
    """
    bare = [path.with_suffix("") if path.suffix in _PACKED else path for path in paths]
    names = Counter(path.stem for path in bare)
    for path, plain in zip(paths, bare, strict=True):
        name = plain.stem if names[plain.stem] == 1 else str(plain)
        with open_stream(path) as stream:
            if plain.suffix in _JSON:
                yield from _json_texts(_json_values(stream, whole=plain.suffix == ".json"), path, name, note)
            else:
                data = stream.read()
                try:
                    yield Document(name, data.decode("utf-8-sig"))
                except UnicodeDecodeError as error:
                    raise InputError(f"{path}: not UTF-8: {error}; save it as UTF-8") from error


def _json_values(stream: IO[bytes], *, whole: bool) -> Iterable[bytes | msgspec.Raw]:
    """The lines of a file, or what it has as a `whole`: a list's members, or one value on many lines."""
    if not whole:
        return stream
    data = stream.read().removeprefix(_MARK)
    try:
        value = msgspec.json.decode(data, type=msgspec.Raw)
        return msgspec.json.decode(value, type=list[msgspec.Raw]) if data.lstrip()[:1] == b"[" else [value]
    except (msgspec.DecodeError, UnicodeDecodeError):  # several values, or damaged ones
        return data.splitlines()


def _json_texts(
    values: Iterable[bytes | msgspec.Raw], path: Path, name: str, note: Note
) -> Iterator[Document]:
    decode = msgspec.json.Decoder(_Line).decode
    for number, value in enumerate(values, 1):
        line = bytes(value).removeprefix(_MARK)
        if not line.strip():
            continue
        try:
            found = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            note(f'{path}:{number}: {error}; expected {{"text": "…"}}, and "id" and "title" where known')
            continue
        key = found.id if found.id not in (None, "") else f"{name}-{number}"
        yield Document(str(key), found.text, found.title or "")
