"""The labels of corpora: published files, and what a conversion adds to them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from kg2instruct.convert import CONVERTERS, Report, convert
from kg2instruct.convert.schemas import CorpusSchema, SchemaCollector, corpus_schema, read_schema, schema_yaml
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.records import Example
from kg2instruct.render.labels import LabelSchema
from kg2instruct.render.tasks import TASKS

ROOT = Path(__file__).parents[2]
PUBLISHED = sorted((ROOT / "schemas" / "corpora").glob("*.yaml"))
REAL = ROOT / ".." / "shared" / "data"
FIXTURES = ROOT / "tests" / "data" / "convert"
# Corpora whose labels are open, or those of many other corpora.
OPEN = {"bio", "iepile", "instructie", "rebel"}


def observed(corpus: str, path: Path) -> SchemaCollector:
    labels = SchemaCollector(corpus_schema(corpus))
    for example in convert(corpus, [path], Report()):
        labels.add(example)
    return labels


def test_every_corpus_with_labels_of_its_own_has_a_published_schema() -> None:
    assert {x.stem for x in PUBLISHED} == set(CONVERTERS) - OPEN


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda x: x.stem)
def test_a_published_schema_names_each_label_in_both_languages(path: Path) -> None:
    schema = read_schema(path)
    for labels in (schema.entities, schema.relations, schema.events):
        for key, label in labels.items():
            assert key == label.name
            assert label.names.keys() == {"zh", "en"}
            assert all(label.names.values())
    known = set(schema.entities)
    for head, relation, tail in schema.facts:
        assert {head, tail} <= known
        assert relation in schema.relations


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda x: x.stem)
def test_a_published_schema_is_usable_for_instructions(path: Path) -> None:
    schema = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), LabelSchema)
    for task, kind in (("ner", schema.entities), ("re", schema.relations), ("ee", schema.events)):
        assert len(schema.pool(TASKS[task], None, "en").choices) == len(kind)


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        ("duie1", "ie_zh/duie/duie1_test_demo_spo.jsonl"),
        ("duie2", "ie_zh/duie/duie_dev_part1.jsonl"),
        ("duee1", "ie_zh/duee/duee_dev_part1.jsonl"),
        ("cluener", "ie_zh/cluener/dev.jsonl"),
        ("msra", "ie_zh/msra/msra_test_bio_part1.txt"),
        ("people_daily", "ie_zh/people_daily/example.dev"),
        ("agrikg", "ie_zh/agrikg_distant/train_data_part1.tsv"),
        ("sanwen", "ie_zh/chinese_nre/SanWen_valid.txt"),
        ("casie", "ie_en/casie/annotation"),
        ("fewrel", "ie_en/fewrel/val_wiki_part1.json"),
    ],
)
def test_the_published_schema_knows_all_labels_of_a_published_file(corpus: str, name: str) -> None:
    if not (REAL / name).exists():
        pytest.skip(f"{name} is not here")
    published, found = corpus_schema(corpus), observed(corpus, REAL / name).schema()
    assert found.entities.keys() == published.entities.keys()
    assert found.relations.keys() == published.relations.keys()
    assert {k: set(v.roles) for k, v in found.events.items()} == {
        k: set(v.roles) for k, v in published.events.items()
    }
    if published.facts:
        assert set(found.facts) == set(published.facts)


def test_labels_that_are_not_published_are_added(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "李青骑白马", "label": {"animal": {"白马": [[3, 4]]}}}\n', encoding="utf-8")
    schema = observed("cluener", path).schema()
    assert list(schema.entities)[-1] == "animal"
    assert schema.entities["animal"].names == {"zh": "animal"}


def test_a_written_schema_reads_back(tmp_path: Path) -> None:
    for corpus in ("duie2", "ace2005", "fewrel"):
        path = tmp_path / f"{corpus}.yaml"
        path.write_text(schema_yaml(corpus_schema(corpus)), encoding="utf-8")
        assert read_schema(path) == corpus_schema(corpus)
    assert schema_yaml(CorpusSchema()) == "{}\n"


def test_a_record_without_labels_adds_none() -> None:
    labels = SchemaCollector(CorpusSchema())
    labels.add(Example("x", "en", "x", None, "text"))
    assert labels.schema() == CorpusSchema()


def test_a_file_that_is_no_schema_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with pytest.raises(InputError, match=r"a\.yaml"):
        read_schema(path)
    path.write_text("entities: [x]", encoding="utf-8")
    with pytest.raises(ConfigError, match="no schema of a corpus"):
        read_schema(path)


def test_labels_of_files_that_are_told_by_themselves_are_the_published_ones_too() -> None:
    labels = SchemaCollector()
    list(labels.watch(convert("auto", [FIXTURES / "duie2.jsonl", FIXTURES / "cluener.jsonl"])))
    schema = labels.schema()
    assert schema.relations["饰演"].names["en"] == corpus_schema("duie2").relations["饰演"].names["en"]
    assert schema.entities.keys() >= corpus_schema("cluener").entities.keys()
