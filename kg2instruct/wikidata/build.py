"""From Wikidata files to a store folder: parse blocks to parts, merge the parts, write the manifest last."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import InputError, OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.share import Share, ShareDone, alone, hold
from kg2instruct.streams import Source
from kg2instruct.wikidata.block import BLOCK_BYTES, Block
from kg2instruct.wikidata.columns import read_meta
from kg2instruct.wikidata.dump import check_kind, read_blocks
from kg2instruct.wikidata.languages import languages
from kg2instruct.wikidata.manifest import COLUMNS, MANIFEST, Manifest, is_store_manifest
from kg2instruct.wikidata.pack import pack_store
from kg2instruct.wikidata.parse import Engine, parse_blocks

# Holds the blocks that are done, while a build is on its way.
PARTS = ".kg2instruct-parts"
_LOCK = "lock"
# Holds the entities of a store that was fetched from an endpoint, and the answers that they were made of.
FETCHED = "fetched"
MAX_PROBLEMS = 1000
_WHOLE_DUMP = 8 << 30  # bytes, compressed

# Called with the name of the step and the bytes of JSON that are done.
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: counts of what was read and what the store holds, and the problems met on the way.

    `problems` are lines of `file:line: what`, the first ones of each block.
    """

    folder: Path
    counts: dict[str, Any]
    problems: tuple[str, ...] = field(default=())


def build_store(
    paths: Sequence[str | Path],
    folder: str | Path,
    *,
    langs: Sequence[str] = ("zh", "en"),
    workers: int = 1,
    keep_all: bool = False,
    progress: Progress | None = None,
    block_bytes: int | None = None,
    engine: Engine | None = None,
    share: Share | None = None,
) -> BuildReport:
    """Build a store of Wikidata files (`-` is standard input) in `folder`, replacing an older one there.

    An interrupted build goes on where it stopped, and gives the same bytes as an undisturbed one, whatever
    the number of workers and wherever an engine parses the blocks. Raises InputError for files that are not
    Wikidata JSON, OutputError where `folder` holds something else or cannot be written. Lines that cannot be
    read are counted and told in the report. With a share only its blocks are parsed, and who finds all of them
    parsed makes the store; ShareDone is raised in all other cases.
    """
    folder, codes = Path(folder), tuple(langs)
    languages(codes)
    sources = _sources(paths)
    tell = progress or (lambda _step, _size: None)
    with _alone_in(folder) if share is None else nullcontext():
        parts_folder = _prepare(folder) if share is None else _take_part(folder)
        problems: list[str] = []
        size = 0

        def done(block: Block) -> None:
            nonlocal size
            size += len(block.data)
            tell("reading", size)

        blocks = read_blocks(sources, problems, block_bytes=block_bytes or _block_bytes(sources))
        try:
            parts = parse_blocks(
                blocks, parts_folder, codes, workers=workers, done=done, engine=engine, share=share
            )
            with _first(folder) if share is not None else nullcontext():
                counts, dump_date = _account(parts, sources, problems)
                layout, held = pack_store(
                    parts,
                    folder / COLUMNS,
                    codes,
                    workers=workers,
                    keep_all=keep_all,
                    tell=lambda step: tell(step, size),
                )
                _write_manifest(folder, Manifest(codes, held, counts, dump_date, keep_all, layout))
        except OSError as error:
            raise OutputError(f"{error.filename or folder}: {error.strerror or error}") from error
        shutil.rmtree(parts_folder, ignore_errors=True)  # another run may wait for the lock in it
        return BuildReport(folder, counts | held, tuple(problems[:MAX_PROBLEMS]))


def _sources(paths: Sequence[str | Path]) -> list[Source]:
    """The files to read; InputError where there is none, or one is not what it should be."""
    if not paths:
        raise InputError("no Wikidata file given")
    sources: list[Source] = ["-" if str(path) == "-" else Path(path) for path in paths]
    for source in sources:
        # What comes through a pipe can be read once only.
        if source != "-" and not source.is_fifo():
            check_kind(source)
    return sources


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    with atomic_writer(folder / MANIFEST) as out:
        out.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def _block_bytes(sources: Sequence[Source]) -> int:
    """The size of blocks: larger ones for whole dumps, which would have a hundred thousand parts."""
    size = sum(source.stat().st_size for source in sources if isinstance(source, Path) and source.is_file())
    return 4 * BLOCK_BYTES if size > _WHOLE_DUMP else BLOCK_BYTES


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs out of the folder, as long as there are parts in it."""
    try:
        _check_foreign(folder)
        lock = hold(folder / PARTS / _LOCK, folder)
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: {error.strerror or error}") from error
    with lock:
        yield


def _check_foreign(folder: Path) -> None:
    known = (folder / PARTS).exists() or is_store_manifest(folder / MANIFEST)
    if folder.is_dir() and not known and any(entry.name != FETCHED for entry in folder.iterdir()):
        raise OutputError(f"{folder}: holds something else than a store; name a new or empty folder")


def _prepare(folder: Path) -> Path:
    """Make the folder ready; an older store there stops being one at once."""
    parts, manifest, columns = folder / PARTS, folder / MANIFEST, folder / COLUMNS
    try:
        _check_foreign(folder)
        parts.mkdir(parents=True, exist_ok=True)
        manifest.unlink(missing_ok=True)
        if columns.exists():
            shutil.rmtree(columns)
        columns.mkdir()
        for unfinished in parts.glob(".*"):
            unfinished.unlink()
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: {error.strerror or error}") from error
    return parts


def _take_part(folder: Path) -> Path:
    """Make the folder ready for one share of several, whose unfinished files stay."""
    _check_finished(folder)
    if not (folder / PARTS).exists():
        with _one_only(folder):
            if not (folder / PARTS).exists():
                return _prepare(folder)
    return folder / PARTS


@contextmanager
def _first(folder: Path) -> Iterator[None]:
    """Make the store alone, with nothing left of who was killed at it, unless another share has made it."""
    with _one_only(folder):
        _check_finished(folder)
        _prepare(folder)
        yield
        _lock(folder).unlink()  # who still waits for it finds the store finished


def _one_only(folder: Path) -> AbstractContextManager[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return alone(_lock(folder))


def _lock(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _check_finished(folder: Path) -> None:
    if (folder / MANIFEST).exists():
        raise ShareDone(f"the knowledge base in {folder} is finished; remove it to build it anew")


def _account(parts: list[Path], paths: Sequence[Source], problems: list[str]) -> tuple[dict[str, int], str]:
    """Add up what the parts say; InputError when there is not one entity in all of them."""
    counts: Counter[str] = Counter({"damaged_files": len(problems)} if problems else {})
    latest = 0
    before = 0
    file = ""
    for part in parts:
        meta: dict[str, Any] = read_meta(part)
        counts.update(meta["counts"])
        before = before if meta["file"] == file else 0
        file = meta["file"]
        problems.extend(f"{file}:{before + line}: {what}" for line, what in meta["problems"])
        before += meta["lines"]
        latest = max(latest, meta["latest"])
    counts["blocks"] = len(parts)
    if not counts["items"] + counts["properties"] + counts["redirects"]:
        first = f"; {problems[0]}" if problems else ""
        raise InputError(f"{', '.join(map(str, paths))}: no Wikidata item or property in it{first}")
    read = {f"read_{name}": count for name, count in sorted(counts.items())}
    digits = str(latest)
    return read, f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) == 14 else ""
