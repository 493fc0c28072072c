"""Instruction data in the forms in which it is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.convert.report import Report
from kg2instruct.errors import ConfigError, InputError, UnknownName
from kg2instruct.translate.items import Item
from kg2instruct.translate.mapping import read_mapped, read_mapping
from kg2instruct.translate.readers import read_items

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "instructions_en"


def read(path: Path, form: str | None = None) -> tuple[list[Item], Report]:
    report = Report()
    return list(read_items(path, report, form)), report


def parts(item: Item) -> dict[str, str]:
    return {part.name: part.text for part in item.parts}


FORMS: list[tuple[str, Any, str, dict[str, str]]] = [
    (
        "alpaca",
        {"instruction": "Do it.", "input": "", "output": "Done."},
        "general",
        {"instruction": "Do it.", "output": "Done."},
    ),
    (
        "dolly",
        {"instruction": "Do it.", "context": "Here.", "response": "Done."},
        "general",
        {"instruction": "Do it.", "input": "Here.", "output": "Done."},
    ),
    (
        "code",
        {"instruction": "Add.", "input": "", "output": "def add(a, b):\n    return a + b"},
        "code",
        {"instruction": "Add.", "output": "def add(a, b):\n    return a + b"},
    ),
    (
        "gsm8k",
        {"question": "How many?", "answer": "1+1=<<1+1=2>>2\n#### 2"},
        "cot",
        {"instruction": "How many?", "output": "1+1=<<1+1=2>>2\n#### 2"},
    ),
    (
        "messages",
        {
            "messages": [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"},
            ]
        },
        "chat",
        {"system": "Be kind.", "user1": "Hi", "assistant1": "Hello"},
    ),
    (
        "sharegpt",
        {
            "id": "x",
            "conversations": [
                {"from": "human", "value": "Hi"},
                {"from": "gpt", "value": "Hello"},
                {"from": "human", "value": "Bye"},
                {"from": "gpt", "value": "See you"},
            ],
        },
        "chat",
        {"user1": "Hi", "assistant1": "Hello", "user2": "Bye", "assistant2": "See you"},
    ),
    (
        "pieces, and a question that nobody answered",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}],
                },
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": "Thank you"},
            ]
        },
        "chat",
        {"user1": "Hi\nthere", "assistant1": "Hello"},
    ),
    (
        "seeds",
        {"id": "s", "instruction": "Do it.", "instances": [{"input": "a", "output": "b"}]},
        "general",
        {"instruction": "Do it.", "input": "a", "output": "b"},
    ),
]


@pytest.mark.parametrize(
    ("row", "task", "wanted"), [form[1:] for form in FORMS], ids=[form[0] for form in FORMS]
)
@pytest.mark.parametrize("as_array", [False, True], ids=["lines", "array"])
def test_reads_a_form(tmp_path: Path, row: Any, task: str, wanted: dict[str, str], as_array: bool) -> None:
    path = tmp_path / "in.json"
    path.write_text(
        json.dumps([row, row], indent=1) if as_array else json.dumps(row) + "\n" + json.dumps(row)
    )
    items, report = read(path)
    assert [parts(item) for item in items] == [wanted, wanted]
    assert items[0].task == task
    assert not report.dropped


def test_reads_chains_of_thought_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "strategy_train.tsv"
    path.write_text("Is it?\\nOptions:\\n- yes\\n- no\tyes\tIt is.\n")
    (item,), _ = read(path)
    assert parts(item) == {
        "instruction": "Is it?\nOptions:\n- yes\n- no",
        "rationale": "It is.",
        "answer": "yes",
    }
    assert item.id == "strategy_train-1"


def test_bad_rows_are_counted_with_their_place_and_never_end_a_run(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    rows = [
        '{"instruction": "Do it.", "output": "Done."}',
        '{"instruction": 7.5, "output"',
        '{"instruction": [], "x": 1}',
        "[1]",
        '{"instruction": null}',
        '{"messages": []}',
        '{"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}',
        '{"conversations": [{"from": "human", "value": "a"}, {"from": "human", "value": "b"}, '
        '{"from": "gpt", "value": "c"}]}',
        '{"messages": [{"role": "user", "content": [{"type": "image_url"}]}, {"role": "assistant", "content": "a"}]}',
    ]
    path.write_text("\n".join(rows))
    notes: list[Any] = []
    report = Report(tell=notes.append)
    assert len(list(read_items(path, report))) == 1
    assert sum(report.dropped.values()) == 8
    assert [note.where for note in notes] == [f"{path}:{line}" for line in range(2, 10)]


def test_a_file_of_no_known_form_is_an_error_that_says_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"prompt": "Do it."}\n')
    with pytest.raises(InputError, match="it has prompt"):
        read(path)
    (tmp_path / "table.bin").write_bytes(b"PAR1\t\x94\t\x00\n")
    with pytest.raises(InputError, match="no row of a known form"):
        read(tmp_path / "table.bin")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(UnknownName, match="did you mean 'alpaca'"):
        read(path, "alpacca")


def test_a_mapping_file_says_which_key_is_what(tmp_path: Path) -> None:
    path, mapping = tmp_path / "in.jsonl", tmp_path / "map.yaml"
    path.write_text(
        json.dumps({"meta": {"uid": 7}, "prompt": "Do it.", "choices": [{"text": "Done."}]}) + "\n{}\n"
    )
    mapping.write_text("{id: meta.uid, instruction: prompt, output: [none, choices.0.text], task: cot}")
    report = Report()
    (item,) = read_mapped(path, report, read_mapping(mapping))
    assert (item.id, item.task, parts(item)) == ("7", "cot", {"instruction": "Do it.", "output": "Done."})
    assert sum(report.dropped.values()) == 1


def test_a_mapping_file_reads_tables(tmp_path: Path) -> None:
    path, mapping = tmp_path / "in.csv", tmp_path / "map.yaml"
    path.write_text('question,reply\n"Do it, now.",Done.\n')
    mapping.write_text("{instruction: question, output: reply, columns: true}")
    (item,) = read_mapped(path, Report(), read_mapping(mapping))
    assert parts(item) == {"instruction": "Do it, now.", "output": "Done."}


def test_all_mistakes_of_a_mapping_file_are_told_at_once(tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text("{outputs: reply, task: poem}")
    with pytest.raises(ConfigError, match=r"unknown key outputs.*instruction.*task"):
        read_mapping(mapping)


@pytest.mark.skipif(not REAL.is_dir(), reason="samples of published instruction data are not here")
@pytest.mark.parametrize(
    ("name", "count", "task"),
    [
        ("alpaca_5k_first500.jsonl", 500, "general"),
        ("alpaca_seed_tasks_part1.jsonl", 90, "general"),
        ("code_alpaca_2k_first500.json", 500, "code"),
        ("gsm8k_test_first200.jsonl", 200, "cot"),
        ("flan_cot/aqua_train.tsv", 200, "cot"),
        ("flan_cot/gsm8k_train.tsv", 400, "cot"),
    ],
)
def test_published_files_are_read_whole(name: str, count: int, task: str) -> None:
    items, report = read(REAL / name)
    assert len(items) == len({item.id for item in items}) == count
    assert sum(item.task == task for item in items) > count * 0.8
    assert not report.dropped
