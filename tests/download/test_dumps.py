"""Dumps: found by date, downloaded in pieces, whole and as published or not at all."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cli.app import run
from kg2instruct.download.dumps import Dump, RemoteFile, find_dump
from kg2instruct.download.run import plan_download, run_download
from kg2instruct.errors import ConfigError, OutputError
from kg2instruct.retry import Backoff
from kg2instruct.web import Web, WebError

PIECE = 10_000
ZHWIKI = "zhwiki-20261001-pages-articles-multistream.xml.bz2"


@pytest.fixture
def web() -> Any:
    with Web(backoff=Backoff(first=0.001, longest=0.01, tries=5)) as client:
        yield client


def fetch(web: Web, dump: Dump, folder: Path, *, connections: int = 3) -> list[Path]:
    plan = plan_download(dump, folder)
    return run_download(web, plan, folder, connections=connections, tell=lambda *_: None, piece_bytes=PIECE)


def test_the_newest_dump_that_is_finished_is_taken(wiki: Any, web: Web) -> None:
    dump = find_dump(web, "zhwiki", mirror=wiki.url)
    assert (dump.date, [file.name for file in dump.files]) == ("20261001", [ZHWIKI])
    assert find_dump(web, "zhwiki", date="20260901", mirror=wiki.url).date == "20260901"


def test_a_dump_in_parts_is_taken_in_their_order(wiki: Any, web: Web) -> None:
    dump = find_dump(web, "enwiki", mirror=wiki.url + "/")
    assert [file.name.partition("stream")[2][:2] for file in dump.files] == ["1.", "9.", "10"]


def test_the_dump_of_entities_is_finished_when_its_checksum_is_published(
    wiki: Any, web: Web, content: bytes
) -> None:
    dump = find_dump(web, "wikidata", mirror=wiki.url)
    (file,) = dump.files
    assert (dump.date, file.name, file.size) == ("20261102", "wikidata-20261102-all.json.gz", len(content))
    assert len(file.sha1) == 40 and file.md5 == ""


def test_dates_that_are_not_there_or_not_finished_are_told(wiki: Any, web: Web) -> None:
    for date in ("20261101", "20250101"):
        with pytest.raises(WebError, match=f"no finished dump of zhwiki among those of {date}"):
            find_dump(web, "zhwiki", date=date, mirror=wiki.url)
    with pytest.raises(ConfigError, match="expected a date"):
        find_dump(web, "zhwiki", date="latest", mirror=wiki.url)
    with pytest.raises(WebError, match="frwiki/: not there"):
        find_dump(web, "frwiki", mirror=wiki.url)


def test_a_file_name_that_leads_elsewhere_is_refused(wiki: Any, web: Web) -> None:
    status = "/zhwiki/20261001/dumpstatus.json"
    wiki.files[status] = wiki.files[status].replace(ZHWIKI.encode(), b"../../etc/pages.xml")
    with pytest.raises(WebError, match="not the status of a dump"):
        find_dump(web, "zhwiki", date="20261001", mirror=wiki.url)


def test_a_file_comes_in_pieces_over_several_connections(
    wiki: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    (path,) = fetch(web, find_dump(web, "zhwiki", mirror=wiki.url), tmp_path)
    assert path.read_bytes() == content
    assert len(wiki.asked(ZHWIKI)) == -(-len(content) // PIECE)
    assert wiki.most_at_once <= 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["checked.txt", ZHWIKI]
    before = len(wiki.asked(ZHWIKI))
    assert fetch(web, find_dump(web, "zhwiki", mirror=wiki.url), tmp_path) == [path]
    assert len(wiki.asked(ZHWIKI)) == before


def test_connections_that_break_are_taken_up_where_they_broke(
    wiki: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    chance = random.Random(1)
    wiki.cut = lambda path, size: (
        chance.randrange(size) if path.endswith("bz2") and chance.random() < 0.7 else None
    )
    (path,) = fetch(web, find_dump(web, "zhwiki", mirror=wiki.url), tmp_path)
    assert path.read_bytes() == content
    assert wiki.sent < 1.2 * len(content) + 20_000


def test_busy_servers_are_asked_again_when_they_say(
    wiki: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    wait = 503, {"Retry-After": "0"}
    # No more refusals than a piece has tries: several connections may share them out in any way.
    busy = itertools.chain([wait, None, (429, {}), None, wait, None, (429, {})], itertools.repeat(None))
    wiki.before = lambda _path: next(busy)
    (path,) = fetch(web, find_dump(web, "zhwiki", mirror=wiki.url), tmp_path)
    assert path.read_bytes() == content


def test_a_server_that_knows_no_parts_sends_the_whole(
    wiki: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    wiki.ranges = False
    cuts = itertools.chain([30_000, 500, None], itertools.repeat(None))
    wiki.cut = lambda path, _size: next(cuts) if path.endswith("bz2") else None
    (path,) = fetch(web, find_dump(web, "zhwiki", mirror=wiki.url), tmp_path)
    assert path.read_bytes() == content


def test_a_wrong_byte_is_noticed_and_the_file_fetched_anew(
    wiki: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    dump = find_dump(web, "zhwiki", mirror=wiki.url)
    place = f"/zhwiki/20261001/{ZHWIKI}"
    wrong = content[:50_000] + bytes([content[50_000] ^ 1]) + content[50_001:]
    wiki.files[place] = wrong

    def mend(_path: str) -> None:
        if len(wiki.asked(ZHWIKI)) > -(-len(content) // PIECE):
            wiki.files[place] = content

    wiki.before = mend
    (path,) = fetch(web, dump, tmp_path)
    assert path.read_bytes() == content


def test_a_file_that_stays_wrong_is_refused(wiki: Any, web: Web, content: bytes, tmp_path: Path) -> None:
    wiki.files[f"/zhwiki/20261001/{ZHWIKI}"] = content[:-1] + b"\0"
    with pytest.raises(WebError, match=r"the sha1 is .*, 2 times; .* try another --mirror"):
        fetch(web, find_dump(web, "zhwiki", mirror=wiki.url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_had_from_elsewhere_is_only_checked(
    wiki: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / ZHWIKI).write_bytes(content)
    dump = find_dump(web, "zhwiki", mirror=wiki.url)
    assert plan_download(dump, tmp_path).needed == 0
    (path,) = fetch(web, dump, tmp_path)
    assert path.read_bytes() == content and wiki.asked(ZHWIKI) == []
    (tmp_path / "checked.txt").unlink()
    path.write_bytes(b"\0" * len(content))
    assert fetch(web, dump, tmp_path)[0].read_bytes() == content


def test_a_file_without_a_checksum_that_changes_under_way_is_begun_anew(
    files: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    other = content[::-1]
    files.files["/latest.gz"] = content

    def change(_path: str) -> None:
        if len(files.requests) == 5:
            files.files["/latest.gz"] = other

    files.before = change
    dump = Dump("x", "", (RemoteFile("latest.gz", f"{files.url}/latest.gz", len(content)),))
    (path,) = fetch(web, dump, tmp_path)
    assert path.read_bytes() == other


def test_a_file_that_became_shorter_is_told(files: Any, web: Web, content: bytes, tmp_path: Path) -> None:
    files.files["/latest.gz"] = content[:60_000]
    dump = Dump("x", "", (RemoteFile("latest.gz", f"{files.url}/latest.gz", len(content)),))
    with pytest.raises(WebError, match="keeps changing"):
        fetch(web, dump, tmp_path)


def test_a_server_that_stays_down_ends_the_run_and_what_came_stays(
    wiki: Any, web: Web, content: bytes, tmp_path: Path
) -> None:
    dump = find_dump(web, "zhwiki", mirror=wiki.url)
    wiki.before = lambda _path: (503, {}) if wiki.sent > 50_000 else None
    with pytest.raises(WebError, match="failed 5 times, last with: status 503; the same command goes on"):
        fetch(web, dump, tmp_path)
    wiki.before, sent = lambda _path: None, wiki.sent
    assert fetch(web, dump, tmp_path)[0].read_bytes() == content
    assert wiki.sent - sent < 70_000


def test_a_full_disk_is_told_before_anything_is_downloaded(
    wiki: Any, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(OutputError, match="are needed and"):
        fetch(web, find_dump(web, "zhwiki", mirror=wiki.url), tmp_path / "new")
    assert wiki.asked(ZHWIKI) == [] and not (tmp_path / "new").exists()


def test_the_command_lists_the_files_and_goes_on_after_kill_9(
    wiki: Any, content: bytes, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "kg2instruct",
        "download",
        "enwiki",
        "--mirror",
        wiki.url,
        "--out",
        str(tmp_path),
    ]
    listed = subprocess.run([*command, "--dry-run"], check=True, capture_output=True, text=True)
    assert listed.stdout == ""
    assert "enwiki of 20261001" in listed.stderr and "GB free" in listed.stderr
    assert f"{len(content) - 1:,}  enwiki-20261001-pages-articles-multistream1.xml-p1p19.bz2" in listed.stderr
    running: list[subprocess.Popen[bytes]] = []

    def kill(path: str) -> None:
        if "multistream9" in path and running:
            os.kill(running.pop().pid, signal.SIGKILL)

    wiki.before = kill
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        running.append(process)
    assert process.returncode == -signal.SIGKILL
    done = subprocess.run([*command, "--quiet"], check=True, capture_output=True, text=True)
    assert len(wiki.asked("multistream1.xml")) == 1
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert [path.read_bytes() for path in paths] == [content[1:], content[9:], content[10:]]


def test_the_command_tells_errors_in_a_line(
    wiki: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv",
        ["kg2instruct", "download", "zhwiki", "--date", "20250101", "--mirror", wiki.url, "--out", str(tmp_path)],
    )  # fmt: skip
    assert run() == 1
    assert "no finished dump" in capsys.readouterr().err
