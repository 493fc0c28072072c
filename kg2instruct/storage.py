"""Object storage, reached by fsspec: what is read is staged on this machine, folders are built here and put there.

`local("s3://bucket/zhwiki.xml.bz2")` is the path of a copy. The copy's path holds the object's version, so that
a newer object is another file, and another machine that is told the path can fetch the same (`refetch`).
Credentials, endpoints and the like are fsspec's: its configuration files, `FSSPEC_S3_…`, `AWS_…`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from kg2instruct.errors import InputError, Kg2InstructError, MissingExtra, OutputError

MANIFEST, INCOMPLETE = "manifest.json", "incomplete.json"
_STATS = "stats.json"
_REMOTE = re.compile(r"(s3|s3a|gs|gcs|oss|abfs|abfss|az|hdfs|webhdfs|sftp):/(?!/*$)/*")
_RANGE_BYTES, _RANGES = 16 << 20, 8  # of an object, fetched at once


def is_remote(name: str | Path) -> bool:
    """Whether a name is that of an object; a `Path` made of a URL, which has lost a slash, is one too."""
    return _REMOTE.match(str(name)) is not None


def local(name: str | Path) -> Path:
    """The path of a file or folder on this machine: of a copy, where the name is that of an object.

    Raises InputError when there is no such object or it cannot be reached.
    """
    if not is_remote(name):
        return Path(name)
    address = url(name)
    with _told(address, InputError):
        fs, key = _open(address)
        if fs.isfile(key):
            return _fetch(fs, address, key, _version(fs, key))
        keys = sorted(each for each in fs.find(key) if not Path(each).name.startswith("."))
        if not keys:
            raise InputError(f"{address}: there is no such object")
        version = _joined(_version(fs, each) for each in keys)
        return _fetch_folder(fs, address, key, keys, version)


def refetch(path: Path) -> bool:
    """Fetch what another machine staged under `path`; False when that is no path of a staged object."""
    try:
        version, scheme, *rest = path.relative_to(_staged()).parts
    except ValueError:
        return False
    address = f"{scheme}://{'/'.join(rest)}"
    with _told(address, InputError):
        fs, key = _open(address)
        if _version(fs, key) != version:
            raise InputError(f"{address}: has changed since this run began")
        _fetch(fs, address, key, version)
    return True


@contextmanager
def output_folder(out: Path) -> Iterator[Path]:
    """A folder on this machine to write to in the place of `out`.

    Of object storage, it is put there when the block ends without an error and a manifest says that all is
    there, the manifest last; put again after an interruption, only what is missing is sent. The folder here
    stays. Raises OutputError where something else is stored there.
    """
    if not is_remote(out):
        yield out
        return
    address = url(out)
    folder = _cache() / "runs" / address.replace("://", "/")
    with _told(address, OutputError):
        fs, key = _open(address)
        _check_own(fs, address, key)
        _take_over(fs, key, folder)
    yield folder
    if (folder / MANIFEST).exists():
        with _told(address, OutputError):
            _put(fs, key, folder)


def _take_over(fs: Any, key: str, folder: Path) -> None:
    """What another machine has finished there is known here; work that is under way here is kept."""
    finished, ours = _content(fs, f"{key}/{MANIFEST}"), folder / MANIFEST
    if not finished or (ours.exists() and ours.read_bytes() == finished):
        return
    if ours.exists() or not folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if stats := _content(fs, f"{key}/{_STATS}"):  # a knowledge base has none
            (folder / _STATS).write_bytes(stats)
        ours.write_bytes(finished)


def _check_own(fs: Any, address: str, key: str) -> None:
    """Raise where a run would write among files of something else."""
    if fs.exists(key) and not any(fs.exists(f"{key}/{name}") for name in (MANIFEST, INCOMPLETE)):
        raise OutputError(f"{address}: holds files of something else; name a new place with --out")


def _put(fs: Any, key: str, folder: Path) -> None:
    manifest = (folder / MANIFEST).read_bytes()
    if _content(fs, f"{key}/{MANIFEST}") == manifest:
        return
    if _content(fs, f"{key}/{INCOMPLETE}") != manifest:
        _clear(fs, key)
        fs.pipe_file(f"{key}/{INCOMPLETE}", manifest)  # from now on what is there is of this run
    there = fs.find(key, detail=True)
    names = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()]
    for name in names:
        path, target = folder / name, f"{key}/{name}"
        whole = target in there and there[target]["size"] == path.stat().st_size
        if not (whole or name.startswith(".") or name == MANIFEST):
            fs.put_file(str(path), target)
    fs.pipe_file(f"{key}/{MANIFEST}", manifest)
    fs.rm_file(f"{key}/{INCOMPLETE}")


def _clear(fs: Any, key: str) -> None:
    """Remove an older run, its manifest first."""
    if not fs.exists(key):
        return
    fs.pipe_file(f"{key}/{INCOMPLETE}", b"{}")
    for name in (MANIFEST, *sorted(each.removeprefix(f"{key}/") for each in fs.find(key))):
        if name != INCOMPLETE and fs.exists(f"{key}/{name}"):
            fs.rm_file(f"{key}/{name}")


def _content(fs: Any, key: str) -> bytes:
    return bytes(fs.cat_file(key)) if fs.exists(key) else b""


def _fetch_folder(fs: Any, address: str, key: str, keys: list[str], version: str) -> Path:
    folder = _place(address, version)
    for each in keys:
        _fetch_to(fs, each, folder / each.removeprefix(key).lstrip("/"))
    return folder


def _fetch(fs: Any, address: str, key: str, version: str) -> Path:
    path = _place(address, version)
    _fetch_to(fs, key, path)
    return path


def _fetch_to(fs: Any, key: str, path: Path) -> None:
    """Fetch an object, one process of this machine at a time, going on where an earlier one stopped."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.part").open("ab") as part:
        _lock(part)
        size = fs.info(key)["size"]
        while not path.exists() and (done := part.seek(0, 2)) < size:
            starts = range(done, min(done + _RANGE_BYTES * _RANGES, size), _RANGE_BYTES)
            ends = [min(start + _RANGE_BYTES, size) for start in starts]
            for piece in fs.cat_ranges([key] * len(ends), [*starts], ends, on_error="raise"):
                part.write(piece)
        if not path.exists():
            part.flush()
            os.utime(part.name, ns=(0, 0))  # machines that have the same object have the same file
            Path(part.name).replace(path)


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
    except (ImportError, OSError):  # a system without locks
        return


