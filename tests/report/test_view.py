"""`view`: records in a terminal, and as plain text where it is piped on."""

from __future__ import annotations

import gzip
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import zstandard

from kg2instruct.errors import InputError
from kg2instruct.pipeline.reading import Filter, read_records
from kg2instruct.report.terminal import record_lines


def view(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kg2instruct", "view", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_piped_on_it_is_plain_text_with_types_and_relations(sample: Path) -> None:
    shown = view(sample, "--search", "居里", "--limit", 1)
    assert shown.returncode == 0
    assert "\x1b" not in shown.stdout
    assert "玛丽·居里[人物]" in shown.stdout
    assert "玛丽·居里 — 出生地 → 华沙" in shown.stdout


def test_files_of_records_and_rows_plain_and_compressed_are_known_by_what_is_in_them(
    sample: Path, tmp_path: Path
) -> None:
    plain = (sample / "aligned" / "zh-00000.jsonl").read_bytes()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "b.jsonl.zst").write_bytes(zstandard.compress(plain))
    wanted = [record.id for record in read_records(sample, "records") if record.lang == "zh"][:3]
    for name in ("a.jsonl.gz", "b.jsonl.zst"):
        assert [record.id for record in read_records(tmp_path / name)][:3] == wanted
    train = next((sample / "data").glob("train-*.parquet"))
    assert next(read_records(train)) == next(read_records(sample, "rows"))


def test_filters_leave_what_fits(sample: Path) -> None:
    for wanted in (
        Filter(topic="人物"),
        Filter(relation="出生地"),
        Filter(relation="P19"),
        Filter(search="BERLIN"),
    ):
        found = [record for record in read_records(sample, "records") if wanted.fits(record)]
        assert 0 < len(found) < 200
    rows = [
        record for record in read_records(sample, "rows") if Filter(task="ner", relation="人物").fits(record)
    ]
    assert rows
    assert all("人物" in row.output for row in rows if hasattr(row, "output"))


def test_texts_do_not_steer_the_terminal(sample: Path) -> None:
    record = next(read_records(sample, "records"))
    evil = msgspec.structs.replace(record, text="\x1b[31mred\x9b2J\x1b]0;title\x07", entity=(), relation=())
    told = "\n".join(line.plain for line in record_lines(evil))
    assert "␛[31mred�2J␛]0;title" in told
    assert not set(told) & set(map(chr, (*range(10), *range(11, 32), *range(0x7F, 0xA0))))


def test_a_task_asks_for_rows(sample: Path) -> None:
    assert "instruction: " in view(sample, "--task", "ner", "--limit", 1).stdout
    assert "instruction: " not in view(sample, "--limit", 1).stdout


def test_a_byte_order_mark_is_no_part_of_the_first_record(sample: Path, tmp_path: Path) -> None:
    path = tmp_path / "marked.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + (sample / "aligned" / "zh-00000.jsonl").read_bytes())
    assert next(read_records(path)).lang == "zh"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--topic", "地理地曲"), "unknown topic '地理地曲'; did you mean '地理地区'?"),
        (("--relation", "出生弟"), "unknown relation '出生弟'; did you mean '出生地'?"),
        (("--task", "rel"), "unknown task 'rel'; did you mean 're'?"),
    ],
)
def test_a_misspelt_filter_is_told_with_what_is_there(
    sample: Path, flags: tuple[str, str], told: str
) -> None:
    shown = view(sample, *flags)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert told in shown.stderr


def test_nothing_that_fits_is_told(sample: Path) -> None:
    shown = view(sample, "--search", "no record has this")
    assert (shown.returncode, shown.stdout) == (0, "")
    assert "nothing fits" in shown.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "no records"), ("{}\n", "is no Example record"), ("not json\n", ":1: not JSON")],
)
def test_what_is_no_dataset_is_told(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "x.jsonl" if content else tmp_path
    if content:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        list(read_records(path))


@pytest.mark.skipif(shutil.which("less") is None, reason="needs less")
def test_on_a_terminal_it_is_paged_and_left_with_q(sample: Path) -> None:
    told = bytearray()
    leader, follower = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    environment.pop("PAGER", None)
    environment.pop("LESS", None)
    command = [sys.executable, "-m", "kg2instruct", "view", str(sample)]
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environment
    ) as shown:
        os.close(follower)
        while b"\n:" not in told and b"\r:" not in told and not told.endswith(b":\x1b[K"):
            told += os.read(leader, 4096)  # until the pager's prompt
        os.write(leader, b"q")
        assert shown.wait() == 0
    os.close(leader)
    assert b"\x1b[1" in told
    assert len(told) < 40_000  # not all of it
