"""The packaged schemas are sound; a file of the user changes or replaces them, or is told what is wrong."""

from __future__ import annotations

import pickle
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.schema import LANGS, SchemaSet, load_schemas

ROOT = Path(__file__).resolve().parents[1]
PROPERTIES = ROOT / ".." / "shared" / "data" / "relation_maps" / "kgtk_wikidata_properties.tsv"
MISTAKES = yaml.safe_load((Path(__file__).parent / "data" / "schema" / "mistakes.yaml").read_text("utf-8"))
TOPICS = {
    "person": "人物",
    "place": "地理地区",
    "building": "建筑",
    "work": "作品",
    "organism": "生物",
    "artefact": "人造物件",
    "science": "自然科学",
    "organization": "组织",
    "transport": "运输",
    "event": "事件",
    "astronomical": "天文对象",
    "medicine": "医学",
}


@pytest.fixture(scope="module")
def schemas() -> SchemaSet:
    return load_schemas()


class TestPackagedRelations:
    def test_there_are_at_least_300_of_all_kinds_of_values(self, schemas: SchemaSet) -> None:
        kinds = [relation.kind for relation in schemas.relations.values()]
        assert len(kinds) >= 300
        assert {
            kind: kinds.count(kind) > 5 for kind in ("entity", "time", "quantity", "text")
        } == dict.fromkeys(("entity", "time", "quantity", "text"), True)

    def test_each_is_named_and_defined_in_one_line_of_each_language(self, schemas: SchemaSet) -> None:
        chinese = re.compile(r"[\u4e00-\u9fff]")
        for relation in schemas.relations.values():
            assert chinese.search(relation.name["zh"]) and chinese.search(relation.definition["zh"]), relation
            for text in (relation.name["en"], relation.definition["en"]):
                assert text.isprintable() and not chinese.search(text), relation
            for lang in LANGS:
                assert relation.definition[lang][-1] not in ".。", relation
                assert relation.name[lang] not in relation.synonyms[lang], relation

    @pytest.mark.parametrize("lang", LANGS)
    def test_a_name_or_synonym_means_one_relation(self, schemas: SchemaSet, lang: Any) -> None:
        meaning: dict[str, int] = {}
        for relation in schemas.relations.values():
            for name in (relation.name[lang], *relation.synonyms[lang]):
                assert meaning.setdefault(name, relation.pid) == relation.pid, name

    def test_no_synonym_says_who_somebody_is(self, schemas: SchemaSet) -> None:
        # Asked for the `wife` of Marie Curie, a model would have to answer Pierre Curie.
        kin = {"wife", "husband", "son", "daughter", "brother", "sister", "妻子", "丈夫", "兄弟", "姐妹"}
        offices = {"monarch", "prime minister", "mayor", "champion", "市长", "党主席", "冠军", "主编"}
        for relation in schemas.relations.values():
            for lang in LANGS:
                assert not (kin | offices) & set(relation.synonyms[lang]), relation

    @pytest.mark.parametrize("lang", LANGS)
    @pytest.mark.parametrize("topic", TOPICS)
    def test_names_stay_apart_within_a_topic(self, schemas: SchemaSet, topic: str, lang: Any) -> None:
        labels = schemas.labels(topic, lang)
        assert len(set(labels)) == len(labels)
        for relation in schemas.relations_of(topic):
            own = schemas.relation_name(relation.pid, lang, topic)
            assert not {name for name in relation.synonyms[lang] if name != own} & set(labels), relation

    def test_inverses_name_each_other_and_one_of_them_is_written(self, schemas: SchemaSet) -> None:
        for relation in schemas.relations.values():
            for other in map(schemas.relation, relation.inverses):
                assert relation.pid in other.inverses
                assert relation.canonical or other.canonical
            if relation.symmetric:
                assert relation.inverses == (relation.pid,) and relation.canonical

    def test_literal_relations_have_tails_of_their_kind(self, schemas: SchemaSet) -> None:
        for relation in schemas.relations.values():
            if relation.kind in ("time", "quantity", "text"):
                assert relation.tail_types == (relation.kind,), relation

    def test_each_belongs_to_a_topic_unless_it_is_about_languages(self, schemas: SchemaSet) -> None:
        listed = {pid for topic in schemas.topics.values() for pid in topic.relations}
        apart = {r.pid for r in schemas.relations_of(None) if r.pid not in listed}
        assert all("language" in schemas.relation(pid).head_types for pid in apart), apart

    def test_what_needs_a_trigger_has_some_or_is_a_value(self, schemas: SchemaSet) -> None:
        for relation in schemas.relations.values():
            for lang in LANGS:
                assert relation.triggers[lang] or not relation.needs_trigger, relation

    @pytest.mark.skipif(
        not PROPERTIES.exists(), reason="needs a list of Wikidata's properties beside the checkout"
    )
    def test_properties_exist_with_a_fitting_datatype(self, schemas: SchemaSet) -> None:
        kinds = {"item": "entity", "property": "entity", "monolingualtext": "text", "string": "text"}
        rows = (line.split("\t") for line in PROPERTIES.read_text("utf-8").splitlines()[1:])
        known = {row[0]: kinds.get(row[2], row[2]) for row in rows if len(row) == 3}
        for relation in schemas.relations.values():
            # Newer than the list: academic appointment, media franchise, displacement, parent, taxon range,
            # funder, number of branches.
            newer = ("P8413", "P8345", "P8628", "P8810", "P9714", "P8324", "P8368")
            if (pid := f"P{relation.pid}") not in newer:
                assert known[pid] == ("entity" if relation.kind == "class" else relation.kind), pid


