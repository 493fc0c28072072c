"""The rules by which a model's triples join those of a record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kg2instruct.complete.merge import merge
from kg2instruct.records import Example, Triple
from kg2instruct.schema import SchemaSet
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.store import Store


@pytest.fixture
def child(make_triple: Any) -> Triple:
    """Something that the record lacks."""
    found: Triple = make_triple("居里夫人", "子女", "P40", "伊雷娜", via="model", head_qid="Q7186")
    return found


def test_what_is_new_is_added_with_the_share_of_samples_as_its_score(
    record: Example, schemas: SchemaSet, child: Triple
) -> None:
    done, counts = merge(record, [[child], [], [child], []], schemas)
    assert done.relation[-1] == replace(child, score=0.5)
    assert next(m for m in done.entity if m.via == "model").entity == "伊雷娜"
    assert counts == {"added": 1}


def test_the_record_s_triples_have_the_share_of_samples_that_agree(
    record: Example, schemas: SchemaSet, make_triple: Any
) -> None:
    same = make_triple("玛丽·居里", "出生地", "P19", "华沙", via="model", head_qid="Q7186", tail_qid="Q270")
    done, counts = merge(record, [[same], []], schemas)
    assert [x.score for x in done.relation] == [0.5, 0.0]
    assert counts == {"agrees with the record": 1}


@pytest.mark.parametrize("given", [("玛丽·居里", "Q7186"), ("玛丽·居里", None), ("居里夫人", None)])
def test_another_name_of_the_same_entity_is_no_new_triple(
    record: Example, schemas: SchemaSet, make_triple: Any, given: tuple[str, str | None]
) -> None:
    head, qid = given
    same = make_triple(head, "出生地", "P19", "华沙", via="model", head_qid=qid)
    assert len(merge(record, [[same]], schemas)[0].relation) == 2


def test_dates_are_compared_by_meaning(record: Example, schemas: SchemaSet, make_triple: Any) -> None:
    year = make_triple("居里夫人", "出生日期", "P569", "1867年", via="model", tail_value="+1867-00-00/9")
    other = make_triple("居里夫人", "出生日期", "P569", "1895年", via="model", tail_value="+1895-00-00/9")
    done, counts = merge(record, [[year, other]], schemas)
    assert len(done.relation) == 2
    assert counts == {"agrees with the record": 1, "contradicts the record": 1}


def test_a_fact_from_its_other_end_is_the_same_fact(
    record: Example, schemas: SchemaSet, make_triple: Any
) -> None:
    one = make_triple("居里夫人", "配偶", "P26", "皮埃尔·居里", via="model")
    other = make_triple("皮埃尔·居里", "配偶", "P26", "玛丽·居里", via="model")
    done, _ = merge(record, [[one, other], [other]], schemas)
    assert [(x.head, x.score) for x in done.relation[2:]] == [("居里夫人", 1.0)]


def test_of_two_tails_where_there_is_one_at_a_time_the_likelier_stays(
    record: Example, schemas: SchemaSet, make_triple: Any
) -> None:
    place = {"tail_type": "地理地区", "via": "model"}
    one = make_triple("居里夫人", "死亡地", "P20", "巴黎", tail_start=60, **place)
    other = make_triple("居里夫人", "死亡地", "P20", "华沙", **place)
    done, counts = merge(record, [[other], [one, other], [one], [one]], schemas)
    assert [x.tail for x in done.relation[2:]] == ["巴黎"]
    assert counts["a second tail where there is one at a time"] == 1


def test_too_little_agreement_is_left_out(record: Example, schemas: SchemaSet, child: Triple) -> None:
    done, counts = merge(record, [[child], [], []], schemas, min_score=0.5)
    assert len(done.relation) == 2
    assert counts == {"too few samples agree": 1}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A knowledge base in which the person has a husband, a place of death and an employer."""

    def item(qid: str, name: str, claims: dict[str, list[str]]) -> str:
        statements = {
            pid: [
                {
                    "mainsnak": {
                        "snaktype": "value",
                        "property": pid,
                        "datatype": "wikibase-item",
                        "datavalue": {
                            "type": "wikibase-entityid",
                            "value": {"entity-type": "item", "numeric-id": int(t[1:]), "id": t},
                        },
                    },
                    "type": "statement",
                    "rank": "normal",
                }
                for t in tails
            ]
            for pid, tails in claims.items()
        }
        labels = {"zh": {"language": "zh", "value": name}}
        return json.dumps({"type": "item", "id": qid, "labels": labels, "claims": statements})

    dump = tmp_path / "entities.jsonl"
    lines = [
        item("Q7186", "玛丽·居里", {"P26": ["Q37463"], "P20": ["Q90"]}),
        item("Q37463", "皮埃尔·居里", {"P184": ["Q7186"]}),
        *(item(qid, name, {}) for qid, name in (("Q90", "巴黎"), ("Q270", "华沙"))),
    ]
    dump.write_text("\n".join(lines), "utf-8")
    build_store([dump], tmp_path / "kb", langs=("zh",))
    return Store.open(tmp_path / "kb")


def test_the_knowledge_base_confirms_and_contradicts(
    record: Example, schemas: SchemaSet, make_triple: Any, store: Store
) -> None:
    known = {"via": "model", "head_qid": "Q7186"}
    husband = make_triple("居里夫人", "配偶", "P26", "皮埃尔·居里", tail_qid="Q37463", **known)
    died = make_triple("居里夫人", "死亡地", "P20", "华沙", tail_qid="Q270", tail_type="地理地区", **known)
    turned = make_triple("居里夫人", "博士导师", "P184", "皮埃尔·居里", tail_qid="Q37463", **known)
    done, counts = merge(record, [[husband, died, turned]], schemas, store=store)
    assert [x.relation for x in done.relation[2:]] == ["配偶"]
    assert counts == {"added": 1, "confirmed by the knowledge base": 1, "contradicts the knowledge base": 2}
