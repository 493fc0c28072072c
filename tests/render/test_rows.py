"""Records become rows: complete, reproducible, and independent of each other."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.evaluate import evaluate_rows
from kg2instruct.records import Example, InstructionRow, Mention, Triple
from kg2instruct.render import (
    FORMATS,
    TASKS,
    Label,
    LabelSchema,
    RenderOptions,
    Topic,
    render_example,
    render_examples,
)
from kg2instruct.render.asked import read_schema
from kg2instruct.render.rows import example_id, unservable, wording_lang

ALL_TASKS = tuple(TASKS)
Schemas = dict[tuple[str, str], LabelSchema]


def rows_of(records: list[Example], schemas: Schemas, **options: object) -> list[InstructionRow]:
    chosen = RenderOptions(**{"tasks": ALL_TASKS, **options})  # type: ignore[arg-type]
    return list(render_examples(records, lambda x: schemas[x.lang, x.source], chosen))


def triple(head: str, relation: str, tail: str) -> Triple:
    return Triple(head, "人物", None, None, relation, None, tail, "人物", None, None)


def nothing_found(row: InstructionRow) -> bool:
    task = TASKS[row.task]
    return (
        not FORMATS[row.format]
        .parse(row.output, task, read_schema(task, row.schema), wording_lang(row))
        .answer
    )


def test_no_instruction_and_no_output_is_ever_empty(records: list[Example], schemas: Schemas) -> None:
    rows = rows_of(
        records, schemas, formats=tuple(FORMATS), each_format=True, templates_per_record=3, open_rate=0.5
    )
    assert len(rows) > 500
    assert all(x.instruction and x.output for x in rows)


def test_row_ids_are_example_task_and_number_and_unique(records: list[Example], schemas: Schemas) -> None:
    rows = rows_of(records, schemas, templates_per_record=4)
    assert len({x.id for x in rows}) == len(rows)
    assert {example_id(x) for x in rows} <= {x.id for x in records}


def test_the_text_is_in_the_instruction_or_in_the_input_but_not_in_both(
    records: list[Example], schemas: Schemas
) -> None:
    texts = {x.id: x.text for x in records}
    for row in rows_of(records, schemas, templates_per_record=5):
        text = texts[example_id(row)]
        assert (text in row.instruction) != (row.input == text), row.template


def test_every_label_of_a_record_is_asked_for(records: list[Example], schemas: Schemas) -> None:
    rows = rows_of(records, schemas, tasks=("re",), open_rate=0.0, synonyms=0.0)
    for example in records:
        asked = {x for row in rows if example_id(row) == example.id for x in json.loads(row.schema)}
        assert {x.relation for x in example.relation} <= asked


def test_answers_stand_in_the_order_of_the_text(records: list[Example], schemas: Schemas) -> None:
    (example,) = (x for x in records if x.id == "zh-1")
    shuffled = msgspec.structs.replace(example, entity=example.entity[::-1], relation=example.relation[::-1])
    (row,) = rows_of([shuffled], schemas, tasks=("ner",), formats=("tuple",), open_rate=0.0)
    assert row.output.startswith("(林岚, 人物)\n(1972年5月3日, 时间)\n(青川市, 地点)")


def test_a_record_gives_the_same_rows_alone_and_in_any_order(
    records: list[Example], schemas: Schemas
) -> None:
    forwards = rows_of(records, schemas)
    backwards = rows_of(records[::-1], schemas)
    assert sorted(forwards, key=lambda x: x.id) == sorted(backwards, key=lambda x: x.id)
    alone = [row for x in records for row in rows_of([x], schemas)]
    assert alone == forwards


def test_another_seed_gives_other_rows(records: list[Example], schemas: Schemas) -> None:
    assert rows_of(records, schemas, seed=1) != rows_of(records, schemas, seed=2)


PRINT_ROWS = """
import sys
from pathlib import Path
from kg2instruct.jsonl import encode, read_jsonl
from kg2instruct.records import Example
from kg2instruct.render import RenderOptions, TASKS, render_examples
from kg2instruct.render.labels import schemas_of
records = list(read_jsonl(Path(sys.argv[1]), Example))
schemas = schemas_of(records)
options = RenderOptions(tasks=tuple(TASKS), seed=7)
for row in render_examples(records, lambda x: schemas[x.lang, x.source], options):
    sys.stdout.buffer.write(encode(row))
