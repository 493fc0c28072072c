"""Inputs and outputs in object storage, on a real S3-compatible server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg2instruct import storage
from kg2instruct.errors import InputError, OutputError
from kg2instruct.pipeline.again import explain
from kg2instruct.pipeline.folder import write_json
from kg2instruct.streams import open_file

server = pytest.importorskip("moto.server", reason="needs moto[server]")
s3fs = pytest.importorskip("s3fs", reason="needs the extra `cluster`")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = server.ThreadedMotoServer("127.0.0.1", port, verbose=False)
    running.start()
    yield f"http://127.0.0.1:{port}"
    running.stop()


@pytest.fixture
def s3(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of the server with an empty bucket, as the environment tells every client."""
    told = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "KG2INSTRUCT_CACHE": str(tmp_path / "cache"),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    client = s3fs.S3FileSystem(use_listings_cache=False)
    client.mkdir("bucket")
    yield client
    client.rm("bucket", recursive=True)


def test_an_object_is_staged_once_and_again_when_it_is_another(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_RANGE_BYTES", 7)
    s3.pipe_file("bucket/dumps/a.xml", b"0123456789" * 20)
    path = storage.local("s3://bucket/dumps/a.xml")
    assert path.name == "a.xml"
    assert path.read_bytes() == b"0123456789" * 20
    path.write_bytes(b"the copy")
    assert storage.local(Path("s3://bucket/dumps/a.xml")).read_bytes() == b"the copy"  # not fetched again
    s3.pipe_file("bucket/dumps/a.xml", b"newer")
    assert storage.local("s3://bucket/dumps/a.xml").read_bytes() == b"newer"
    assert path.exists()


def test_a_folder_is_staged_whole(s3: Any) -> None:
    for name in ("manifest.json", "columns/a"):
        s3.pipe_file(f"bucket/kb/{name}", name.encode())
    folder = storage.local("s3://bucket/kb/")
    assert (folder / "columns" / "a").read_text() == "columns/a"
    assert (folder / "manifest.json").read_text() == "manifest.json"


def failing_once(monkeypatch: pytest.MonkeyPatch, method: str, at: int) -> list[Any]:
    """The client's line goes dead at a call of a method; the list tells what each call was for."""
    real, calls = getattr(s3fs.S3FileSystem, method), []

    async def failing(self: Any, first: Any, second: Any, *rest: Any, **more: Any) -> Any:
        calls.append(second)
        if len(calls) == at:
            raise OSError("the line is dead")
        return await real(self, first, second, *rest, **more)

    monkeypatch.setattr(s3fs.S3FileSystem, method, failing)
    s3fs.S3FileSystem.clear_instance_cache()
    return calls


def test_a_download_that_broke_off_goes_on(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_RANGE_BYTES", 3)
    content = bytes(range(100))
    s3.pipe_file("bucket/a", content)
    calls = failing_once(monkeypatch, "_cat_ranges", at=3)
    with pytest.raises(InputError, match=r"^s3://bucket/a: the line is dead$"):
        storage.local("s3://bucket/a")
    assert storage.local("s3://bucket/a").read_bytes() == content
    assert [starts[0] for starts in calls] == [0, 24, 48, 48, 72, 96]


def test_a_machine_that_is_told_the_path_of_a_copy_fetches_it_itself(s3: Any) -> None:
    s3.pipe_file("bucket/a.xml", b"pages")
    path = storage.local("s3://bucket/a.xml")
    path.unlink()
    with open_file(path) as file:
        assert file.read() == b"pages"
    path.unlink()
    s3.pipe_file("bucket/a.xml", b"other pages")
    with pytest.raises(InputError, match="has changed since this run began"):
        open_file(path)


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("name", ["s3://bucket/nothing", "s3://no-such-bucket/a"])
def test_what_is_not_there_is_told_in_one_line(name: str) -> None:
    with pytest.raises(InputError, match=rf"^{name}: there is no such object"):
        storage.local(name)


def test_a_client_that_is_not_installed_is_named() -> None:
    hidden = (
        "import sys; sys.modules['s3fs'] = None; from kg2instruct.storage import local; local('s3://b/a')"
    )
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert "MissingExtra: s3fs is not installed; run: pip install 'kg2instruct[cluster]'" in done.stderr


def run(number: int, *, finish: bool = True) -> None:
    """A run that writes some files, and the manifest last."""
    with storage.output_folder(Path("s3://bucket/run")) as folder:
        for name in ("data/a.parquet", "data/b.parquet", ".work/x", f"aligned/{number}.jsonl"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"{name} of {number}")
        if finish:
            write_json(folder / "manifest.json", {"run": number})


def stored(s3: Any) -> dict[str, bytes]:
    return {key.removeprefix("bucket/run/"): s3.cat_file(key) for key in s3.find("bucket/run")}


def test_a_folder_is_put_when_it_is_whole_and_replaces_an_older_one(s3: Any) -> None:
    run(1, finish=False)
    assert not s3.exists("bucket/run")
    for number in (1, 2):
        run(number)
        files = stored(s3)
        names = [f"aligned/{number}.jsonl", "data/a.parquet", "data/b.parquet", "manifest.json"]
        if number == 2:
            names.insert(0, "aligned/1.jsonl")  # the local folder still has it
        assert sorted(files) == names
        assert files["data/a.parquet"] == f"data/a.parquet of {number}".encode()


def test_a_put_that_broke_off_leaves_no_manifest_and_sends_only_the_rest_later(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(1)
    sent = failing_once(monkeypatch, "_put_file", at=4)
    with pytest.raises(OutputError, match=r"^s3://bucket/run: the line is dead$"):
        run(2)
    assert "manifest.json" not in stored(s3)
    run(2)
    names = ["aligned/1.jsonl", "aligned/2.jsonl", "data/a.parquet", "data/b.parquet", "data/b.parquet"]
    assert sent == [f"bucket/run/{name}" for name in names]
    assert stored(s3)["data/a.parquet"] == b"data/a.parquet of 2"
    assert stored(s3)["data/b.parquet"] == b"data/b.parquet of 2"
    assert "incomplete.json" not in stored(s3)


def test_another_machine_sees_that_a_run_is_finished(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(1)
    monkeypatch.setenv("KG2INSTRUCT_CACHE", str(tmp_path / "another machine"))
    with storage.output_folder(Path("s3://bucket/run")) as folder:
        assert (folder / "manifest.json").read_bytes() == stored(s3)["manifest.json"]
        assert not (folder / "stats.json").exists()  # as there is none there
    assert stored(s3)["data/a.parquet"] == b"data/a.parquet of 1"


def test_files_of_something_else_are_not_touched(s3: Any) -> None:
    s3.pipe_file("bucket/run/thesis.tex", b"years of work")
    with pytest.raises(OutputError, match="holds files of something else"):
        run(1)
    assert stored(s3) == {"thesis.tex": b"years of work"}


def test_a_build_from_and_into_a_bucket_is_that_of_local_files(
    s3: Any, towns: Any, make: Any, tmp_path: Path
) -> None:
    pages = towns.pages[:2]
    for path in (*pages, towns.entities):
        s3.put_file(str(path), f"bucket/in/{path.name}")

    def build(place: str, out: str) -> str:
        inputs = [part for path in pages for part in ("--wikipedia", f"{place}/{path.name}")]
        command = [sys.executable, "-m", "kg2instruct", "build", *inputs, "--workers", "2", "--out", out]
        command += ["--wikidata", f"{place}/{towns.entities.name}"]
        done = subprocess.run(
            command, env=os.environ, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    build(str(pages[0].parent), str(tmp_path / "here"))
    assert "put into s3://bucket/out" in build("s3://bucket/in", "s3://bucket/out")
    s3.get("bucket/out/", str(tmp_path / "there"), recursive=True)
    for name in ("data", "aligned", "kb"):
        assert make.bytes_of(tmp_path / "there", name) == make.bytes_of(tmp_path / "here", name)
    assert "was finished before" in build("s3://bucket/in", "s3://bucket/out")
    found = explain(tmp_path / "there", "zhwiki-1000-10000-0")  # the dumps are read where they were
    assert (found.page.id, found.differs) == (1000, "")
