"""Rules that triples have to keep, each by a case that breaks it and one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from kg2instruct.records import Example, Mention, Triple
from kg2instruct.schema import SchemaSet, load_schemas
from kg2instruct.verify.rules import RULES, Rules

Fact = tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def schemas() -> SchemaSet:
    return load_schemas()


def record(*facts: Fact, names: dict[str, str] | None = None) -> Example:
    """A record of triples (head, property, tail); names of one entity by `names`."""
    triples = []
    for head, pid, tail, *more in facts:
        fields: dict[str, Any] = {
            "head_type": "人物",
            "tail_type": "人物",
            "tail_value": None,
            "via": "wikidata",
        }
        fields |= more[0] if more else {}
        triples.append(
            Triple(
                head=head,
                head_start=0,
                head_qid=None,
                relation=pid,
                property=pid,
                tail=tail,
                tail_start=1,
                tail_qid=None,
                **fields,
            )
        )
    mentions = tuple(Mention(name, "人物", 0, 1, qid) for name, qid in (names or {}).items())
    return Example("1", "zh", "wikipedia", "人物", "text", entity=mentions, relation=tuple(triples))


def time(value: str) -> dict[str, Any]:
    return {"tail_type": "时间", "tail_value": value}


PLACE = {"head_type": "地理地区", "tail_type": "地理地区", "relation": "位于"}
MODEL = {"via": "model", "score": 1.0}

CASES: list[tuple[str, Example, list[str]]] = [
    ("same ends", record(("甲", "P26", "乙"), names={"甲": "Q1", "乙": "Q1"}), ["乙"]),
    ("same ends", record(("甲", "P26", "乙")), []),
    ("types", record(("甲", "P19", "乙")), ["乙"]),
    ("types", record(("甲", "P19", "乙", {"tail_type": "地理地区"})), []),
    ("types", record(("甲", "P19", "乙", {"tail_type": "自创类型"})), []),
    (
        "dates out of order",
        record(("甲", "P569", "b", time("+1900-00-00/9")), ("甲", "P570", "d", time("+1850-00-00/9"))),
        ["d"],
    ),
    (
        "dates out of order",
        record(("甲", "P569", "b", time("+1900-00-00/9")), ("乙", "P570", "d", time("+1850-00-00/9"))),
        [],
    ),
    (
        "several values",
        record(("甲", "P569", "a", time("+1900-00-00/9")), ("甲", "P569", "b", time("+1901-00-00/9"))),
        ["b"],
    ),
    (
        "several values",
        record(("甲", "P569", "a", time("+1900-00-00/9")), ("甲", "P569", "b", time("+1900-05-01/11"))),
        [],
    ),
    ("several values", record(("甲", "P25", "乙", MODEL), ("甲", "P25", "丙")), ["乙"]),
    ("several values", record(("甲", "P26", "乙"), ("甲", "P26", "丙")), []),
    ("exclude each other", record(("甲", "P22", "乙"), ("甲", "P40", "乙")), ["乙"]),
    ("exclude each other", record(("甲", "P22", "乙", MODEL), ("甲", "P40", "乙")), ["乙"]),
    ("exclude each other", record(("甲", "P22", "乙"), ("甲", "P40", "丙")), []),
    ("both ways", record(("甲", "P22", "乙"), ("乙", "P22", "甲")), ["甲"]),
    ("both ways", record(("甲", "P26", "乙"), ("乙", "P26", "甲")), []),
    ("said twice", record(("甲", "P26", "乙"), ("乙", "P26", "甲")), ["甲"]),
    ("said twice", record(("甲", "P22", "乙"), ("乙", "P40", "甲")), ["甲"]),
    ("said twice", record(("甲", "P26", "丙"), ("乙", "P26", "丙"), names={"甲": "Q1", "乙": "Q1"}), ["丙"]),
    ("said twice", record(("甲", "P26", "乙"), ("甲", "P26", "丙")), []),
]


@pytest.mark.parametrize(("rule", "example", "dropped"), CASES)
def test_a_rule_drops_what_breaks_it(
    rule: str, example: Example, dropped: list[str], schemas: SchemaSet
) -> None:
    done, found = Rules(schemas, [rule]).apply(example)
    assert [(name, x.tail) for name, x in found] == [(rule, tail) for tail in dropped]
    assert len(done.relation) == len(example.relation) - len(dropped)


def test_of_a_chain_the_link_that_follows_is_left_out(schemas: SchemaSet) -> None:
    facts = [
        Triple(a, "地理地区", 0, None, "位于", "P131", b, "地理地区", 1, None, via="wikidata")
        for a, b in (("区", "市"), ("市", "省"), ("区", "省"))
    ]
    example = Example("1", "zh", "wikipedia", "地理地区", "text", relation=tuple(facts))
    done, found = Rules(schemas).apply(example)
    assert [(x.head, x.tail) for x in done.relation] == [("区", "市"), ("市", "省")]
    assert [name for name, _ in found] == ["follows from others"]


@pytest.mark.parametrize(("example"), [case[1] for case in CASES])
def test_applied_again_the_rules_find_nothing_more(example: Example, schemas: SchemaSet) -> None:
    rules = Rules(schemas)
    done, _ = rules.apply(example)
    assert rules.apply(done) == (done, [])


def test_every_rule_has_a_case() -> None:
    assert {name for name, *_ in CASES} | {"follows from others"} == set(RULES)
