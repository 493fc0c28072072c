"""A dataset folder (`kg2instruct push`), or any files, to the Hub: in one commit, resumable.

Large files are uploaded first, some at a time; the Hub knows them by their content, so after an interruption
only what is missing is sent. One commit at the end makes all of them visible together: nobody ever sees half a
dataset.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import huggingface_hub
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from kg2instruct.publish.files import OWNED, LocalFile, publishable
from kg2instruct.publish.hub_errors import CAUGHT, LOGIN, HubError, Place, explain, retry_after, root_of

T = TypeVar("T")

Kind = Literal["dataset", "model"]

_AT_ONCE = 20  # files uploaded between two looks at the clock
_TRIES = 4
_LONGEST_WAIT = 120.0  # seconds; where the Hub asks for more, the user is told


@dataclass(frozen=True, slots=True)
class PushOptions:
    """How to push. `private` None makes a new repository private and leaves an existing one as it is,
    unless it is public, which must be said."""

    private: bool | None = None
    branch: str = ""
    pull_request: bool = False
    message: str = "Dataset made with kg2instruct"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: where the dataset is, which files were sent and removed, which were there."""

    url: str
    commit: str
    sent: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0


def push(
    folder: Path,
    repo: str,
    options: PushOptions = PushOptions(),
    *,
    told: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Pushed:
    """Push a dataset folder; run again after an interruption it goes on, run again after that it does nothing.

    Respects HF_ENDPOINT and HF_TOKEN (or the token of `hf auth login`), which is never shown. Raises InputError
    for a folder not fit to be published and HubError, in one line, for all that the Hub or the network does.
    """
    return push_files(publishable(folder), repo, options, told=told, sleep=sleep)


def push_files(
    files: list[LocalFile],
    repo: str,
    options: PushOptions = PushOptions(),
    *,
    kind: Kind = "dataset",
    told: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Pushed:
    """Push files as `push` does, to a repository of this kind. Raises HubError."""
    return _Push(files, repo, options, kind, told, sleep).run()


@dataclass(slots=True)
class _Push:
    files: list[LocalFile]
    repo: str
    options: PushOptions
    kind: Kind
    told: Callable[[str], None]
    sleep: Callable[[float], None]
    api: HfApi = field(init=False)
    place: Place = field(init=False)

    def run(self) -> Pushed:
        token = huggingface_hub.get_token()
        self.api = HfApi(
            endpoint=os.environ.get("HF_ENDPOINT") or None, token=token, library_name="kg2instruct"
        )
        self.place = Place(self.api.endpoint, self.repo, token=token or "")
        if not token:
            raise HubError(f"not logged in to {self.api.endpoint}: {LOGIN}")
        with _quiet():
            self._own(token)
            self._prepare()
            revision = self._revision()
            return self._again(lambda: self._commit(revision))

    def _own(self, token: str) -> None:
        """Who pushes, and the repository's full name."""
        user = str(self._again(self.api.whoami)["name"])
        if "/" not in self.repo:
            self.repo = f"{user}/{self.repo}"
        self.place = Place(self.api.endpoint, self.repo, user, token)

    def _prepare(self) -> None:
        """Make the repository, or see that the one there is may be pushed to."""
        private = self.options.private is not False
        self._again(
            lambda: self.api.create_repo(self.repo, repo_type=self.kind, private=private, exist_ok=True)
        )
        info = self._again(lambda: self.api.repo_info(self.repo, repo_type=self.kind))
        if private and info.private is False:
            raise HubError(
                f"{self.repo} exists and is public; say --public to publish there, or name another repository"
            )
        if not private and info.private:
            self.told(f"{self.repo} exists and is private; it stays so until you change it in its settings")
        branch = self.options.branch
        if branch and branch != "main":
            self._again(
                lambda: self.api.create_branch(self.repo, branch=branch, repo_type=self.kind, exist_ok=True)
            )

    def _revision(self) -> str:
        """Where to commit to: the branch, or an open pull request of an earlier push."""
        if not self.options.pull_request:
            return self.options.branch or "main"
        try:
            for one in self.api.get_repo_discussions(self.repo, repo_type=self.kind):
                ours = one.title == self.options.message and one.author == self.place.user
                if one.is_pull_request and one.status in ("open", "draft") and ours:
                    return f"refs/pr/{one.num}"
        except CAUGHT:  # then a new one is opened
            pass
        return "main"

    def _commit(self, revision: str) -> Pushed:
        """One attempt; whatever an earlier one brought there is found and not sent again."""
        there = self._there(revision)
        add = [file for file in self.files if not _same(file, there.get(file.name))]
        names = {file.name for file in self.files}
        gone = sorted(name for name in there if name.startswith(OWNED) and name not in names)
        kept = len(self.files) - len(add)
        below = "datasets/" if self.kind == "dataset" else ""
        url = f"{self.api.endpoint}/{below}{self.repo}"
        if not add and not gone:
            info = self.api.repo_info(self.repo, revision=revision, repo_type=self.kind)
            return Pushed(url, info.sha or "", unchanged=kept)
        new_pull_request = self.options.pull_request and revision == "main"
        operations: list[Any] = [CommitOperationAdd(file.name, str(file.path)) for file in add]
        size = sum(file.size for file in add)
        done = 0
        for start in range(0, len(operations), _AT_ONCE):
            chunk = operations[start : start + _AT_ONCE]
            self.api.preupload_lfs_files(
                self.repo,
                chunk,
                repo_type=self.kind,
                revision=revision,
                create_pr=new_pull_request,
                free_memory=False,
            )
            done += sum(file.size for file in add[start : start + _AT_ONCE])
            self.told(f"{start + len(chunk)} of {len(add)} files, {done / 1e6:,.1f} of {size / 1e6:,.1f} MB")
        operations += [CommitOperationDelete(name, is_folder=False) for name in gone]
        commit = self.api.create_commit(
            self.repo,
            operations,
            commit_message=self.options.message,
            repo_type=self.kind,
            revision=revision,
            create_pr=new_pull_request,
        )
        return Pushed(commit.pr_url or url, commit.oid, tuple(file.name for file in add), tuple(gone), kept)

    def _there(self, revision: str) -> dict[str, Any]:
        """The files on the Hub by name; a repository may be empty."""
        try:
            tree = list(
                self.api.list_repo_tree(self.repo, recursive=True, revision=revision, repo_type=self.kind)
            )
        except EntryNotFoundError:
            return {}
        return {entry.path: entry for entry in tree if hasattr(entry, "blob_id")}

    def _again(self, act: Callable[[], T]) -> T:
        """Do something, and again where that may help; what stays wrong is told in one line."""
        for attempt in range(_TRIES):
            try:
                return act()
            except CAUGHT as error:
                wait = retry_after(root_of(error))
                if wait is None or attempt + 1 == _TRIES or wait > _LONGEST_WAIT:
                    raise explain(error, self.place) from error
                seconds = wait if wait >= 0 else 2.0**attempt
                self.told(f"{_reason(root_of(error))}; trying again in {seconds:.0f} s")
                self.sleep(seconds)
        raise AssertionError("unreachable")


def _reason(error: BaseException) -> str:
    if isinstance(error, HfHubHTTPError):
        return f"the Hub answered {error.response.status_code}"
    return "the connection failed"


def _same(file: LocalFile, there: Any) -> bool:
    """Whether the Hub has a file as it is here."""
    if there is None or there.size != file.size:
        return False
    if there.lfs is not None:
        return bool(there.lfs.sha256 == file.sha256())
    return bool(there.blob_id == file.blob_id())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the client's own warnings and bars: what matters of them is told by us."""
    before, bars = hub_logging.get_verbosity(), not are_progress_bars_disabled()
    hub_logging.set_verbosity(logging.ERROR)
    disable_progress_bars()
    try:
        yield
    finally:
        hub_logging.set_verbosity(before)
        if bars:
            enable_progress_bars()
