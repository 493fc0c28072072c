"""A run's identity: what went in, with which options, and whether a folder holds this run or another one."""

from __future__ import annotations

import dataclasses
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from kg2instruct import __version__
from kg2instruct.errors import ConfigError, InputError, OutputError
from kg2instruct.jsonl import atomic_writer

MANIFEST = "manifest.json"
WORK = ".work"
_SAMPLED = 1 << 20
_PACKAGES = ("daachorse", "OpenCC", "rjieba", "mwparserfromhell", "msgspec", "numpy", "pyarrow")


def checksum(path: Path) -> str:
    """A file's size and a hash of its first and last MiB: enough to tell dumps apart without reading 100 GB."""
    try:
        size = path.stat().st_size
        digest = xxhash.xxh3_128()
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLED))
            if size > 2 * _SAMPLED:
                file.seek(-_SAMPLED, 2)
            digest.update(file.read(_SAMPLED))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return f"{size}:{digest.hexdigest()}"


def versions() -> dict[str, str]:
    """Versions of what decides the output's bytes."""
    found = {"kg2instruct": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "?"
    return found


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two runs the same: inputs by checksum, options, version."""

    inputs: Mapping[str, str]
    options: Mapping[str, Any]
    version: str = __version__

    def to_json(self) -> dict[str, Any]:
        """Plain data, in a stable order."""
        return msgspec.to_builtins(dataclasses.asdict(self))  # type: ignore[no-any-return]

    def differs_from(self, other: Mapping[str, Any]) -> str:
        """The name of the first thing that differs from a stored identity; empty when it is the same run."""
        ours = self.to_json()
        for part in ("version", "inputs", "options"):
            mine, theirs = ours[part], other.get(part)
            if mine != theirs:
                if isinstance(mine, dict) and isinstance(theirs, dict):
                    keys = sorted(k for k in {*mine, *theirs} if mine.get(k) != theirs.get(k))
                    return ", ".join(keys)
                return part
        return ""


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


def claim_folder(out: Path, identity: Identity, *, fresh: bool) -> bool:
    """Make `out` this run's folder; True when the run is already finished there.

    An unfinished run of other options is thrown away (its work folder only); a finished dataset of another run is
    never touched without `fresh`.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; name a folder with --out")
    manifest, work = out / MANIFEST, out / WORK
    if fresh:
        manifest.unlink(missing_ok=True)
        shutil.rmtree(work, ignore_errors=True)
    done = read_json(manifest)
    if done is not None:
        differs = identity.differs_from(done.get("identity", {}))
        if not differs:
            return True
        raise ConfigError(
            f"{out} holds a finished dataset of another run (differs in: {differs}); "
            "name another --out, or --fresh to replace it"
        )
    started = read_json(work / "identity.json")
    if started is not None and identity.differs_from(started):
        shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: {error.strerror or error}; name a folder that can be written with --out") from error
    write_json(work / "identity.json", identity.to_json())
    return False


def replace_folder(new: Path, old: Path) -> None:
    """Put a finished folder in the place of an older one."""
    try:
        if old.exists():
            shutil.rmtree(old)
        new.replace(old)
    except OSError as error:
        raise OutputError(f"{old}: {error.strerror or error}") from error


def concatenate(parts: Sequence[Path], folder: Path, prefix: str, compress: str, *, shard_bytes: int = 1 << 28) -> int:
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
