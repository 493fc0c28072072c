"""A stand-in for the Hub over real HTTP: repositories, commits, large files, and faults on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

TOKEN = "hf_standInSecretToken"
USER = "ada"
LARGE = (".parquet", ".zst", ".bin")
LICENCES = {"cc-by-sa-4.0", "apache-2.0", "mit", "other"}


def blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class File:
    content: bytes
    large: bool

    def entry(self, path: str) -> dict[str, Any]:
        found = {"type": "file", "path": path, "size": len(self.content), "oid": blob_id(self.content)}
        if self.large:
            sha = hashlib.sha256(self.content).hexdigest()
            found["lfs"] = {"oid": sha, "size": len(self.content), "pointerSize": 130}
        return found


@dataclass
class Commit:
    oid: str
    files: dict[str, File]
    message: str = ""


@dataclass
class Repo:
    private: bool
    refs: dict[str, list[Commit]]
    kind: str = "dataset"
    discussions: list[dict[str, Any]] = field(default_factory=list)

    def at(self, revision: str) -> Commit | None:
        if revision in self.refs:
            return self.refs[revision][-1]
        return next((c for line in self.refs.values() for c in line if c.oid == revision), None)


@dataclass
class Fault:
    """What happens to requests that match instead of an answer: `cut` or an HTTP status."""

    method: str
    path: str
    answer: int | str
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    """Cut only after the request has done its work: the answer is lost."""


class StandIn:
    """The Hub's state, and what was asked of it."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.uploaded: list[str] = []
        self.lock = threading.Lock()
        self.commits = 0
        self.url = ""

    def new_commit(self, files: dict[str, File], message: str) -> Commit:
        self.commits += 1
        return Commit(hashlib.sha1(f"commit {self.commits}".encode()).hexdigest(), files, message)

    def add_repo(self, name: str, *, private: bool = False, kind: str = "dataset") -> Repo:
        first = self.new_commit({".gitattributes": File(b"*.parquet filter=lfs\n", False)}, "initial commit")
        self.repos[name] = Repo(private, {"main": [first]}, kind)
        return self.repos[name]

    def files(self, name: str, revision: str = "main") -> dict[str, bytes]:
        commit = self.repos[name].at(revision)
        assert commit is not None
        return {path: file.content for path, file in commit.files.items() if path != ".gitattributes"}

    def fault(self, method: str, path: str, answer: int | str, **more: Any) -> None:
        self.faults.append(Fault(method, path, answer, **more))

    def asked(self, method: str, path: str) -> int:
        return sum(m == method and re.search(path, p) is not None for m, p in self.requests)