class TestPackagedTopicsAndTypes:
    def test_there_are_the_twelve_topics(self, schemas: SchemaSet) -> None:
        assert {topic.id: topic.name["zh"] for topic in schemas.topics.values()} == TOPICS
        for topic in schemas.topics.values():
            assert len(topic.relations) >= 40
            assert all(topic.name[lang] and topic.description[lang] for lang in LANGS)

    def test_classes_are_unnamed_relations_of_no_topic(self, schemas: SchemaSet) -> None:
        assert schemas.relation(31).kind == schemas.relation(279).kind == "class"
        assert not {31, 279} & {pid for topic in schemas.topics.values() for pid in topic.relations}

    @pytest.mark.parametrize("lang", LANGS)
    def test_type_names_are_different(self, schemas: SchemaSet, lang: Any) -> None:
        names = [entity_type.name[lang] for entity_type in schemas.types.values()]
        assert len(set(names)) == len(names)

    def test_a_type_and_the_one_above_it_share_their_topic(self, schemas: SchemaSet) -> None:
        for entity_type in schemas.types.values():
            assert schemas.coarse(entity_type).topic == entity_type.topic

    @pytest.mark.parametrize(
        ("classes", "expected"),
        [
            ([5], ("person", "person")),
            ([515, 5119, 1549591], ("city", "place")),
            ([6256, 3624078], ("country", "place")),
            ([4022], ("water", "place")),
            ([11424], ("film", "work")),
            ([3918, 875538], ("school", "organization")),
            ([55488], ("station", "transport")),
            ([12280], ("bridge", "building")),
            ([16521], ("organism", "organism")),
            ([7397], ("software", "artefact")),
            ([11344], ("substance", "science")),
            ([178561], ("conflict", "event")),
            ([523], ("star", "astronomical")),
            ([12136], ("disease", "medicine")),
            ([34770], ("language", None)),
        ],
    )
    def test_common_classes_have_their_type_and_topic(
        self, schemas: SchemaSet, classes: list[int], expected: tuple[str, str | None]
    ) -> None:
        found, topic = schemas.type_of(classes), schemas.topic_of(classes)
        assert (found and found.id, topic and topic.id) == expected


class TestTypeOfAnEntity:
    def test_a_known_direct_class_goes_before_all_above_it(self, schemas: SchemaSet) -> None:
        university, organization, building = 3918, 43229, 41176
        found = schemas.type_of([university, organization, building, 6256], direct=[university])
        assert found == schemas.types["school"]

    def test_an_unknown_direct_class_leaves_it_to_those_above(self, schemas: SchemaSet) -> None:
        assert schemas.type_of([999999999, 515], direct=[999999999]) == schemas.types["city"]

    def test_the_higher_priority_wins_and_fallbacks_come_last(self, schemas: SchemaSet) -> None:
        geographic_location, event, tool = 2221906, 1656682, 39546
        assert schemas.type_of([geographic_location, event, tool]) == schemas.types["artefact"]

    def test_the_order_of_classes_does_not_matter(self, schemas: SchemaSet) -> None:
        classes = sorted(schemas.classes)
        assert schemas.type_of(classes) == schemas.type_of(classes[::-1])

    def test_without_a_known_class_there_is_none(self, schemas: SchemaSet) -> None:
        assert schemas.type_of([35120]) is None
        assert schemas.topic_of([]) is None

    def test_the_widest_type_stands_for_a_narrow_one(self, schemas: SchemaSet) -> None:
        assert schemas.coarse("city").name["zh"] == "地理地区"


