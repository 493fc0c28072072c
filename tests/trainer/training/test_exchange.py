"""Records with other names: offsets that fit, the same name everywhere, only names of the same type."""

from __future__ import annotations

from random import Random

from kg2instruct.records import Example, Mention, Triple
from trainer.training.exchange import exchanged, names_of, only_types

TEXT = "柏林是德国的首都，柏林有墙，默克尔住在柏林市中心。"


def mention(name: str, kind: str, start: int) -> Mention:
    return Mention(name, kind, start, start + len(name))


EXAMPLE = Example(
    "1", "zh", "made", "地理地区", TEXT,
    entity=(
        mention("柏林", "地", 0), mention("德国", "地", 3), mention("柏林", "地", 9), mention("默克尔", "人", 14),
        mention("柏林市中心", "地", 19), mention("柏林", "地", 19), Mention("无处", "地", None, None),
    ),
    relation=(Triple("德国", "地", 3, None, "首都", "P36", "柏林", "地", 0, None),),
)  # fmt: skip
NAMES = {"地": ["巴黎", "意大利", "圣彼得堡"], "人": ["居里"]}


def test_offsets_fit_the_new_text() -> None:
    for seed in range(20):
        made = exchanged(EXAMPLE, NAMES, Random(seed))
        assert made.entity
        assert all(made.text[x.start : x.end] == x.entity for x in made.entity)


def test_the_same_name_becomes_the_same_other_name() -> None:
    for seed in range(20):
        made = exchanged(EXAMPLE, NAMES, Random(seed), rate=1.0)
        assert made.entity[0].entity == made.entity[2].entity
        assert {x.entity for x in made.entity if x.entity_type == "人"} == {"居里"}
        assert {x.entity for x in made.entity if x.entity_type == "地"} <= set(NAMES["地"])


def test_a_mention_within_another_goes_and_facts_do_not_stay() -> None:
    made = exchanged(EXAMPLE, NAMES, Random(0), rate=0.0)
    assert made.text == TEXT
    assert [x.entity for x in made.entity] == ["柏林", "德国", "柏林", "默克尔", "柏林市中心"]
    assert made.relation == ()


def test_a_type_without_other_names_keeps_its_own() -> None:
    assert exchanged(EXAMPLE, {}, Random(0), rate=1.0).text == TEXT


def test_names_are_found_by_type() -> None:
    assert names_of([EXAMPLE]) == {"地": ["柏林", "德国", "柏林市中心", "无处"], "人": ["默克尔"]}


def test_other_types_can_be_left_out() -> None:
    assert {x.entity for x in only_types(EXAMPLE, ("人",)).entity} == {"默克尔"}
