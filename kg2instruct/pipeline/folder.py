"""The output folder of a run: one run at a time, never over foreign files, whole once it has a manifest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.errors import ConfigError, OutputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.identity import Identity
from kg2instruct.share import Share, ShareDone, alone, hold
from kg2instruct.storage import INCOMPLETE as INCOMPLETE  # folders in object storage have the same names
from kg2instruct.storage import MANIFEST as MANIFEST

WORK = ".work"
_LOCK = "lock"
_IDENTITY = "identity.json"
_CLAIM_LOCK, _STEP_LOCK = "claim.lock", "step.lock"
# What a run writes, beside its manifest and work folder.
OUTPUTS = ("data", "aligned", "rejects", "explain", "README.md", "report.html", "stats.json", "config.yaml")


def read_json(path: Path) -> dict[str, Any] | None:
    """A stored JSON object, None where there is none or it is broken."""
    try:
        data = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return data if isinstance(data, dict) else None


def write_json(path: Path, data: Any) -> None:
    """Indented JSON, whole or not at all."""
    with atomic_writer(path) as out:
        out.write(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")


def write_text(path: Path, text: str) -> None:
    """Text in UTF-8, whole or not at all."""
    with atomic_writer(path) as out:
        out.write(text.encode())


@contextmanager
def own_folder(out: Path, *, also: Sequence[str] = (), share: Share | None = None) -> Iterator[Path]:
    """Hold `out` for this run alone, or for all shares of it, made if it is not there; yields its work folder.

    Raises OutputError when it cannot be written, holds files that are no run's (of the names that a run
    writes, and those in `also`), or another run is at work there.
    """
    work = out / WORK
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; name a folder with --out")
    if not any(mark.exists() for mark in (out / MANIFEST, out / INCOMPLETE, work)):
        foreign = [name for name in (*OUTPUTS, *also) if (out / name).exists()]
        if foreign:
            raise OutputError(
                f"{out}: holds files of something else ({', '.join(foreign)}); name a new folder with --out"
            )
    existed = out.exists()
    with _locked(work, out, share):
        try:
            yield work
        finally:
            nothing = work.is_dir() and not any(entry.name != _LOCK for entry in work.iterdir())
            if share is None and (nothing or (out / MANIFEST).exists()):
                shutil.rmtree(work, ignore_errors=True)
            if share is None and nothing and not existed:
                with suppress(OSError):
                    out.rmdir()


@contextmanager
def _locked(work: Path, out: Path, share: Share | None) -> Iterator[None]:
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = hold(work / _LOCK, out, shared=share is not None)
    except OSError as error:
        raise OutputError(
            f"{out}: {error.strerror or error}; name a folder that can be written with --out"
        ) from error
    try:
        yield
    finally:
        lock.close()


def claim(out: Path, identity: Identity, *, fresh: bool, share: Share | None = None) -> bool:
    """Make `out` this run's folder; True when the run is already finished there.

    Unfinished work of other options or inputs is thrown away, but not by a share, as others may be at it. A
    finished dataset of another run is not touched without `fresh`.
    """
    manifest, work = out / MANIFEST, out / WORK
    done = read_json(manifest)
    if done is not None and not fresh:
        differs = identity.differs_from(done.get("identity", {}))
        if not differs:
            return True
        raise ConfigError(
            f"{out} holds a finished dataset of another run (differs in: {differs}); "
            "name another --out, or --fresh to replace it"
        )
    if share is not None:
        with alone(work / _CLAIM_LOCK):
            _join(work / _IDENTITY, identity, out)
        return False
    started = read_json(work / _IDENTITY)
    try:
        manifest.unlink(missing_ok=True)
        for leftover in list(out.rglob(".*.tmp*")):
            if leftover.is_file():
                leftover.unlink(missing_ok=True)
        if fresh or started is None or identity.differs_from(started):
            (work / _IDENTITY).unlink(missing_ok=True)  # first: what is half cleared belongs to no run
            _clear(work, keep=("stdin",))
    except OSError as error:
        raise OutputError(f"{out}: {error.strerror or error}") from error
    write_json(work / _IDENTITY, identity.to_json())
    return False


def _join(path: Path, identity: Identity, out: Path) -> None:
    """Take part in the run that another share began, or begin it."""
    started = read_json(path)
    if started is None:
        write_json(path, identity.to_json())
    elif differs := identity.differs_from(started):
        raise ConfigError(
            f"{out} holds unfinished work of another run (differs in: {differs}); name another --out"
        )


def _clear(work: Path, keep: Sequence[str]) -> None:
    for entry in work.iterdir():
        if entry.is_dir() and entry.name not in keep:
            shutil.rmtree(entry)
        elif entry.name != _LOCK and entry.name not in keep:
            entry.unlink()


@contextmanager
def one_at_a_time(work: Path, share: Share | None) -> Iterator[None]:
    """A step that only one share may be at; the others wait, and find it done."""
    if share is None:
        yield
        return
    with alone(work / _STEP_LOCK):
        yield


def join_later(work: Path, share: Share | None) -> None:
    """Raise ShareDone for a share: parts are joined by the call without one."""
    if share is not None:
        raise ShareDone(f"all units are done in {work.parent}; the same command without --shard joins them")


def replace_folder(new: Path, old: Path) -> None:
    """Put a finished folder in the place of an older one; without a new one the older one goes too."""
    try:
        if old.exists():
            shutil.rmtree(old)
        if new.exists():
            new.replace(old)
    except OSError as error:
        raise OutputError(f"{old}: {error.strerror or error}") from error


def concatenate(
    parts: Sequence[Path], folder: Path, prefix: str, compress: str, *, shard_bytes: int = 1 << 28
) -> int:
    """Join record files into shards `PREFIX-00000.jsonl`, in the order given; return how many shards."""
    groups: list[list[Path]] = [[]]
    size = 0
    for part in parts:
        length = part.stat().st_size
        if groups[-1] and size + length > shard_bytes:
            groups.append([])
            size = 0
        groups[-1].append(part)
        size += length
    for number, group in enumerate(groups):
        name = f"{prefix}-{number:05d}.jsonl" + (f".{compress}" if compress else "")
        with atomic_writer(folder / name) as out:
            for part in group:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out, 1 << 20)
    return len(groups)
