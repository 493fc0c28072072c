"""Wrong inputs, full disks, dying workers: a clear message, counts, and nothing half-done that looks whole."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, InputError, Kg2InstructError, OutputError
from kg2instruct.pipeline import stages
from kg2instruct.pipeline.build import build
from kg2instruct.wikidata.build import build_store

SAME = ("data", "aligned")


@pytest.fixture(scope="module")
def whole(towns: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    build(BuildConfig(**towns.options), out)
    return out


def refused(out: Path, **options: Any) -> str:
    """The message of a build that fails before it has written anything."""
    with pytest.raises(Kg2InstructError) as caught:
        build(BuildConfig(**options), out)
    assert not (out / "manifest.json").exists()
    assert not (out / "data").exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_swapped_inputs_are_told_before_anything_is_written(towns: Any, tmp_path: Path) -> None:
    pages, entities = str(towns.pages[0]), str(towns.entities)
    out = tmp_path / "out"
    assert "--wikidata" in refused(out, wikipedia=(entities,), wikidata=(entities,))
    assert "--wikipedia" in refused(out, wikipedia=(pages,), wikidata=(pages,))
    assert not out.exists()


def test_an_export_that_says_it_is_of_another_wiki_is_told(towns: Any, tmp_path: Path) -> None:
    said = towns.pages[0].read_text(encoding="utf-8")
    other = tmp_path / "other.xml"
    head = '<mediawiki xml:lang="fr"><siteinfo><dbname>frwiki</dbname></siteinfo>'
    other.write_text(head + said[said.index("<page>") :], encoding="utf-8")
    towns_of = {**towns.options, "wikipedia": (str(other),)}
    problems = build(BuildConfig(**towns_of), tmp_path / "out").stats["problems"]
    assert problems["export of another wiki"]["examples"] == [
        f"{other}: says it is frwiki, and was read as zh; see --lang"
    ]


@pytest.mark.parametrize("flag", ["wikipedia", "wikidata", "kb", "schemas", "wiki_templates"])
def test_a_missing_file_is_named(towns: Any, tmp_path: Path, flag: str) -> None:
    options = {**towns.options, flag: str(tmp_path / "nowhere.xml")}
    if flag in ("wikipedia", "wikidata"):
        options[flag] = (options[flag],)
    if flag == "kb":
        options["wikidata"] = ()
    assert str(tmp_path / "nowhere.xml") in refused(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"<mediawiki></mediawiki>", b"plain text\n", b"\x00\x01\x02" * 100])
def test_an_input_without_pages_is_an_error_that_names_it(towns: Any, tmp_path: Path, content: bytes) -> None:
    pages = tmp_path / "pages.xml"
    pages.write_bytes(content)
    message = refused(tmp_path / "out", **{**towns.options, "wikipedia": (str(pages),)})
    assert str(pages) in message


def test_an_input_without_pages_tells_what_is_wrong_with_it(towns: Any, tmp_path: Path) -> None:
    said = {
        b"<mediawiki></mediawiki>": "expected a MediaWiki export with <page> elements",
        b"<mediawiki><page><title>x</title>": "page not closed: ",
    }
    for content, reason in said.items():
        path = tmp_path / "pages.xml"
        path.write_bytes(content)
        options = towns.options | {"wikipedia": (str(path),)}
        assert f"no page found; {reason}" in refused(tmp_path / "out", **options)


def test_a_dump_without_entities_is_an_error_that_names_it(towns: Any, tmp_path: Path) -> None:
    dump = tmp_path / "entities.json"
    dump.write_text("[\n]\n")
    assert str(dump) in refused(tmp_path / "out", **{**towns.options, "wikidata": (str(dump),)})


def test_entity_bombs_are_refused(towns: Any, tmp_path: Path, make: Any) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n' + make.export(
        [make.page(1, "甲", "乙")]
    )
    (tmp_path / "bomb.xml").write_text(bomb)
    assert "refused" in refused(
        tmp_path / "out", **{**towns.options, "wikipedia": (str(tmp_path / "bomb.xml"),)}
    )


def test_a_folder_that_is_no_knowledge_base_is_told(towns: Any, tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    options = {**towns.options, "wikidata": (), "kb": str(tmp_path / "kb")}
    assert "is not a store" in refused(tmp_path / "out", **options)


def test_a_knowledge_base_without_the_language_is_told(towns: Any, tmp_path: Path) -> None:
    build_store([towns.entities], tmp_path / "kb", langs=("en",))
    message = refused(tmp_path / "out", **{**towns.options, "wikidata": (), "kb": str(tmp_path / "kb")})
    assert "no names in zh, only in en" in message


def test_languages_of_pages_are_asked_for(towns: Any) -> None:
    with pytest.raises(ConfigError, match="say of which language, as in --wikipedia zh="):
        build(BuildConfig(lang=("zh", "en"), **towns.options), Path("unused"))
    with pytest.raises(ConfigError, match="no pages for en"):
        pages = tuple(f"zh={path}" for path in towns.options["wikipedia"])
        build(
            BuildConfig(lang=("zh", "en"), wikipedia=pages, wikidata=towns.options["wikidata"]),
            Path("unused"),
        )


def test_an_output_that_is_a_file_is_told(towns: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="--out"):
            build(BuildConfig(**towns.options), out)


def test_an_output_that_is_read_only_is_told(towns: Any, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):  # root
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "none", folder], capture_output=True
        ).returncode:
            pytest.skip("root may write everywhere, and nothing can be mounted here")
        unmount = ["umount", "--lazy", folder]
    else:
        unmount = ["true"]
    try:
        with pytest.raises(OutputError, match=r"(?i)(read-only|permission denied).*--out"):
            build(BuildConfig(**towns.options), folder / "out")
    finally:
        subprocess.run(unmount, check=True)


@pytest.mark.parametrize("kilobytes", [1, 12, 40])
def test_a_full_disk_is_told_and_the_next_run_goes_on(
    towns: Any, whole: Path, tmp_path: Path, make: Any, kilobytes: int
) -> None:
    """No file may grow beyond a limit, which fails as a full disk does."""
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "kg2instruct",
        "build",
        *towns.flags,
        "--out",
        str(out),
        "--workers",
        "2",
    ]

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10, kilobytes << 10))

    limited = subprocess.run(
        command, preexec_fn=small_files, capture_output=True, text=True, timeout=60, check=False
    )
    errors = [line for line in limited.stderr.splitlines() if line.startswith("error: ")]
    assert limited.returncode == 1, limited.stderr
    assert len(errors) == 1
    assert "Traceback" not in limited.stderr
    assert not (out / "manifest.json").exists()
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    assert make.bytes_of(out, *SAME) == make.bytes_of(whole, *SAME)


def test_no_space_left_is_told(towns: Any, tmp_path: Path) -> None:
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "none", tmp_path], capture_output=True
    ).returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        with pytest.raises(OutputError, match="No space left on device"):
            build(BuildConfig(**towns.options), tmp_path / "out", workers=2)
        assert not (tmp_path / "out" / "manifest.json").exists()
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_truncated_dump_is_used_up_to_there_and_told(towns: Any, tmp_path: Path, pack: Any) -> None:
    content = towns.pages[0].read_bytes()
    cut = content.index(b"<page>", len(content) // 2)
    dump = tmp_path / "pages.xml.packed"
    dump.write_bytes(pack(content[:cut]) + pack(content[cut:])[:-100])  # two members, or streams
    options = {**towns.options, "wikipedia": (str(towns.pages[1]), str(dump))}
    summary = build(BuildConfig(**options), tmp_path / "out", workers=2)
    problem = summary.stats["problems"]["damaged data"]
    assert problem["count"] >= 1
    assert str(dump) in problem["examples"][0]
    assert 8 + 4 <= summary.counts["pages read"] < 8 + 10


def test_broken_pages_are_counted_with_their_places(towns: Any, tmp_path: Path, make: Any) -> None:
    good = make.page(1, "青川市", "'''青川市'''在[[长歌国]]。").encode()
    broken = good.replace(b"<id>1</id>", b"<id>one</id>", 1)
    invalid = make.page(2, "白川市", "坏").encode().replace("坏".encode(), b"\xff\xfe")
    unclosed = b"  <page>\n    <title>x</title>\n"
    dump = tmp_path / "pages.xml"
    dump.write_bytes(b"<mediawiki>\n" + good + broken + invalid + unclosed)
    options = {**towns.options, "wikipedia": (str(dump),)}
    summary = build(BuildConfig(**options), tmp_path / "out")
    problems = summary.stats["problems"]
    assert {"invalid utf8", "page not closed"} <= set(problems)
    assert all(str(dump) in problem["examples"][0] for problem in problems.values())
    with pytest.raises(InputError, match=r"pages\.xml: byte \d+.*--strict"):
        build(BuildConfig(**options, strict=True), tmp_path / "strict")


def test_monstrous_pages_do_no_harm(towns: Any, tmp_path: Path, make: Any) -> None:
    texts = [
        "{{" * 100_000,
        "[[" * 100_000,
        "'''甲'''" + "乙。" * 1_500_000,
        "<ref>" * 50_000,
        "-{" * 100_000,
    ]
    dump = tmp_path / "pages.xml"
    dump.write_text(make.export(make.page(n, f"页{n}", text) for n, text in enumerate(texts, 1)))
    options = {**towns.options, "wikipedia": (str(dump), str(towns.pages[0]))}
    start = time.monotonic()
    summary = build(BuildConfig(**options), tmp_path / "out")
    assert summary.counts["pages read"] == len(texts) + 10
    assert "page could not be processed" not in summary.stats["problems"]
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("pack", [bytes, bz2.compress])
def test_standard_input_gives_the_same_as_a_file(
    towns: Any, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch, pack: Any
) -> None:
    content = pack(towns.pages[0].read_bytes())
    (tmp_path / "pages").write_bytes(content)
    options = {**towns.options, "wikipedia": (str(tmp_path / "pages"),)}
    build(BuildConfig(**options), tmp_path / "file")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    build(BuildConfig(**{**options, "wikipedia": ("-",)}), tmp_path / "piped", workers=2)
    assert make.bytes_of(tmp_path / "piped", *SAME) == make.bytes_of(tmp_path / "file", *SAME)
    assert not (tmp_path / "piped" / ".work").exists()

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert build(BuildConfig(**{**options, "wikipedia": ("-",)}), tmp_path / "piped").finished_before
    assert not (tmp_path / "piped" / ".work").exists()


@pytest.mark.parametrize("content", [b"", b'{"type":"item","id":"Q1","labels":{}}'])
def test_wrong_standard_input_is_told(
    towns: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    message = refused(tmp_path / "out", **{**towns.options, "wikipedia": ("-",)})
    assert message.startswith("standard input: ")


def test_a_killed_worker_is_replaced(
    towns: Any, whole: Path, tmp_path: Path, make: Any, monkeypatch: Any
) -> None:
    flag = tmp_path / "killed"
    align = stages.align_article

    def kill_once(article: Any, context: Any, **options: Any) -> Any:
        if article.title == towns.names[20] and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return align(article, context, **options)

    monkeypatch.setattr(stages, "align_article", kill_once)
    summary = build(BuildConfig(**towns.options), tmp_path / "out", workers=2)
    assert flag.exists()
    assert not summary.failed
    assert make.bytes_of(tmp_path / "out", *SAME) == make.bytes_of(whole, *SAME)


def test_a_part_that_always_kills_its_worker_leaves_an_incomplete_dataset_that_the_next_run_completes(
    towns: Any, whole: Path, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    align = stages.align_article

    def kill(article: Any, context: Any, **options: Any) -> Any:
        if article.title == towns.names[20]:
            os.kill(os.getpid(), signal.SIGKILL)
        return align(article, context, **options)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(stages, "align_article", kill)
        summary = build(BuildConfig(**towns.options), out, workers=2)
    assert list(summary.failed) == ["align zh, part 0002-000000"]
    assert "SIGKILL" in summary.failed["align zh, part 0002-000000"]
    assert not (out / "manifest.json").exists()
    assert json.loads((out / "incomplete.json").read_text())["failed"] == summary.failed
    assert summary.counts["pages read"] == 42

    build(BuildConfig(**towns.options), out, workers=2)
    assert make.bytes_of(out, *SAME) == make.bytes_of(whole, *SAME)
    assert (out / "stats.json").read_bytes() == (whole / "stats.json").read_bytes()
    assert not (out / "incomplete.json").exists()


def test_pages_that_kill_the_first_pass_do_not_spoil_the_second(
    towns: Any, whole: Path, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect = stages.collect

    def kill(pages: Any, *, lang: str) -> Any:
        found = list(pages)
        if found[0].title == towns.names[8]:
            os.kill(os.getpid(), signal.SIGKILL)
        return collect(found, lang=lang)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(stages, "collect", kill)
        summary = build(BuildConfig(**towns.options), out, workers=2)
    assert list(summary.failed) == ["links zh, part 0001-000000"]
    build(BuildConfig(**towns.options), out, workers=2)
    assert make.bytes_of(out, *SAME) == make.bytes_of(whole, *SAME)


def test_memory_of_a_worker_stays_flat(towns: Any, whole: Path, tmp_path: Path) -> None:
    """Many units take no more memory than few."""
    pages = tmp_path / "pages.xml"
    body = "".join(
        path.read_text("utf-8").partition("\n")[2].rpartition("</mediawiki>")[0] for path in towns.pages
    )
    pages.write_text("<mediawiki>\n" + body * 8 + "</mediawiki>", "utf-8")
    peaks: list[int] = []
    for units in (2, 12):
        out = tmp_path / str(units)
        flags = ["--wikipedia", str(pages)] * units + ["--kb", str(whole / "kb")]
        flags += ["--out", str(out), "--workers", "2", "--quiet"]
        process = subprocess.Popen([sys.executable, "-m", "kg2instruct", "build", *flags])
        peaks.append(_peak_of_workers(process))
        assert process.returncode == 0
        shutil.rmtree(out)
    assert peaks[1] < peaks[0] + (20 << 20), peaks


def _peak_of_workers(process: subprocess.Popen[bytes]) -> int:
    peak = 0
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            for child in parent.children():
                peak = max(peak, child.memory_full_info().uss)
        except psutil.Error:
            pass
        time.sleep(0.03)
    return peak


def test_forking_beside_a_thread_does_not_hang(towns: Any, whole: Path, tmp_path: Path, make: Any) -> None:
    """DuckDB, Arrow and a caller's own threads may live when workers are forked."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        build(BuildConfig(**towns.options), tmp_path / "out", workers=2)
    finally:
        stop.set()
        thread.join()
    assert make.bytes_of(tmp_path / "out", *SAME) == make.bytes_of(whole, *SAME)
