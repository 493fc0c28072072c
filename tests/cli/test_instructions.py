"""`render`, `export`, `evaluate` and `stats --diversity`: every choice is reachable from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.records import Example, InstructionRow

RECORDS = Path(__file__).parents[1] / "data" / "render" / "records.jsonl"
SCHEMA = """
entities: {人物: {name: 人物, names: {zh: 人物, en: person}}, 地点: {name: 地点}}
relations: {出生地: {name: 出生地, property: P19}, 作者: {name: 作者, names: {en: author}}}
facts: [[人物, 出生地, 地点]]
"""


@pytest.fixture
def render(program: Any, tmp_path: Path) -> Any:
    """Render the sample records with some flags; the rows."""

    def call(*flags: object) -> list[InstructionRow]:
        out = tmp_path / "rows.jsonl"
        shown = program("render", RECORDS, "--out", out, "--quiet", *flags)
        assert (shown.returncode, shown.stderr) == (0, "")
        return list(read_jsonl(out, InstructionRow))

    return call


def labels(row: InstructionRow) -> list[Any]:
    return list(json.loads(row.schema))


@pytest.mark.parametrize("layout", ["alpaca", "sharegpt", "messages", "prompt", "iepile"])
def test_rows_are_written_as_trainers_read_them(program: Any, tmp_path: Path, layout: str) -> None:
    out = tmp_path / "out" / "train.jsonl"
    assert program("render", RECORDS, "--layout", layout, "--out", out).returncode == 0
    entry = json.loads((tmp_path / "out" / "dataset_info.json").read_bytes())["train"]
    first = json.loads(out.read_text("utf-8").splitlines()[0])
    assert entry["file_name"] == "train.jsonl"
    assert set(entry["columns"].values()) <= set(first)


def test_records_without_an_answer_to_what_is_asked_are_told_what_to_ask(
    program: Any, tmp_path: Path
) -> None:
    text, event = "甲厂裁员。", {"event_type": "裁员", "event_trigger": "裁员", "start": 2, "arguments": []}
    record = {"id": "a", "lang": "zh", "source": "s", "cate": None, "text": text, "event": [event]}
    (tmp_path / "events.jsonl").write_text(json.dumps(record), encoding="utf-8")
    told = "no rows: what these records have is asked for by --task ee,eet,eea"
    for flags, rows in (((), 0), (("--task", "ee,eet,eea"), 3)):
        shown = program("render", tmp_path / "events.jsonl", "--out", tmp_path / "rows.jsonl", *flags)
        assert (told in shown.stderr) is (rows == 0)
        assert len((tmp_path / "rows.jsonl").read_text("utf-8").splitlines()) == rows


def test_an_unknown_layout_is_told(program: Any, tmp_path: Path) -> None:
    shown = program("render", RECORDS, "--layout", "sharegtp", "--out", tmp_path / "x.jsonl")
    assert shown.returncode == 1
    assert "did you mean 'sharegpt'" in shown.stderr


def test_the_schema_of_a_converted_corpus_is_asked_for(render: Any, tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(SCHEMA, "utf-8")
    rows = render("--task", "re", "--schema", path, "--synonyms", "0", "--open-rate", "0")
    assert {x for row in rows for x in labels(row)} == {"出生地", "作者"}
    facts = render("--task", "spo", "--schema", path, "--open-rate", "0")
    expected = {"subject_type": "人物", "predicate": "出生地", "object_type": "地点"}
    assert expected in [x for row in facts for x in labels(row)]
    defined = render(
        "--task", "re", "--labels", path, "--definitions", "1", "--open-rate", "0", "--synonyms", "0"
    )
    assert any("出生地：人物出生的地点" in row.instruction for row in defined)


def test_a_published_schema_is_found_by_its_name(render: Any, program: Any, tmp_path: Path) -> None:
    rows = render("--task", "re", "--schema", "duie2", "--split-num", "60", "--negatives", "0")
    assert max(len(labels(row)) for row in rows) > 40
    shown = program("render", RECORDS, "--schema", "dui", "--out", tmp_path / "x.jsonl")
    assert shown.returncode == 1
    assert "dui: cannot read the labels: No such file" in shown.stderr
    both = program("render", RECORDS, "--schema", "duie2", "--schemas", "default", "--out", "x")
    assert both.returncode == 2


def test_what_is_written_of_a_corpus_schema_is_usable_at_once(program: Any, tmp_path: Path) -> None:
    corpus = Path(__file__).parents[1] / "data" / "convert"
    file = next(x for x in sorted(corpus.rglob("*")) if x.name.startswith("duie2") and x.suffix == ".jsonl")
    out, schema, rows = (tmp_path / x for x in ("records.jsonl", "schema.yaml", "rows.jsonl"))
    assert program("convert", "duie2", file, "--out", out, "--schema-out", schema).returncode == 0
    assert program("render", out, "--task", "spo", "--schema", schema, "--out", rows).returncode == 0
    scores = json.loads(program("evaluate", rows, "--gold", out, "--oracle", "--json").stdout)
    assert scores["micro"]["f1"] == 100


def test_sampling_and_wording_are_chosen_by_flags(render: Any) -> None:
    one = render("--task", "re", "--split-num", "1", "--open-rate", "0", "--hard-negatives")
    assert {len(labels(row)) for row in one} == {1}
    assert all(not labels(row) for row in render("--task", "re", "--open-rate", "1"))
    few = render("--task", "re", "--schema", "duie2", "--schema-tokens", "8", "--open-rate", "0")
    assert max(sum(len(x) for x in labels(row)) for row in few if len(labels(row)) > 1) <= 8
    pieces = render("--task", "re", "--max-tokens", "12")
    assert any("~" in row.id for row in pieces) and any("~" in row.id for row in render("--max-chars", "12"))
    assert {row.template.split("/")[1] for row in render("--wording", "en")} == {"en"}
    assert len(render("--task", "ner", "--templates-per-record", "3")) > len(render("--task", "ner"))
    zhixi = render("--task", "re", "--template-set", "zhixi", "--format", "tuple,lines")
    assert {row.template.split("/")[1] for row in zhixi} == {"zhixi"}
    assert len({row.id.split("-re-")[0] for row in render("--task", "re", "--limit", "2")}) <= 2


def test_strict_stops_at_a_label_that_the_schema_lacks(program: Any, tmp_path: Path) -> None:
    flags = ["--task", "re", "--schema", "finre", "--out", tmp_path / "x.jsonl"]
    assert program("render", RECORDS, *flags).returncode == 0
    shown = program("render", RECORDS, *flags, "--strict")
    assert shown.returncode == 1
    assert "unknown relation label" in shown.stderr


def test_options_of_a_file_are_used_where_no_flag_says_else(render: Any, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("render: {tasks: [ee], formats: [xml]}", "utf-8")
    assert {(row.task, row.format) for row in render("--config", config)} == {("ee", "xml")}
    assert {row.task for row in render("--config", config, "--task", "re")} == {"re"}


def test_a_dataset_folder_is_exported_split_by_split(program: Any, built: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    out = tmp_path / "out"
    assert program("export", built, "--layout", "messages", "--out", out).returncode == 0
    entries = json.loads((out / "dataset_info.json").read_bytes())
    stored = {x.name.split("-")[0]: pq.read_metadata(x).num_rows for x in (built / "data").iterdir()}
    assert set(entries) == set(stored)
    for split, count in stored.items():
        assert len((out / f"{split}.jsonl").read_bytes().splitlines()) == count
    empty = program("export", tmp_path, "--layout", "alpaca", "--out", out)
    assert empty.returncode == 1
    assert "no rows" in empty.stderr


def test_a_file_of_rows_is_exported_under_its_name(render: Any, program: Any, tmp_path: Path) -> None:
    rows = render("--task", "ner")
    assert (
        program("export", tmp_path / "rows.jsonl", "--layout", "alpaca", "--out", tmp_path / "o").returncode
        == 0
    )
    lines = (tmp_path / "o" / "rows.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(x)["output"] for x in lines] == [x.output for x in rows]


def test_lines_that_are_no_rows_are_left_out_and_counted(render: Any, program: Any, tmp_path: Path) -> None:
    rows, file = render("--task", "ner"), tmp_path / "rows.jsonl"
    with file.open("a") as out:
        out.write('{"id": "cut')
    whole = program("export", file, "--layout", "alpaca", "--out", tmp_path / "o")
    assert whole.returncode == 0
    assert f"left out: {file}:{len(rows) + 1}: is no InstructionRow record" in whole.stderr.replace("\n", "")
    assert len((tmp_path / "o" / "rows.jsonl").read_bytes().splitlines()) == len(rows)
    scored = json.loads(program("evaluate", file, "--oracle", "--json").stdout)
    assert (scored["rows"], scored["left_out"]) == (len(rows), {"lines that are no rows": 1})
    for command in (
        ["export", file, "--layout", "alpaca", "--out", tmp_path / "p"],
        ["evaluate", file, "--oracle"],
    ):
        stopped = program(*command, "--strict")
        assert stopped.returncode == 1
        assert f"{file}:{len(rows) + 1}" in stopped.stderr.replace("\n", "")


def test_diversity_is_shown_of_folders_and_files(
    program: Any, render: Any, built: Path, tmp_path: Path
) -> None:
    rows = render("--task", "re,ee")
    told = json.loads(program("stats", tmp_path / "rows.jsonl", "--diversity", "--json").stdout)
    assert sum(x["rows"] for x in told.values()) == len(rows)
    assert 0 < told["re/zh"]["distinct_2"] <= 1
    assert "re/zh" in program("stats", built, "--diversity").stdout


def test_evaluation_has_a_plot_counts_as_asked_and_tells_what_is_made_up(
    render: Any, program: Any, tmp_path: Path
) -> None:
    rows = render("--task", "re", "--format", "json", "--open-rate", "0")
    answers = tmp_path / "answers.jsonl"
    invented = '{"出生地": [{"head": "某某某", "tail": "天外天"}, {"head": "某某某", "tail": "天外天"}]}'
    answers.write_text("".join(json.dumps({"id": x.id, "answer": invented}) + "\n" for x in rows))
    flags = [tmp_path / "rows.jsonl", "--answers", answers, "--draws", "50"]
    shown = program("evaluate", *flags, "--plot", tmp_path / "f1.svg")
    assert "spans are not in their text" in shown.stdout and "confidence" in shown.stdout
    assert "source made-zh" in shown.stdout
    assert (tmp_path / "f1.svg").read_text("utf-8").startswith("<svg")
    many, once = (
        json.loads(program("evaluate", *flags, "--json", "--counting", x).stdout) for x in ("multiset", "set")
    )
    assert many["micro"]["claimed"] == 2 * once["micro"]["claimed"]
    assert many["hallucinated"] > 0


def test_lines_that_are_no_records_are_told_at_the_end(program: Any, tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl"
    records.write_bytes(b"{}\n" + RECORDS.read_bytes() + b"no JSON\n")
    shown = program("render", records, "--out", tmp_path / "rows.jsonl")
    assert shown.returncode == 0
    assert f"{records}:1: is no Example record" in shown.stderr.replace("\n", "")
    assert re.search(r"lines that are no records +2\b", shown.stderr)
    strict = program("render", records, "--out", tmp_path / "strict.jsonl", "--strict")
    assert (strict.returncode, (tmp_path / "strict.jsonl").exists()) == (1, False)


def test_a_file_without_any_record_is_an_error_and_leaves_nothing(program: Any, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("some notes\n", "utf-8")
    for command in ("render", "verify"):
        shown = program(command, notes, "--out", tmp_path / "out.jsonl")
        assert shown.returncode == 1
        assert f"{notes}: holds no record; the first line that is none: {notes}:1: " in shown.stderr
        assert list(tmp_path.iterdir()) == [notes]


def test_why_records_did_not_serve_is_told_by_the_most_frequent_reasons(program: Any, tmp_path: Path) -> None:
    example = next(read_jsonl(RECORDS, Example))
    triple = example.relation[0]
    relations = [msgspec.structs.replace(triple, relation=f"r{n}") for n in range(25)]
    often = [
        msgspec.structs.replace(example, relation=(x,)) for x in (*relations, *relations[:3], relations[0])
    ]
    write_jsonl(tmp_path / "records.jsonl", often)
    flags = ["--task", "re", "--schema", "finre", "--out", tmp_path / "rows.jsonl"]
    told = program("render", tmp_path / "records.jsonl", *flags).stderr
    assert [int(x) for x in re.findall(r"unknown relation label 'r\d+' +(\d+)", told)] == [3, 2, 2] + [1] * 17
    assert re.search(r"other reasons \(5\) +5\b", told)


def test_a_set_of_ones_own_is_shown_with_its_own_wording(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "re" / "zh.yaml"
    path.parent.mkdir()
    path.write_text("open:\n  - 说说看。$format文本：$input\n", "utf-8")
    shown = program("templates", "re/zh", "--folder", tmp_path)
    assert shown.returncode == 0 and "re/zh/open/1" in shown.stdout.split("example")[1]
