"""Labels from files: one's own lists and IEPile's schema.json."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg2instruct.errors import InputError
from kg2instruct.evaluate import evaluate_file
from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Example, InstructionRow
from kg2instruct.render import TASKS, Label, RenderOptions
from kg2instruct.render.asked import read_schema
from kg2instruct.render.files import render_file
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.label_files import load_labels

RECORDS = Path(__file__).parents[1] / "data" / "render" / "records.jsonl"
SCHEMAS = Path(__file__).parents[2] / ".." / "shared" / "data" / "relation_maps" / "iepile_schema"
OWN = """
entities: [人物, {name: 地点, en: place}]
relations:
  - 主演
  - {name: 出生地, en: place of birth, synonyms: [诞生地], definition: 人出生的地方,
     head: [人物], tail: [地点]}
events:
  裁员: [裁员方, 时间]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "labels.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_labels_of_ones_own(tmp_path: Path) -> None:
    schema = load_labels(written(tmp_path, OWN), "zh")
    assert list(schema.entities) == ["人物", "地点"]
    assert schema.entities["地点"].names == {"en": "place"}
    assert schema.relations["出生地"] == Label(
        "出生地", {"en": "place of birth"}, {"zh": ("诞生地",)}, {"zh": "人出生的地方"}
    )
    assert schema.events["裁员"].roles == ("裁员方", "时间")
    assert schema.facts == (("人物", "出生地", "地点"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("relation: [a]", "did you mean 'relations'"),
        ("relations: [{name: a, defnition: x}]", "did you mean 'definition'"),
        ("relations: [{en: a}]", "a label without name"),
        ("relations: [yes, no]", "needs quotes"),
        ("events: {on: [a]}", "needs quotes"),
        ("relations: [a, a]", "'a' is there twice"),
        ("relations: [a\nb: {", ":2: neither YAML nor JSON"),
        ("- a", "labels are listed under"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_labels(written(tmp_path, text), "zh")
    with pytest.raises(InputError, match="cannot read"):
        load_labels(tmp_path / "absent.yaml", "zh")


def test_labels_that_the_schema_lacks_are_counted_or_told_with_a_near_name(tmp_path: Path) -> None:
    schema = load_labels(written(tmp_path, "relations: [出生地点, 出生日期]"), "zh")
    options = RenderOptions(tasks=("re",))
    report = render_file(RECORDS, tmp_path / "rows.jsonl", options, schema)
    assert report.left_out["re: unknown relation label '出生地'"] == 1
    with pytest.raises(InputError, match=r"record 'zh-1': unknown relation label .*did you mean '出生地点'"):
        render_file(RECORDS, tmp_path / "rows.jsonl", options, schema, strict=True)


def test_half_the_rows_at_most_are_empty_with_a_wide_schema_from_a_file(tmp_path: Path) -> None:
    names = ["出生地", "作者", "配偶", "出生日期", "导演", "主演", "片长", *(f"关系{i}" for i in range(42))]
    schema = load_labels(written(tmp_path, f"relations: {names}"), "zh")
    out = tmp_path / "rows.jsonl"
    for seed in range(10):
        render_file(RECORDS, out, RenderOptions(tasks=("re",), seed=seed), schema)
        rows = list(read_jsonl(out, InstructionRow))
        empty = 0
        for row in rows:
            asked = read_schema(TASKS["re"], row.schema)
            empty += not FORMATS[row.format].parse(row.output, TASKS["re"], asked, "zh").answer
        assert 2 * empty <= len(rows)
        records = {x.id for x in read_jsonl(RECORDS, Example)}
        assert {x.id.rsplit("-", 2)[0] for x in rows} <= records
        assert evaluate_file(out, gold=RECORDS).micro.f1 == 100.0


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="IEPile's schemas are not here")
def test_iepiles_schemas_are_read() -> None:
    schemas = {x: load_labels(SCHEMAS / f"{x.upper()}_schema.json", "zh") for x in TASKS}
    assert len(schemas["re"].relations) == 49
    assert list(schemas["ner"].entities) == ["人物", "地理位置", "组织机构"]
    assert schemas["ee"].events["组织关系-裁员"].roles == ("裁员方", "裁员人数", "时间")
    for name, schema in schemas.items():
        assert schema.pool(TASKS[name], None, "zh").choices
