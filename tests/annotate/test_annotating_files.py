"""Files of texts: formats, bad lines, workers, interruptions, the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kg2instruct.annotate import AnnotateOptions, Document, input_files, read_documents
from kg2instruct.errors import InputError
from kg2instruct.pipeline import annotating
from kg2instruct.pipeline.annotating import BAD_LINES, AnnotateTexts, annotate_files
from kg2instruct.pipeline.progress import silent

LINES = [
    {"id": "a", "text": "柏林是德国的首都。"},
    {"id": 7, "title": "上海浦东国际机场", "text": "1999年9月16日启用。"},
    {"text": "这里什么也没有。"},
]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES * 5), "utf-8")
    return path


def stage(kb: Path) -> AnnotateTexts:
    return AnnotateTexts("zh", kb, None, AnnotateOptions())


def test_lines_give_texts_with_their_titles(texts: Path) -> None:
    found = list(read_documents([texts], print))
    assert found[:3] == [
        Document("a", "柏林是德国的首都。"),
        Document("7", "1999年9月16日启用。", "上海浦东国际机场"),
        Document("texts-3", "这里什么也没有。"),
    ]


def test_a_plain_file_is_one_text(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes("\ufeff柏林是德国的首都。\n第二段。".encode())
    assert list(read_documents([path], print)) == [Document("news", "柏林是德国的首都。\n第二段。")]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_of_json_may_be_one_list(wrapped: bool, tmp_path: Path) -> None:
    path = tmp_path / "texts.json"
    path.write_text("\ufeff" + json.dumps(LINES, ensure_ascii=False, indent=2 if wrapped else None), "utf-8")
    wrong: list[str] = []
    assert [document.id for document in read_documents([path], wrong.append)] == ["a", "7", "texts-3"]
    path.write_text(json.dumps(LINES[0], indent=2), "utf-8")
    assert [document.id for document in read_documents([path], wrong.append)] == ["a"]
    assert not wrong
    path.write_text('{"text": "甲"}\n{"text": 1}\n', "utf-8")
    assert [document.text for document in read_documents([path], wrong.append)] == ["甲"]
    assert len(wrong) == 1 and "texts.json:2: Expected `str`" in wrong[0]


def test_a_folder_stands_for_its_files_and_files_of_one_name_stay_apart(tmp_path: Path) -> None:
    for name in ("one/a.txt", "one/b.txt", "two/a.txt", "two/.hidden/c.txt", "two/out.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("柏林")
    files = input_files([tmp_path / "one", tmp_path / "two"], out=tmp_path / "two" / "out.jsonl")
    ids = [document.id for document in read_documents(files, print)]
    assert ids == [str(tmp_path / "one" / "a.txt"), "b", str(tmp_path / "two" / "a.txt")]
    (tmp_path / "three").mkdir()
    with pytest.raises(InputError, match="three: no files in it"):
        input_files([tmp_path / "three"], out=tmp_path / "out.jsonl")


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes("柏林".encode("gb18030"))
    with pytest.raises(InputError, match=r"news.txt: not UTF-8.*save it as UTF-8"):
        list(read_documents([path], print))


def test_bad_lines_are_counted_and_told(texts: Path, kb: Path, tmp_path: Path) -> None:
    with texts.open("a", encoding="utf-8") as file:
        file.write('{"id": 1}\n{"text"')
    out = tmp_path / "out.jsonl"
    tally = annotate_files([texts], out, stage(kb), progress=silent())
    assert tally.counts[BAD_LINES] == 2
    assert "texts.jsonl:16: " in tally.examples[BAD_LINES][0]
    assert tally.counts["texts"] == 15
    with pytest.raises(InputError, match=r"texts.jsonl:16: .*expected"):
        annotate_files([texts], tmp_path / "strict.jsonl", stage(kb), strict=True, progress=silent())
    assert not (tmp_path / "strict.jsonl").exists()


def test_workers_do_not_change_the_bytes(
    texts: Path, kb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotating, "_GROUP", 2)
    for workers in (1, 2):
        annotate_files([texts], tmp_path / f"{workers}.jsonl", stage(kb), workers=workers, progress=silent())
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes() != b""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.jsonl", "2.jsonl", "texts.jsonl"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from kg2instruct.annotate import AnnotateOptions
from kg2instruct.pipeline import annotating
from kg2instruct.pipeline.progress import silent
annotating._GROUP = 2
done, write = [], annotating.write_jsonl
def counted(path, records):
    write(path, records)
    done.append(path)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
annotating.write_jsonl = counted
source, out, kb = map(Path, sys.argv[1:])
stage = annotating.AnnotateTexts("zh", kb, None, AnnotateOptions())
annotating.annotate_files([source], out, stage, progress=silent())
"""


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    texts: Path, kb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotating, "_GROUP", 2)
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    annotate_files([texts], whole, stage(kb), progress=silent())
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(texts), str(out), str(kb)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    written: list[Path] = []
    write = annotating.write_jsonl
    monkeypatch.setattr(annotating, "write_jsonl", lambda p, r: (written.append(p), write(p, r))[1])
    annotate_files([texts], out, stage(kb), progress=silent())
    assert out.read_bytes() == whole.read_bytes()
    assert len(written) == 6  # of eight groups two were done


def command(*flags: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "kg2instruct", "annotate", *flags],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def test_a_text_is_shown_with_what_the_sample_knows() -> None:
    shown = command("柏林是德国的首都。")
    assert shown.returncode == 0, shown.stderr
    assert "德国 — 首都 → 柏林" in shown.stdout
    assert "0–2" in shown.stdout


def test_the_language_of_files_is_told_from_the_first_text(kb: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Berlin is the capital of Germany.")
    out = tmp_path / "records.jsonl"
    shown = command("--input", str(tmp_path / "a.txt"), "--kb", str(kb), "--out", str(out), "--quiet")
    assert shown.returncode == 0, shown.stderr
    assert [json.loads(line)["lang"] for line in out.read_text().splitlines()] == ["en"]


def test_the_name_of_a_file_is_not_taken_for_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Berlin is the capital of Germany.")
    shown = command(str(tmp_path / "a.txt"))
    assert shown.returncode == 1
    assert f"say --input {tmp_path / 'a.txt'} --out FILE" in shown.stderr


def test_a_text_as_json(kb: Path) -> None:
    shown = command("Berlin is the capital of Germany.", "--json", "--kb", str(kb))
    record = json.loads(shown.stdout)
    assert record["lang"] == "en"
    assert {m["entity"] for m in record["entity"]} == {"Berlin", "Germany"}


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ([], "name one text, or files, each with --input"),
        (["柏林", "--input", "x.jsonl"], "name one text, or files, each with --input"),
        (["--input", "nowhere.txt", "--out", "x.jsonl"], "nowhere.txt"),
        (["--input", "x.jsonl"], "--input needs --out FILE"),
        (["柏林", "--lang", "de"], "--lang de: names are known in zh and en"),
        (["柏林", "--kb", "nowhere"], "nowhere"),
    ],
)
def test_wrong_calls_are_told_in_one_line(flags: list[str], told: str) -> None:
    shown = command(*flags)
    assert shown.returncode == 1
    assert told in shown.stderr
    assert len(shown.stderr.strip().splitlines()) == 1
