"""Files of records, plain and compressed, whole and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.errors import InputError
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.records import Dropped

RECORDS = [Dropped(f"zhwiki-{number}", "align", "没有名称 \u2028 \n") for number in range(3000)]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    assert write_jsonl(path, RECORDS) == len(RECORDS)
    assert list(read_jsonl(path, Dropped)) == RECORDS


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_file_is_told_after_what_was_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    write_jsonl(path, RECORDS)
    path.write_bytes(path.read_bytes()[:-9])
    read = []
    with pytest.raises(InputError, match=rf"a\.jsonl{suffix}"):
        for record in read_jsonl(path, Dropped):
            read.append(record)
    assert read == RECORDS[: len(read)]


def test_a_line_that_is_no_record_is_told_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, RECORDS[:2])
    with path.open("ab") as file:
        file.write(b'\n{"id": 1}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:4: is no Dropped record"):
        list(read_jsonl(path, Dropped))


def test_a_byte_order_mark_is_no_part_of_the_first_record(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, RECORDS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert list(read_jsonl(path, Dropped)) == list(RECORDS)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl: No such file"):
        list(read_jsonl(tmp_path / "none.jsonl", Dropped))
