"""`kg2instruct convert`: what it writes, what it tells, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg2instruct.cli.app import app
from kg2instruct.convert import CONVERTERS, convert
from kg2instruct.errors import ConfigError, InputError, Kg2InstructError, UnknownName

DATA = Path(__file__).parents[1] / "data" / "convert"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["convert", *map(str, arguments)])
    if isinstance(result.exception, Kg2InstructError):
        return 1, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_records_are_written_with_a_summary(tmp_path) -> None:
    status, told = run("duie2", DATA / "duie2.jsonl", "--out", tmp_path / "a.jsonl")
    assert status == 0
    assert "3 records, 11 entities, 9 relations from 1 file" in told
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(x)["source"] for x in lines] == ["duie2"] * 3


def test_a_bad_row_is_counted_and_reported_with_its_place(tmp_path) -> None:
    path, report = tmp_path / "a.jsonl", tmp_path / "report.jsonl"
    path.write_text('{"text": "a", "label": {}}\nnonsense\n{"label": {}}\n', encoding="utf-8")
    status, told = run("cluener", path, "--out", tmp_path / "out.jsonl", "--report", report)
    assert status == 0
    assert "1 record from 1 file" in told
    notes = [json.loads(x) for x in report.read_text(encoding="utf-8").splitlines()]
    assert [(x["where"], x["action"], x["kind"]) for x in notes] == [
        (f"{path}:2", "dropped", "record"),
        (f"{path}:3", "dropped", "record"),
    ]
    assert "missing required field `text`" in notes[1]["reason"]
    assert "expected {text, label}" in notes[1]["reason"]


def test_strict_stops_at_the_first_bad_row_and_writes_nothing(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": {}}\nnonsense\n', encoding="utf-8")
    status, told = run("cluener", path, "--out", tmp_path / "out.jsonl", "--strict")
    assert status == 1
    assert told.startswith(f"{path}:2: record is not JSON")
    assert not (tmp_path / "out.jsonl").exists()


def test_a_file_of_another_corpus_is_recognised(tmp_path) -> None:
    status, told = run("duie2", DATA / "duee1.jsonl", "--out", tmp_path / "a.jsonl")
    assert status == 1
    assert "this looks like DuEE 1.0, not DuIE 2.0; convert it as duee1" in told


def test_a_file_of_another_corpus_in_a_folder_is_left_out(tmp_path, converted) -> None:
    for name in ("duie2.jsonl", "duee1.jsonl"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    examples, report = converted("duie2", tmp_path)
    assert {x.source for x in examples} == {"duie2"}
    assert [kind for kind, _ in report.dropped] == ["file"]


def test_auto_tells_the_corpus_of_each_file(converted) -> None:
    examples, _ = converted("auto", DATA / "duie1.jsonl", DATA / "casie.json", DATA / "sanwen.txt")
    assert list(dict.fromkeys(x.source for x in examples)) == ["duie1", "casie", "sanwen"]


def test_auto_says_what_it_knows_when_it_knows_nothing(tmp_path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"something": "else"}', encoding="utf-8")
    with pytest.raises(InputError, match=r"looks like no corpus that is known; name one of: .*duie1, duie2"):
        list(convert("auto", [path]))


def test_an_unknown_corpus_is_told_with_what_is_close() -> None:
    with pytest.raises(UnknownName, match="did you mean 'duie2'"):
        convert("duie3", [DATA])


def test_rows_are_written_in_another_form(tmp_path) -> None:
    out = tmp_path / "a.txt"
    assert run("cluener", DATA / "cluener.jsonl", "--as", "bio", "--out", out, "--limit", 1)[0] == 0
    assert out.read_text(encoding="utf-8").splitlines()[:3] == ["李 B-name", "青 I-name", "在 O"]


def test_the_labels_of_the_corpus_are_written(tmp_path) -> None:
    out = tmp_path / "schema.yaml"
    run("duee1", DATA / "duee1.jsonl", "--out", tmp_path / "a.jsonl", "--schema-out", out)
    assert '"竞赛行为-胜负": {"name":"竞赛行为-胜负"' in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: x", "expected one of text and tokens"),
        ("source: x\ntext: body\nentitys: {}", "unknown field `entitys`"),
        ("source: x\ntext: 'a[['", "text: 'a\\[\\[' is no JMESPath expression"),
        ("source: x\ntext: a\nrelation: {items: b}", "missing required field `relation`"),
        ("- 1", "is no mapping"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_told(tmp_path, text, message) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        convert("json", [DATA / "mapped.jsonl"], mapping=mapping)


def test_json_needs_a_mapping_and_others_have_none() -> None:
    with pytest.raises(ConfigError, match="needs a mapping file"):
        convert("json", [DATA / "mapped.jsonl"])
    with pytest.raises(ConfigError, match="not for duie2"):
        convert("duie2", [DATA / "duie2.jsonl"], mapping=DATA / "mapped.yaml")


def test_help_names_every_corpus() -> None:
    status, told = run("--help")
    assert status == 0
    words = set(told.replace(",", " ").replace(";", " ").replace(".", " ").split())
    assert set(CONVERTERS) <= words