"""


def test_the_hash_seed_does_not_matter() -> None:
    root = Path(__file__).parents[2]
    path = root / "tests" / "data" / "render" / "records.jsonl"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PRINT_ROWS, str(path)],
            capture_output=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert b"zh-1-ner-0" in outputs.pop()


def wide_schema(count: int = 49) -> LabelSchema:
    return LabelSchema(relations={x: Label(x) for x in (f"关系{i}" for i in range(count))})


def test_at_most_half_of_the_rows_of_six_records_and_49_relations_are_empty() -> None:
    examples = [
        Example(
            f"d{i}",
            "zh",
            "x",
            None,
            f"甲{i}与乙。",
            (),
            tuple(triple(f"甲{i}", f"关系{i + j}", "乙") for j in range(1 + i % 3)),
        )
        for i in range(6)
    ]
    for seed in range(30):
        rows = list(render_examples(examples, wide_schema(), RenderOptions(tasks=("re",), seed=seed)))
        assert 6 <= len(rows) <= 24
        assert 2 * sum(nothing_found(x) for x in rows) <= len(rows)


@pytest.mark.parametrize("ratio", [0.0, 0.25, 0.5, 1.0, 2.0])
def test_the_share_of_empty_rows_follows_the_ratio(ratio: float) -> None:
    examples = [
        Example(
            f"d{i}", "zh", "x", None, "甲与乙。", (), (triple("甲", f"关系{i % 49}", "乙"),) if i % 4 else ()
        )
        for i in range(600)
    ]
    schema = dataclasses.replace(wide_schema(), with_answer={"re": 0.75})
    rows = list(
        render_examples(examples, schema, RenderOptions(tasks=("re",), negatives=ratio, open_rate=0.0))
    )
    empty = sum(nothing_found(x) for x in rows)
    assert empty / (len(rows) - empty) == pytest.approx(ratio, abs=0.12)


def test_records_without_an_answer_are_asked_only_where_their_share_is_known() -> None:
    examples = [Example(f"d{i}", "zh", "x", None, "无事。", (), ()) for i in range(50)]
    options = RenderOptions(tasks=("re",))
    assert not list(render_examples(examples, wide_schema(), options))
    known = dataclasses.replace(wide_schema(), with_answer={"re": 0.5})
    assert 10 < len(list(render_examples(examples, known, options))) < 40


def test_an_unlimited_ratio_asks_for_every_label_once() -> None:
    example = Example("d", "zh", "x", None, "甲与乙。", (), (triple("甲", "关系3", "乙"),))
    options = RenderOptions(tasks=("re",), negatives=math.inf, open_rate=0.0, split_num=10)
    rows = render_example(example, wide_schema(), options)
    asked = Counter(x for row in rows for x in json.loads(row.schema))
    assert len(rows) == 5
    assert set(asked) == {f"关系{i}" for i in range(49)} and set(asked.values()) == {1}


def test_split_num_limits_the_labels_of_one_instruction_and_zero_asks_for_all() -> None:
    example = Example(
        "d", "zh", "x", None, "甲与乙。", (), tuple(triple("甲", f"关系{i}", "乙") for i in range(9))
    )
    for size in (1, 2, 5, 12):
        rows = render_example(
            example, wide_schema(), RenderOptions(tasks=("re",), split_num=size, open_rate=0.0)
        )
        assert max(len(json.loads(x.schema)) for x in rows) <= size
    rows = render_example(example, wide_schema(), RenderOptions(tasks=("re",), split_num=0, open_rate=0.0))
    assert [len(json.loads(x.schema)) for x in rows] == [49]


def test_a_token_budget_limits_the_labels_too() -> None:
    example = Example("d", "zh", "x", None, "甲与乙。", (), (triple("甲", "关系3", "乙"),))
    options = RenderOptions(tasks=("re",), split_num=0, schema_tokens=20, open_rate=0.0)
    rows = render_example(example, wide_schema(), options)
    assert 8 < len(rows) < 25
    assert sum(len(json.loads(x.schema)) for x in rows) == 49


def test_labels_that_are_easily_confused_are_preferred() -> None:
    near = tuple(f"关系{i}" for i in (40, 41, 42))
    plain = wide_schema()
    schema = dataclasses.replace(plain, confusable={"relation": {"关系3": near}})

    def asked_near(hard: bool) -> int:
        total = 0
        for i in range(100):
            example = Example(f"d{i}", "zh", "x", None, "甲与乙。", (), (triple("甲", "关系3", "乙"),))
            options = RenderOptions(tasks=("re",), hard_negatives=hard, negatives=0, open_rate=0.0)
            (row,) = render_example(example, schema, options)
            total += len(set(json.loads(row.schema)) & set(near))
        return total

    assert asked_near(True) > 150
    assert asked_near(False) < 60


@pytest.mark.parametrize("name", ["re", "spo", "kg"])
@pytest.mark.parametrize("split_num", [1, 3, 0])
def test_what_says_the_same_from_the_other_end_is_never_said_to_be_absent(name: str, split_num: int) -> None:
    names = ("前作", "续作", "作者", "配偶", "首都")
    schema = LabelSchema(
        relations={x: Label(x) for x in names},
        facts=tuple(("作品", x, "作品") for x in names),
        confusable={"relation": {"前作": ("续作",)}},
        inverses={"前作": frozenset({"续作"}), "续作": frozenset({"前作"})},
    )
    options = RenderOptions(tasks=(name,), split_num=split_num, open_rate=0.0)
    sequel = Triple("乙", "作品", 4, None, "前作", None, "甲", "作品", 0, None)
    examples = [Example(f"d{i}", "zh", "x", None, "甲之后有乙。", (), (sequel,)) for i in range(20)]
    asked = "".join(row.schema for row in render_examples(examples, schema, options))
    assert "前作" in asked and "作者" in asked and "续作" not in asked


def test_a_synonym_is_asked_for_and_answered_and_the_records_name_kept_beside_it() -> None:
    schema = LabelSchema(
        relations={"出生地": Label("出生地", synonyms={"zh": ("诞生地",)}), "配偶": Label("配偶")}
    )
    example = Example("d", "zh", "x", None, "林岚生于青川。", (), (triple("林岚", "出生地", "青川"),))
    options = RenderOptions(tasks=("re",), synonyms=1.0, open_rate=0.0, formats=("json",))
    (row,) = render_example(example, schema, options)
    assert {"name": "诞生地", "label": "出生地"} in json.loads(row.schema)
    assert json.loads(row.output)["诞生地"] == [{"head": "林岚", "tail": "青川"}]
    assert "诞生地" in row.instruction


def test_no_two_labels_of_a_question_have_the_same_name() -> None:
    labels = {x: Label(x, {"en": "place"}, {"en": ("location",)}) for x in ("所在地", "发生地", "收藏地")}
    example = Example("d", "zh", "x", None, "甲在乙。", (), (triple("甲", "所在地", "乙"),))
    for synonyms in (0.0, 0.5, 1.0):
        options = RenderOptions(
            tasks=("re",), wording="en", synonyms=synonyms, open_rate=0.0, formats=("json",)
        )
        (row,) = render_example(example, LabelSchema(relations=labels), options)
        names = [x if isinstance(x, str) else x["name"] for x in json.loads(row.schema)]
        assert len(set(names)) == 3
        assert len(json.loads(row.output)) == 3


def test_definitions_stand_in_the_instruction() -> None:
    schema = LabelSchema(
        relations={"出生地": Label("出生地", definitions={"zh": "人出生的地方", "en": "where one was born"})}
    )
    example = Example("d", "zh", "x", None, "林岚生于青川。", (), (triple("林岚", "出生地", "青川"),))
    (row,) = render_example(example, schema, RenderOptions(tasks=("re",), definitions=1.0, open_rate=0.0))
    assert "出生地：人出生的地方" in row.instruction


def test_a_chinese_text_can_be_asked_about_in_english_with_english_labels() -> None:
    schema = LabelSchema(
        relations={"出生地": Label("出生地", names={"zh": "出生地", "en": "place of birth"})}
    )
    example = Example("d", "zh", "x", None, "林岚生于青川。", (), (triple("林岚", "出生地", "青川"),))
    options = RenderOptions(tasks=("re",), wording="en", open_rate=0.0, formats=("tuple",), synonyms=0)
    (row,) = render_example(example, schema, options)
    assert row.template.startswith("re/en/") and row.lang == "zh" and wording_lang(row) == "en"
    assert row.output == "(林岚, place of birth, 青川)"


def test_attributes_are_asked_for_in_the_language_of_the_wording_and_scored_as_recorded() -> None:
    names = {"出生地": "place of birth", "所在地": "place", "发生地": "place"}
    schema = LabelSchema(
        relations={x: Label(x, {"zh": x, "en": y}) for x, y in names.items()},
        entities={"人物": Label("人物", {"en": "person"})},
        facts=tuple(("人物", x, "地点") for x in names),
    )
    born = Triple("林岚", "人物", 0, None, "出生地", None, "青川", "地点", 3, None)
    example = Example("d", "zh", "x", None, "林岚生于青川。", (), (born,))
    options = RenderOptions(tasks=("kg",), wording="en", open_rate=0.0, formats=("json",))
    (row,) = render_example(example, schema, options)
    (asked,) = json.loads(row.schema)
    assert (asked["entity_type"], asked["label"]) == ("person", "人物")
    # Two of the same name are asked for under the records' own.
    assert dict(zip(asked["attribute_labels"], asked["attributes"], strict=True)) == {
        "出生地": "place of birth",
        "所在地": "所在地",
        "发生地": "发生地",
    }
    assert json.loads(row.output) == {"person": {"林岚": {"place of birth": "青川"}}}
    assert "place of birth" in row.instruction and "attribute_labels" not in row.instruction
    assert evaluate_rows([row], gold={"d": example}).micro.f1 == 100.0


def test_a_topic_narrows_the_labels() -> None:
    schema = dataclasses.replace(
        wide_schema(), topics={"人物": Topic(frozenset(), frozenset({"关系1", "关系2", "关系3"}))}
    )
    example = Example("d", "zh", "x", "人物", "甲与乙。", (), (triple("甲", "关系1", "乙"),))
    for seed in range(20):
        for row in render_example(example, schema, RenderOptions(tasks=("re",), seed=seed, open_rate=0.0)):
            assert set(json.loads(row.schema)) <= {"关系1", "关系2", "关系3"}


def test_prompts_of_iepiles_form_are_json_with_schema_and_input(
    records: list[Example], schemas: Schemas
) -> None:
    for row in rows_of(records, schemas, template_set="iepile", synonyms=0.0):
        form = json.loads(row.instruction)
        assert list(form) == ["instruction", "schema", "input"]
        assert form["schema"] == json.loads(row.schema)
        assert row.input == "" and row.format in ("json", "oneke")


def test_prompts_do_not_say_what_the_records_call_a_label() -> None:
    schema = LabelSchema(relations={"出生地": Label("出生地", synonyms={"zh": ("诞生地",)})})
    example = Example("d", "zh", "x", None, "林岚在青川诞生。", (), (triple("林岚", "出生地", "青川"),))
    options = RenderOptions(
        tasks=("re",), synonyms=1.0, open_rate=0.0, template_set="iepile", formats=("json",)
    )
    (row,) = render_example(example, schema, options)
    assert "出生地" not in row.instruction + row.output
    assert "出生地" in row.schema


def test_a_template_set_that_cannot_ask_for_the_formats_is_told(
    records: list[Example], schemas: Schemas
) -> None:
    with pytest.raises(ConfigError, match="re/zhixi/zh"):
        rows_of(records, schemas, tasks=("re",), template_set="zhixi", formats=("xml",))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tasks": ("rel",)}, UnknownName, "did you mean 're'"),
        ({"formats": ("jsn",)}, UnknownName, "did you mean 'json'"),
        ({"open_rate": 2.0, "split_num": -3}, ConfigError, "open_rate.*split_num"),
        ({"wording": "de"}, ConfigError, "record, zh, en or both"),
        ({"negatives": -1.0}, ConfigError, "negatives is at least 0"),
        ({"tasks": ()}, ConfigError, "at least one task"),
    ],
)
def test_impossible_options_are_told_all_at_once(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        RenderOptions(**options)  # type: ignore[arg-type]


def test_a_record_says_why_it_cannot_serve_a_task() -> None:
    untyped = Example(
        "d",
        "zh",
        "x",
        None,
        "甲乙",
        (Mention("甲", "", 0, 1),),
        (msgspec.structs.replace(triple("甲", "r", "乙"), head_type=""),),
    )
    schema = LabelSchema.from_examples([untyped])
    reasons = {name: unservable(untyped, task, schema) for name, task in TASKS.items()}
    assert reasons == {
        "ner": "entities without types",
        "re": "",
        "spo": "relations without types",
        "ee": "no labels of the kind event in the schema",
        "eet": "no labels of the kind event in the schema",
        "eea": "no events given",
        "kg": "",
    }
    assert unservable(msgspec.structs.replace(untyped, text="  "), TASKS["re"], schema) == "no text"