class TestQuestions:
    def test_a_topic_is_found_by_id_and_name(self, schemas: SchemaSet) -> None:
        assert schemas.topic("人物") == schemas.topic("Person") == schemas.topic("person")
        with pytest.raises(UnknownName, match="did you mean 'person'"):
            schemas.topic("persons")

    def test_a_topic_has_its_own_name_for_a_relation(self, schemas: SchemaSet) -> None:
        assert schemas.relation_name(571, "zh") == schemas.relation(571).name["zh"]
        assert schemas.relation_name(571, "zh", "building") == "建造时间"
        assert "建造时间" in schemas.labels("building", "zh")

    def test_a_relation_is_found_by_name_and_synonym(self, schemas: SchemaSet) -> None:
        assert schemas.relation_named("建造时间", "zh", "building") == schemas.relation(571)
        assert schemas.relation_named("birthplace", "en") == schemas.relation(19)
        assert schemas.relation_named("no such relation", "en") is None

    def test_types_fit_from_above_and_below(self, schemas: SchemaSet) -> None:
        assert schemas.types_allowed(19, "person", "city")
        assert schemas.types_allowed(36, "place", "settlement")
        assert schemas.types_allowed(19, schemas.types["character"], None)
        assert not schemas.types_allowed(19, "person", "film")
        assert not schemas.types_allowed(19, "film", "city")
        assert schemas.types_allowed(138, "film", "disease")

    def test_an_unknown_relation_is_told_by_name(self, schemas: SchemaSet) -> None:
        with pytest.raises(UnknownName, match="unknown relation 'P999999'"):
            schemas.relation(999999)

    def test_a_set_can_be_pickled(self, schemas: SchemaSet) -> None:
        assert pickle.loads(pickle.dumps(schemas)) == schemas

    def test_loading_takes_a_blink(self) -> None:
        def once() -> float:
            start = time.process_time()
            load_schemas()
            return time.process_time() - start

        # About 25 ms; the bound leaves room for a busy machine.
        assert min(once() for _ in range(5)) < 0.2


class TestOwnSchema:
    def load(self, folder: Path, text: str, name: str = "mine.yaml") -> SchemaSet:
        (folder / name).write_text(text, encoding="utf-8")
        return load_schemas(folder / name)

    def test_a_file_alone_replaces_everything(self, tmp_path: Path) -> None:
        mine = self.load(
            tmp_path,
            """
            relations:
              P19:
                kind: entity
                zh: {name: 出生于, definition: 出生的地方}
                en: {name: born in, definition: where someone was born}
            types: {human: {zh: 人, en: Human, topic: people, classes: {Q5: human}}}
            topics: {people: {zh: 人, en: People, relations: [P19]}}
            """,
        )
        assert mine.labels("people", "zh") == ("出生于",)
        assert mine.topic_of([5]) == mine.topic("people")
        assert mine.type_of([515]) is None

    def test_extending_changes_only_what_is_named(self, tmp_path: Path, schemas: SchemaSet) -> None:
        mine = self.load(
            tmp_path,
            """
            extends: default
            relations: {P19: {zh: {name: 籍贯}}}
            types: {person: {classes: {Q999999: hero}}}
            topics: {medicine: {relations: [-P780, +P19]}}
            """,
        )
        assert mine.relation(19).name == {"zh": "籍贯", "en": "place of birth"}
        assert mine.relation(19).definition == schemas.relation(19).definition
        assert mine.type_of([999999]) == mine.type_of([5])
        kept = [pid for pid in schemas.topics["medicine"].relations if pid != 780]
        assert mine.topics["medicine"].relations == (*kept, 19)
        assert mine.relations.keys() == schemas.relations.keys()

    def test_null_removes_an_entry_and_all_that_names_it(self, tmp_path: Path) -> None:
        removals = (
            "types: {color: null}\ntopics: {work: null}\nrelations: {P22: null, P25: null, P8810: null}"
        )
        mine = self.load(tmp_path, f"extends: default\n{removals}\n")
        assert "color" not in mine.types and mine.relation(462).tail_types == ()
        assert mine.topic_of([11424]) is None and mine.type_of([11424]) == mine.types["film"]
        assert 22 not in mine.topics["person"].relations
        assert mine.relation(40).inverses == () and mine.relation(40).canonical

    def test_a_folder_is_read_as_one(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("topics: {t: {zh: 题, en: T, relations: [P1]}}", encoding="utf-8")
        (tmp_path / "b.json").write_text(
            '{"relations": {"P1": {"kind": "text", "zh": {"name": "甲", "definition": "乙"},'
            ' "en": {"name": "a", "definition": "b"}}}}',
            encoding="utf-8",
        )
        assert load_schemas(tmp_path).labels("t", "zh") == ("甲",)

    def test_the_same_entry_in_two_files_is_a_mistake(self, tmp_path: Path) -> None:
        for name in ("a.yaml", "b.yaml"):
            (tmp_path / name).write_text("types:\n  t: {zh: 题, en: T}\n", encoding="utf-8")
        with pytest.raises(ConfigError) as told:
            load_schemas(tmp_path)
        assert str(told.value) == f"{tmp_path}/b.yaml:2: t: already defined at {tmp_path}/a.yaml:2"

    @pytest.mark.parametrize("case", MISTAKES, ids=[case["name"] for case in MISTAKES])
    def test_every_mistake_is_told_with_its_line(self, tmp_path: Path, case: dict[str, Any]) -> None:
        file = tmp_path / case["file"]
        with pytest.raises(ConfigError) as told:
            self.load(tmp_path, case["text"], case["file"])
        assert str(told.value).replace(str(file), "FILE").splitlines() == case["says"]

    def test_a_missing_file_an_empty_folder_and_bytes_are_told(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"none\.yaml: No such file"):
            load_schemas(tmp_path / "none.yaml")
        with pytest.raises(ConfigError, match="no schema file here"):
            load_schemas(tmp_path)
        (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match="not UTF-8 at byte 0"):
            load_schemas(tmp_path / "bytes.json")
