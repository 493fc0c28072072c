"""Models and data sets from the Hub, or a mirror of it (HF_ENDPOINT), each file checked against what the Hub says."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kg2instruct.errors import OutputError
from kg2instruct.publish.hub_errors import CAUGHT, HubError, is_network, retry_after, root_of
from kg2instruct.retry import Backoff
from kg2instruct.web import WebError

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: its size, and its SHA-256 (large ones) or git's hash of it."""

    name: str
    size: int
    sha256: str
    blob: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A state of a repository that stays what it is: kind (model or dataset), name, commit, files."""

    kind: str
    name: str
    commit: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class Hub:
    """The Hub, asked again after what may pass. The token comes from HF_TOKEN or the login, and is never shown."""

    def __init__(self, endpoint: str = "", *, backoff: Backoff | None = None) -> None:
        from huggingface_hub import HfApi

        self._api = HfApi(endpoint=endpoint or os.environ.get("HF_ENDPOINT") or None)
        self._backoff = backoff or Backoff()

    def find(self, name: str, *, revision: str = "", kind: str = "") -> Repository:
        """A repository as it is now: a model of that name, or else a data set.

        `datasets/NAME` is a data set, as on the site. Raises WebError when there is none that may be seen.
        """
        prefix, _, rest = name.partition("/")
        if prefix in ("datasets", "models") and rest:
            name, kind = rest, prefix[:-1]
        kinds = [kind] if kind else ["model", "dataset"]
        said = ""
        for tried in kinds:
            try:
                return self._look(name, tried, revision or None)
            except _NoneError as error:
                said = str(error)
        raise WebError(
            f"{name}: no {' or '.join(kinds)} of this name at {self._api.endpoint}, or one that needs a login "
            f"({said}); set HF_TOKEN or run `hf auth login`"
        )

    def _look(self, name: str, kind: str, revision: str | None) -> Repository:
        found = self._again(name, partial(self._api.repo_info, name, repo_type=kind, revision=revision))
        commit = str(found.sha)
        return Repository(kind, name, commit, self._again(name, partial(self._files, name, kind, commit)))

    def _files(self, name: str, kind: str, commit: str) -> tuple[HubFile, ...]:
        from huggingface_hub.hf_api import RepoFile

        entries = self._api.list_repo_tree(name, recursive=True, revision=commit, repo_type=kind)
        files = [
            HubFile(entry.path, entry.size, entry.lfs.sha256 if entry.lfs else "", entry.blob_id)
            for entry in entries
            if isinstance(entry, RepoFile)
        ]
        return tuple(sorted(files, key=lambda file: file.name))

    def download(self, found: Repository, folder: Path, *, tell: Callable[[str, int], None]) -> list[Path]:
        """Download a repository to a folder; files that are there as they should be are left alone.

        Raises OutputError when the disk has not enough room, WebError when a file comes damaged.
        """
        missing = {file for file in found.files if not _is_whole(folder / file.name, file)}
        needed = sum(file.size for file in missing)
        above = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        if needed > (free := shutil.disk_usage(above).free):
            raise OutputError(f"{folder}: {needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB free")
        done = 0
        for file in found.files:
            tell(file.name, done)
            if file in missing:
                self._download(found, file, folder)
            done += file.size
        tell("done", done)
        return [folder / file.name for file in found.files]

    def _download(self, found: Repository, file: HubFile, folder: Path) -> None:
        fetch = partial(
            self._api.hf_hub_download, found.name, file.name,
            repo_type=found.kind, revision=found.commit, local_dir=folder,
        )  # fmt: skip
        for force in (False, True):
            self._again(found.name, partial(fetch, force_download=force))
            if _is_whole(folder / file.name, file):
                return
            (folder / file.name).unlink(missing_ok=True)
        raise WebError(
            f"{found.name}: {file.name} came twice with another content than the Hub says it has; "
            "the mirror may be damaged, unset HF_ENDPOINT or name another --mirror"
        )

    def _again(self, name: str, act: Callable[[], Any]) -> Any:
        """What `act` returns; tried again after what may pass."""
        from huggingface_hub.errors import RepositoryNotFoundError

        for number in range(1, self._backoff.tries + 1):
            try:
                return act()
            except RepositoryNotFoundError as error:
                raise _NoneError(str(error.response.status_code)) from error
            except CAUGHT as error:
                wait = retry_after(root_of(error))
                if wait is None or number == self._backoff.tries:
                    raise self._told(error, name) from error
                time.sleep(wait if wait >= 0 else self._backoff.delay(number))
        raise AssertionError

    def _told(self, error: Exception, name: str) -> Exception:
        root = root_of(error)
        if isinstance(root, OSError) and root.filename is not None:
            return OutputError(f"{root.filename}: {root.strerror or root}")
        status = getattr(getattr(root, "response", None), "status_code", None)
        if is_network(root):
            said = f"the connection to {self._api.endpoint} failed ({root})"
        elif status in (401, 403):
            said = f"{self._api.endpoint} does not let you in ({status}); set HF_TOKEN, or ask for access on the site"
        else:
            said = " ".join(str(root).split())
        line = f"{name}: {said}; the same command goes on from here"
        for secret in filter(None, (os.environ.get("HF_TOKEN", ""),)):
            line = line.replace(secret, "***")
        return HubError(line)


def _is_whole(path: Path, file: HubFile) -> bool:
    """Whether a file is there and has the content that the Hub says."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    digest = (
        hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    )
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest() == (file.sha256 or file.blob)


class _NoneError(Exception):
    """There is no such repository, or none that may be seen."""
