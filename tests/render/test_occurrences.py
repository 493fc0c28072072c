"""Which labels occur together, and that this makes hard negatives for any schema."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from kg2instruct.records import Example, Mention, Triple
from kg2instruct.render import TASKS, Label, LabelSchema
from kg2instruct.render.occurrences import Occurrences
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.schema import load_schemas


def example(number: int, *relations: str) -> Example:
    triples = [Triple("甲", "", 0, None, x, None, "乙", "", 2, None) for x in relations]
    return Example(f"x-{number}", "zh", "x", None, "甲与乙", (), tuple(triples))


def counted(*examples: Example) -> Occurrences:
    found = Occurrences()
    for x in examples:
        found.add(x)
    return found


def test_labels_of_one_record_are_counted_once_and_parts_add_up() -> None:
    records = [example(0, "海拔", "湖泊面积", "海拔"), example(1, "湖泊面积", "海拔"), example(2)]
    whole, parts = counted(*records), counted(records[2])
    parts.merge(counted(records[1]))
    parts.merge(counted(records[0]))
    assert whole == parts
    assert whole.pairs("relation") == {("海拔", "湖泊面积"): 2}
    assert whole.share("relation") == 2 / 3


def test_counts_in_a_file_are_the_same_again() -> None:
    mention = Mention("甲", "人物", 0, 1), Mention("乙", "地点", 2, 3)
    found = counted(Example("x", "zh", "x", None, "甲与乙", mention))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Occurrences) == found


def test_labels_that_keep_company_are_confused_in_any_schema() -> None:
    schema = LabelSchema(relations={x: Label(x) for x in ("海拔", "导演", "丙丁", "戊己")})
    assert schema.counted(Occurrences()).confusable["relation"]["海拔"] == ()
    near = schema.counted(counted(example(0, "海拔", "导演", "另外"))).confusable["relation"]
    assert near["海拔"] == ("导演",) and near["丙丁"] == ()


def test_company_in_wikipedia_makes_hard_negatives() -> None:
    schemas = load_schemas()
    plain = label_schema(schemas, "zh")
    far = [
        x for x in sorted(plain.relations) if x not in plain.confusable["relation"]["海拔"] and x != "海拔"
    ]
    together = [example(i, "海拔", Random(i).choice(far[:2])) for i in range(20)]
    schema = label_schema(schemas, "zh", counted(*together))
    hard = schema.pool(TASKS["re"], None, "zh").choice(("海拔",))
    assert hard is not None
    names = [schema.pool(TASKS["re"], None, "zh").choices[n].asked.name for n in hard.hard]
    assert set(far[:2]) <= set(names)


@pytest.mark.parametrize(
    ("lang", "person", "names"), [("zh", "人物", "姓名"), ("en", "Person", "Personal name")]
)
def test_names_as_such_are_not_asked_for_beside_people(lang: Any, person: str, names: str) -> None:
    labels = label_schema(load_schemas(), lang).entities
    assert person in labels
    assert names not in labels