def _place(address: str, version: str) -> Path:
    scheme, _, rest = address.partition("://")
    return _staged() / version / scheme / rest.rstrip("/")


def _cache() -> Path:
    return Path(os.environ.get("KG2INSTRUCT_CACHE") or Path.home() / ".cache" / "kg2instruct")


def _staged() -> Path:
    return _cache() / "objects"


def url(name: str | Path) -> str:
    """The URL of an object, also of one whose name went through a `Path`."""
    return _REMOTE.sub(lambda found: f"{found[1]}://", str(name), count=1).rstrip("/")


def _version(fs: Any, key: str) -> str:
    return f"{fs.checksum(key):x}"[:16]


def _joined(versions: Iterator[str]) -> str:
    from xxhash import xxh3_64_hexdigest

    return xxh3_64_hexdigest("\n".join(versions).encode())


def _open(address: str) -> tuple[Any, str]:
    """The file system of a URL, without remembered listings, and the URL's key in it."""
    import fsspec

    try:
        fs, key = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except ImportError as error:
        if address.startswith(("s3:", "s3a:")):
            raise MissingExtra("s3fs", "cluster") from error
        raise Kg2InstructError(f"{address}: {error}") from error
    return fs, key.rstrip("/")


@contextmanager
def _told(address: str, kind: type[Kg2InstructError]) -> Iterator[None]:
    """Raise whatever the storage's client raises as an error of one line."""
    try:
        yield
    except Kg2InstructError:
        raise
    except FileNotFoundError as error:
        raise kind(f"{address}: there is no such object or bucket") from error
    except Exception as error:  # each client has errors of its own
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise kind(f"{address}: {reason}") from error
