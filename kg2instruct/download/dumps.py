"""Which files a dump is made of: names, sizes and published checksums, of a date that stays what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from kg2instruct.errors import ConfigError
from kg2instruct.web import Web, WebError

WIKIMEDIA = "https://dumps.wikimedia.org"
WIKIDATA = "wikidata"
# One file if there is one, else its parts. Multistream files can be read by many processes at once.
_JOBS = (
    "articlesmultistreamdumprecombine",
    "articlesmultistreamdump",
    "articlesdumprecombine",
    "articlesdump",
)
_DATE = re.compile(r"href=[\"'](?:[^\"']*/)?(\d{8})/?[\"']")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to download; size in bytes, checksums in hexadecimal digits, empty where none is published."""

    name: str
    url: str
    size: int
    sha1: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True)
class Dump:
    """A dump of a date (YYYYMMDD) and the files of it that are wanted."""

    name: str
    date: str
    files: tuple[RemoteFile, ...]


def is_dump(name: str) -> bool:
    """Whether a name is that of a wiki (zhwiki) or `wikidata`, rather than of a repository."""
    return name == WIKIDATA or re.fullmatch(r"[a-z][a-z0-9_]*wiki", name) is not None


def find_dump(web: Web, name: str, *, date: str = "", mirror: str = "") -> Dump:
    """The newest finished dump, or that of a date; WebError when there is none."""
    if date and not re.fullmatch(r"\d{8}", date):
        raise ConfigError(f"--date {date}: expected a date as 20260101")
    root = (mirror or WIKIMEDIA).rstrip("/")
    find = _find_wikidata if name == WIKIDATA else _find_wiki
    tried = []
    for day in [date] if date else _dates(web, name, root):
        files = find(web, name, root, day)
        if files:
            return Dump(name, day, files)
        tried.append(day)
        if len(tried) >= 5:
            break
    where = f"{root}: no finished dump of {name}"
    raise WebError(f"{where} among those of {', '.join(tried)}" if tried else where)


def _dates(web: Web, name: str, root: str) -> Iterator[str]:
    """The dates of dumps, newest first."""
    folder = f"{root}/wikidatawiki/entities/" if name == WIKIDATA else f"{root}/{name}/"
    page = web.get(folder).decode("utf-8", "replace")
    yield from sorted(set(_DATE.findall(page)), reverse=True)


def _find_wiki(web: Web, name: str, root: str, date: str) -> tuple[RemoteFile, ...]:
    """The files with the pages of a wiki, as `dumpstatus.json` lists them; none while they are being made."""
    url = f"{root}/{name}/{date}/dumpstatus.json"
    body = web.get(url, absent=b"")
    if not body:
        return ()
    try:
        jobs: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])["jobs"]
        for job in _JOBS:
            found = jobs.get(job, {})
            if found.get("status") == "done" and found.get("files"):
                listed = sorted(found["files"].items(), key=lambda file: _natural(file[0]))
                wanted = [file for file in listed if ".xml" in file[0] and "-index" not in file[0]]
                return tuple(_listed(f"{root}/{name}/{date}", *file) for file in wanted)
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise WebError(f"{url}: is not the status of a dump: {error}") from error
    return ()


def _listed(folder: str, name: str, entry: dict[str, Any]) -> RemoteFile:
    if re.fullmatch(r"[\w.-]+", name) is None:
        raise ValueError(f"file name {name!r}")
    sums = {key: str(entry.get(key, "")).lower() for key in ("sha1", "md5")}
    # The URL of the list is the original's; a mirror has the same file in the same place.
    return RemoteFile(name, f"{folder}/{name}", int(entry["size"]), **sums)


def _find_wikidata(web: Web, name: str, root: str, date: str) -> tuple[RemoteFile, ...]:
    """The dump of all entities as JSON; it is finished when it stands in the lists of checksums."""
    folder = f"{root}/wikidatawiki/entities/{date}"
    name = f"wikidata-{date}-all.json.gz"
    sums = {
        kind: _sums(web.get(f"{folder}/wikidata-{date}-{kind}sums.txt", absent=b"")).get(name, "")
        for kind in ("sha1", "md5")
    }
    if not any(sums.values()):
        return ()
    url = f"{folder}/{name}"
    return (RemoteFile(name, url, _size(web, url), **sums),)


def _sums(body: bytes) -> dict[str, str]:
    """Checksums by name, of lines as `md5sum` writes them."""
    lines = (line.split() for line in body.decode("utf-8", "replace").splitlines())
    return {parts[1].lstrip("*"): parts[0].lower() for parts in lines if len(parts) == 2}


def _size(web: Web, url: str) -> int:
    """The size of a file, asked for with its first byte: not every server answers HEAD as it should."""
    with web.stream(url, {"Range": "bytes=0-0"}) as response:
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
        size = whole if response.status_code == 206 else response.headers.get("Content-Length", "")
    if not size.isdecimal():
        raise WebError(f"{url}: the server does not say how large it is")
    return int(size)


def _natural(name: str) -> list[Any]:
    """A key by which part 10 comes after part 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
