"""Download a dump: all its files, those that are there and checked left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.download.dumps import Dump, RemoteFile
from kg2instruct.download.transfer import PIECE_BYTES, download, remaining
from kg2instruct.errors import OutputError
from kg2instruct.web import Web

# Files of this folder that were whole and as published when they came, as `sha1sum` would list them.
CHECKED = "checked.txt"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be downloaded, what is there already, the bytes that are still needed and free."""

    files: tuple[RemoteFile, ...]
    there: tuple[RemoteFile, ...]
    needed: int
    free: int


def plan_download(dump: Dump, folder: Path) -> Plan:
    """Compare a dump with a folder; nothing is downloaded."""
    checked = _checked(folder)
    there = tuple(file for file in dump.files if _is_there(file, folder, checked))
    needed = sum(remaining(file, folder) for file in dump.files if file not in there)
    above = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return Plan(dump.files, there, needed, shutil.disk_usage(above).free)


def run_download(
    web: Web,
    plan: Plan,
    folder: Path,
    *,
    connections: int = 2,
    tell: Callable[[str, int], None],
    piece_bytes: int = PIECE_BYTES,
) -> list[Path]:
    """Download what is missing; return all files of the dump. Run again, it goes on.

    Raises OutputError when the disk has not enough room, before anything is downloaded.
    """
    if plan.needed > plan.free:
        raise OutputError(
            f"{folder}: {plan.needed / 1e9:.1f} GB are needed and {plan.free / 1e9:.1f} GB free; "
            "name a folder on another disk with --out"
        )
    before = sum(file.size for file in plan.there)
    for file in plan.files:
        if file in plan.there:
            continue

        def told(step: str, done: int, file: RemoteFile = file, before: int = before) -> None:
            tell(f"{step} {file.name}", before + (done if step == "downloading" else file.size))

        download(web, file, folder, connections=connections, tell=told, piece_bytes=piece_bytes)
        with (folder / CHECKED).open("a") as out:
            out.write(f"{file.sha1 or file.md5 or '-'}  {file.name}\n")
        before += file.size
    return [folder / file.name for file in plan.files]


def _checked(folder: Path) -> set[str]:
    try:
        return set((folder / CHECKED).read_text().splitlines())
    except OSError:
        return set()


def _is_there(file: RemoteFile, folder: Path, checked: set[str]) -> bool:
    path = folder / file.name
    known = f"{file.sha1 or file.md5 or '-'}  {file.name}" in checked
    return known and path.is_file() and path.stat().st_size == file.size
