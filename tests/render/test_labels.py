"""The labels that can be asked for, and which are easily confused."""

from __future__ import annotations

from kg2instruct.records import Example, Triple
from kg2instruct.render import TASKS, Label, LabelSchema, Topic
from kg2instruct.render.confusable import confusable
from kg2instruct.render.labels import schemas_of
from kg2instruct.render.wikipedia import label_schema
from kg2instruct.schema import load_schemas


def test_a_corpus_yields_the_labels_that_occur_in_it(records: list[Example]) -> None:
    schema = LabelSchema.from_examples(x for x in records if x.lang == "zh")
    assert list(schema.entities) == sorted({"人物", "地点", "机构", "作品", "时间", "数量"})
    assert schema.events["裁员"].roles == ("裁员人数", "裁员方")
    assert ("作品", "作者", "人物") in schema.facts
    assert schema.with_answer["ner"] == 5 / 6
    assert schema.with_answer["ee"] == 2 / 6


def test_a_record_in_another_language_is_no_mistake() -> None:
    triple = Triple("Berlin", "", 0, None, "liegt in", None, "Deutschland", "", 16, None)
    example = Example("a", "de", "x", None, "Berlin liegt in Deutschland.", relation=(triple,))
    assert LabelSchema.from_examples([example]).facts == (("entity", "liegt in", ""),)


def test_each_source_and_language_has_labels_of_its_own(records: list[Example]) -> None:
    schemas = schemas_of(records)
    assert list(schemas) == [("en", "made-en"), ("zh", "made-zh")]
    assert not set(schemas["en", "made-en"].relations) & set(schemas["zh", "made-zh"].relations)


def test_the_order_of_records_does_not_matter(records: list[Example]) -> None:
    assert LabelSchema.from_examples(records) == LabelSchema.from_examples(records[::-1])


def test_labels_are_confused_by_name_by_arguments_and_by_company() -> None:
    labels = ["出生地", "出生日期", "导演", "编剧", "海拔"]
    arguments = {"导演": {"head 作品", "tail 人物"}, "编剧": {"head 作品", "tail 人物"}}
    table = confusable(labels, arguments, {("出生地", "海拔"): 9})
    assert table["出生地"] == ("海拔", "出生日期")
    assert table["导演"] == ("编剧",)


def test_a_label_is_never_confused_with_itself_and_one_alone_with_nothing() -> None:
    assert all(x not in near for x, near in confusable(["甲", "甲乙", "乙"], {}, {}).items())
    assert confusable(["甲"], {}, {}) == {"甲": ()}
    assert confusable([], {}, {}) == {}


def test_a_synonym_that_is_another_label_is_not_used() -> None:
    labels = {"作者": Label("作者", synonyms={"zh": ("编剧", "写作者")}), "编剧": Label("编剧")}
    pool = LabelSchema(relations=labels).pool(TASKS["re"], None, "zh")
    assert [x.names for x in pool.choices[0].synonyms] == [("写作者",)]


def test_what_a_topic_does_not_ask_for_by_itself_can_be_asked_where_a_record_has_it() -> None:
    topic = Topic(frozenset(), frozenset({"作者"}))
    schema = LabelSchema(relations={"作者": Label("作者"), "身高": Label("身高")}, topics={"作品": topic})
    pool = schema.pool(TASKS["re"], "作品", "zh")
    assert [x.asked.key for x in pool.choices] == [("作者",)]
    found = pool.choice(("身高",))
    assert found is not None and found.number == -1
    assert pool.choice(("体重",)) is None


def test_typed_relations_need_only_a_known_relation() -> None:
    schema = LabelSchema(relations={"作者": Label("作者")}, facts=(("图书", "作者", "人物"),))
    pool = schema.pool(TASKS["spo"], None, "zh")
    found = pool.choice(("诗集", "作者", "人物"))
    assert found is not None and found.asked.names == ("诗集", "作者", "人物") and found.hard == (0,)
    assert pool.choice(("诗集", "译者", "人物")) is None


def test_records_without_a_topic_are_asked_for_the_general_names_of_relations() -> None:
    schemas = load_schemas()
    labels = label_schema(schemas, "zh")
    general = {schemas.relation_name(x.pid, "zh") for x in schemas.relations_of(None) if x.swapped is None}
    for cate in (None, "不知道的"):
        offered = {x.asked.key[0] for x in labels.pool(TASKS["re"], cate, "zh").choices}
        assert offered == general
    assert len(labels.pool(TASKS["ner"], None, "zh").choices) == len(labels.entities)


def test_relations_that_records_write_from_their_other_end_are_asked_for_only_where_answers_are_turned_round() -> (
    None
):
    schemas = load_schemas()
    one, both = (label_schema(schemas, "zh", both_ends=x) for x in (False, True))
    asked, turned = ({x.asked.key[0] for x in y.pool(TASKS["re"], None, "zh").choices} for y in (one, both))
    assert "前作" in asked and turned - asked >= {"续作"}
    found = one.pool(TASKS["re"], None, "zh").choice(("续作",))
    assert found is not None and found.number == -1


def test_labels_know_what_says_the_same_from_the_other_end_by_their_properties() -> None:
    triples = tuple(
        Triple("a", "", 0, None, relation, pid, "b", "", 1, None)
        for relation, pid in (
            ("follows", "P155"),
            ("followed by", "P156"),
            ("part of", "P361"),
            ("knows", None),
        )
    )
    schema = LabelSchema.from_examples([Example("a", "en", "x", None, "ab", relation=triples)])
    assert schema.inverses == {"follows": {"followed by"}, "followed by": {"follows"}}
