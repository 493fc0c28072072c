"""Of A in B, B in C and A in C only the first two are asked for, where that is wanted."""

from __future__ import annotations

from kg2instruct.records import Example, Triple
from kg2instruct.render.chains import most_specific
from kg2instruct.render.labels import Label, LabelSchema
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import render_example
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.schema import load_schemas

CHAINED = frozenset({"位于"})


def example(*links: str, relation: str = "位于") -> Example:
    text = "甲乙丙丁"
    triples = tuple(
        Triple(a, "地", text.index(a), None, relation, None, b, "地", text.index(b), None) for a, b in links
    )
    return Example(id="1", lang="zh", source="test", cate=None, text=text, relation=triples)


def links(record: Example) -> list[str]:
    return [f"{t.head}{t.tail}" for t in record.relation]


def test_what_follows_from_two_others_is_left_out() -> None:
    assert links(most_specific(example("甲乙", "乙丙", "甲丙"), CHAINED)) == ["甲乙", "乙丙"]


def test_the_shortest_links_of_a_longer_chain_stay() -> None:
    longer = example("甲丁", "甲乙", "甲丙", "乙丙", "乙丁", "丙丁")
    assert links(most_specific(longer, CHAINED)) == ["甲乙", "乙丙", "丙丁"]


def test_what_names_one_link_alone_stays() -> None:
    assert links(most_specific(example("甲丙", "甲乙", "丙丁"), CHAINED)) == ["甲丙", "甲乙", "丙丁"]


def test_a_circle_does_not_lose_a_place() -> None:
    kept = links(most_specific(example("甲乙", "甲丙", "乙丙", "丙乙"), CHAINED))
    assert {"乙丙", "丙乙"} <= set(kept) and len({"甲乙", "甲丙"} & set(kept)) == 1


def test_a_relation_that_is_no_chain_stays_whole() -> None:
    whole = example("甲乙", "乙丙", "甲丙", relation="相邻")
    assert most_specific(whole, CHAINED) is whole


def test_rows_are_reduced_by_option_only() -> None:
    record = example("甲乙", "乙丙", "甲丙")
    schema = LabelSchema(relations={"位于": Label("位于", {"zh": "位于"})}, chained=CHAINED)

    def output(most_specific: bool) -> str:
        options = RenderOptions(tasks=("re",), formats=("json",), open_rate=0, most_specific=most_specific)
        return "".join(row.output for row in render_example(record, schema, options))

    assert output(False).count("甲") == 2
    assert output(True).count("甲") == 1


def test_the_schemas_say_what_is_a_chain() -> None:
    schema = label_schema(load_schemas(None), "en")
    assert schema.chained == {"located in", "parent taxon", "part of"}