class Answer(Exception):
    """Ends the handling of a request."""

    def __init__(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.status, self.body, self.headers = status, body, headers or {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: StandIn
    kind = "dataset"
    timeout = 20

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        path, self.query = unquote(parts.path), parse_qs(parts.query)
        self.hub.requests.append((self.command, path))
        fault = self._fault(path)
        if fault and fault.answer == "cut" and not fault.after:
            self.rfile.read(min(1000, int(self.headers.get("Content-Length", 0)) // 2))
            self._cut()
            return
        self.body = self._body()
        try:
            if fault and isinstance(fault.answer, int):
                raise Answer(fault.answer, {"error": "as told"}, fault.headers)
            with self.hub.lock:
                self._route(path)
            raise Answer(404, {"error": "Not Found"})
        except Answer as answer:
            if fault and fault.after:
                self._cut()
            else:
                self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815

    def _fault(self, path: str) -> Fault | None:
        for fault in self.hub.faults:
            if fault.times and fault.method == self.command and re.search(fault.path, path):
                fault.times -= 1
                return fault
        return None

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.shutdown(socket.SHUT_RDWR)

    body: bytes

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _send(self, answer: Answer) -> None:
        raw = isinstance(answer.body, bytes)
        body = answer.body if raw else json.dumps(answer.body).encode() if answer.body is not None else b""
        self.send_response(answer.status)
        headers = {"Content-Length": str(len(body)), "Content-Type": "application/json"} | answer.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    # The Hub's endpoints

    def _route(self, path: str) -> None:
        # Models have the addresses of data sets without the prefix, but in the API.
        self.kind = "model" if not re.match(r"/(api/(?!models/)|datasets/|large/)", path) else "dataset"
        if self.kind == "model":
            path = (
                re.sub(r"^/api/models/", "/api/datasets/", path)
                if path.startswith("/api/")
                else f"/datasets{path}"
            )
        for method, pattern, act in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and self.command in method:
                act(self, *match.groups())

    def _logged_in(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _repo(self, name: str, *, write: bool = False) -> Repo:
        repo = self.hub.repos.get(name)
        if repo is None or repo.kind != self.kind or (repo.private and not self._logged_in()):
            raise Answer(
                401 if not self._logged_in() else 404,
                {"error": "Repository not found"},
                _code("RepoNotFound"),
            )
        if write and not self._logged_in():
            raise Answer(
                401,
                {"error": "Invalid credentials in Authorization header"},
                {"X-Error-Message": "Invalid credentials in Authorization header"},
            )
        if write and not name.startswith(f"{USER}/"):
            raise Answer(403, {"error": "Forbidden"}, {"X-Error-Message": "you do not own this"})
        return repo

    def _commit(self, name: str, revision: str) -> Commit:
        commit = self._repo(name).at(revision)
        if commit is None:
            raise Answer(404, {"error": "Invalid rev id"}, _code("RevisionNotFound"))
        return commit

    def whoami(self) -> None:
        if not self._logged_in():
            raise Answer(401, {"error": "Invalid username or password."})
        raise Answer(200, {"type": "user", "name": USER, "fullname": USER, "orgs": [], "auth": {}})

    def create(self) -> None:
        if not self._logged_in():
            raise Answer(401, {"error": "Invalid username or password."})
        asked = json.loads(self.body)
        owner = asked.get("organization") or USER
        name = f"{owner}/{asked['name']}"
        url = f"{self.hub.url}/datasets/{name}"
        if name in self.hub.repos:
            raise Answer(409, {"error": "You already created this dataset repo", "url": url})
        if owner != USER:
            raise Answer(403, {"error": "You don't have the rights to create a dataset under this namespace"})
        private = asked.get("visibility") == "private" or asked.get("private") is True
        self.hub.add_repo(name, private=private, kind=asked.get("type", "dataset"))
        raise Answer(200, {"url": url, "name": name, "id": name})

    def info(self, name: str, revision: str | None) -> None:
        commit, repo = self._commit(name, revision or "main"), self.hub.repos[name]
        raise Answer(
            200,
            {
                "_id": "1", "id": name, "author": name.split("/")[0], "sha": commit.oid, "private": repo.private,
                "gated": False, "disabled": False, "downloads": 0, "likes": 0, "tags": [],
                "lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
                "siblings": [{"rfilename": path} for path in sorted(commit.files)], "key": "", "cardData": {},
            },
        )  # fmt: skip

    def tree(self, name: str, revision: str, below: str | None) -> None:
        files = self._commit(name, revision).files
        prefix = f"{below}/" if below else ""
        recursive = self.query.get("recursive", ["false"])[0].lower() in ("true", "1")
        inside = {path: file for path, file in files.items() if path.startswith(prefix)}
        if below and not inside:
            raise Answer(404, {"error": "not found"}, _code("EntryNotFound"))
        folders = {
            "/".join(path.split("/")[: depth + 1])
            for path in inside
            for depth in range(prefix.count("/"), path.count("/"))
        }
        found = [file.entry(path) for path, file in sorted(inside.items())]
        found += [
            {"type": "directory", "path": folder, "oid": blob_id(folder.encode()), "size": 0}
            for folder in sorted(folders)
        ]
        if not recursive:
            found = [entry for entry in found if "/" not in entry["path"].removeprefix(prefix)]
        raise Answer(200, found)

    def paths_info(self, name: str, revision: str) -> None:
        files = self._commit(name, revision).files
        text = self.body.decode()
        asked = json.loads(text)["paths"] if text.startswith("{") else parse_qs(text).get("paths", [])
        found: list[dict[str, Any]] = [files[path].entry(path) for path in asked if path in files]
        found += [
            {"type": "directory", "path": path, "oid": blob_id(path.encode())}
            for path in asked
            if any(other.startswith(f"{path}/") for other in files)
        ]
        raise Answer(200, found)

    def validate_yaml(self) -> None:
        asked = json.loads(self.body)
        header = asked["content"].split("---")[1]
        licence = re.search(r"^license: (\S+)", header, re.MULTILINE)
        needed = asked.get("repoType") != "model"
        if (needed and not licence) or (licence and licence[1] not in LICENCES):
            raise Answer(400, {"errors": [{"message": '"license" must be one of [...]'}], "warnings": []})
        raise Answer(200, {"errors": [], "warnings": []})

    def preupload(self, name: str, revision: str) -> None:
        self._repo(name, write="create_pr" not in self.query)
        files = self._commit(name, revision).files
        raise Answer(
            200,
            {
                "files": [
                    {
                        "path": one["path"],
                        "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                        "shouldIgnore": False,
                        "oid": files[one["path"]].entry("")["oid"] if one["path"] in files else None,
                    }
                    for one in json.loads(self.body)["files"]
                ]
            },
        )

    def batch(self, _name: str) -> None:
        objects: list[dict[str, Any]] = []
        for one in json.loads(self.body)["objects"]:
            answer = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.large:
                answer["actions"] = {"upload": {"href": f"{self.hub.url}/large/{one['oid']}"}}
            objects.append(answer)
        raise Answer(200, {"transfer": "basic", "objects": objects})

    def upload(self, sha: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != sha:
            raise Answer(400, {"error": "content does not have this hash"})
        self.hub.large[sha] = self.body
        self.hub.uploaded.append(sha)
        raise Answer(200, {}, {"ETag": f'"{sha}"'})

    def commit(self, name: str, revision: str) -> None:
        opens = "create_pr" in self.query
        repo, before = self._repo(name, write=not opens), self._commit(name, revision)
        files, message = dict(before.files), ""
        for line in self.body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                message = value["summary"]
            elif entry["key"] == "file":
                files[value["path"]] = File(base64.b64decode(value["content"]), False)
            elif entry["key"] == "lfsFile":
                if value["oid"] not in self.hub.large:
                    raise Answer(400, {"error": f"large file {value['oid']} was never uploaded"})
                files[value["path"]] = File(self.hub.large[value["oid"]], True)
            elif entry["key"] == "deletedFile" and files.pop(value["path"], None) is None:
                raise Answer(404, {"error": "A file with this name doesn't exist"}, _code("EntryNotFound"))
        made = self.hub.new_commit(files, message)
        answer = {"commitUrl": f"{self.hub.url}/datasets/{name}/commit/{made.oid}", "commitOid": made.oid}
        if opens:
            number = len(repo.discussions) + 1
            repo.refs[f"refs/pr/{number}"] = [made]
            repo.discussions.append(
                {
                    "num": number, "title": message, "author": {"name": USER}, "status": "open",
                    "isPullRequest": True, "repo": {"name": name, "type": "dataset"},
                    "createdAt": "2026-01-01T00:00:00.000Z",
                }
            )  # fmt: skip
            answer["pullRequestUrl"] = f"{self.hub.url}/datasets/{name}/discussions/{number}"
        else:
            repo.refs[revision].append(made)
        raise Answer(200, answer)

    def branch(self, name: str, branch: str) -> None:
        repo = self._repo(name, write=True)
        if branch in repo.refs:
            raise Answer(409, {"error": "Reference already exists"})
        repo.refs[branch] = [repo.refs["main"][-1]]
        raise Answer(200, {})

    def discussions(self, name: str) -> None:
        found = self._repo(name).discussions
        raise Answer(200, {"discussions": found, "count": len(found), "start": 0})

    def resolve(self, name: str, revision: str, path: str) -> None:
        commit = self._commit(name, revision)
        file = commit.files.get(path)
        if file is None:
            raise Answer(
                404, {"error": "Entry not found"}, _code("EntryNotFound") | {"X-Repo-Commit": commit.oid}
            )
        entry = file.entry(path)
        headers = {
            "ETag": f'"{entry["lfs"]["oid"] if file.large else entry["oid"]}"',
            "X-Repo-Commit": commit.oid,
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
        }
        content, status = file.content, 200
        if match := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, end = int(match[1]), int(match[2] or len(content) - 1)
            headers["Content-Range"] = f"bytes {start}-{min(end, len(content) - 1)}/{len(content)}"
            content, status = content[start : end + 1], 206
        if self.command == "HEAD":
            headers["Content-Length"] = str(len(content))
        raise Answer(status, content, headers)


def _code(code: str) -> dict[str, str]:
    return {"X-Error-Code": code, "X-Error-Message": code}


_NAME = r"([\w.-]+/[\w.-]+)"
Act = Callable[..., None]
ROUTES: list[tuple[tuple[str, ...], str, Act]] = [
    (("GET",), "/api/whoami-v2", Handler.whoami),
    (("POST",), "/api/repos/create", Handler.create),
    (("POST",), "/api/validate-yaml", Handler.validate_yaml),
    (("GET", "HEAD"), rf"/api/datasets/{_NAME}(?:/revision/(.+))?", Handler.info),
    (("GET",), rf"/api/datasets/{_NAME}/tree/(refs/pr/\d+|[^/]+)(?:/(.+))?", Handler.tree),
    (("POST",), rf"/api/datasets/{_NAME}/paths-info/(.+)", Handler.paths_info),
    (("POST",), rf"/api/datasets/{_NAME}/preupload/(.+)", Handler.preupload),
    (("POST",), rf"/api/datasets/{_NAME}/commit/(.+)", Handler.commit),
    (("POST",), rf"/api/datasets/{_NAME}/branch/(.+)", Handler.branch),
    (("GET",), rf"/api/datasets/{_NAME}/discussions", Handler.discussions),
    (("POST",), rf"/datasets/{_NAME}\.git/info/lfs/objects/batch", Handler.batch),
    (("PUT",), r"/large/(\w+)", Handler.upload),
    (("GET", "HEAD"), rf"/datasets/{_NAME}/resolve/(refs/pr/\d+|[^/]+)/(.+)", Handler.resolve),
]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    """A running stand-in; the client in this process is pointed at it and logged in."""
    standin = StandIn()
    handler = type("BoundHandler", (Handler,), {"hub": standin})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
    thread.start()
    from huggingface_hub import constants

    monkeypatch.setenv("HF_ENDPOINT", standin.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    yield standin
    server.shutdown()
    server.server_close()
    thread.join()
