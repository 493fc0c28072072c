"""A recogniser beside the knowledge base: a real spaCy model that the test makes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.align.context import AlignContext
from kg2instruct.annotate import Document, annotate_document
from kg2instruct.annotate.ner import Recogniser, load_recogniser
from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.records import Lang

Contexts = Callable[[Lang], AlignContext]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of spaCy's own imports
        spacy: Any = pytest.importorskip("spacy")
        pipeline = spacy.blank("en")
        rules = pipeline.add_pipe("entity_ruler")
    rules.add_patterns(
        [
            {"label": "PERSON", "pattern": "Jane Nobody"},
            {"label": "GPE", "pattern": "Berlin"},
            {"label": "DATE", "pattern": "Monday"},
        ]
    )
    folder = tmp_path_factory.mktemp("spacy") / "model"
    pipeline.to_disk(folder)
    return folder


@pytest.fixture
def recogniser(model: Path) -> Recogniser:
    return load_recogniser(f"spacy:{model}")


TEXT = "On Monday Jane Nobody went to Berlin, the capital of Germany."


def test_names_that_nobody_knows_are_mentions_without_an_entity(
    context: Contexts, recogniser: Recogniser
) -> None:
    (example,) = annotate_document(Document("t", TEXT), context("en"), recogniser=recogniser).examples
    found = {(m.entity, m.entity_type, m.qid, m.via) for m in example.entity}
    assert ("Jane Nobody", "Person", None, "ner") in found
    assert ("Berlin", "Geographic region", "Q64", "alias") in found
    assert not any(m.entity == "Monday" for m in example.entity)
    assert all(example.text[m.start : m.end] == m.entity for m in example.entity)


def test_relations_are_found_as_before(context: Contexts, recogniser: Recogniser) -> None:
    document = Document("t", TEXT)
    plain = annotate_document(document, context("en")).examples
    with_names = annotate_document(document, context("en"), recogniser=recogniser).examples
    assert [e.relation for e in plain] == [e.relation for e in with_names]


@pytest.mark.parametrize(
    ("name", "told"),
    [("spacy", "expected LIBRARY:MODEL"), ("spacy:", "expected LIBRARY:MODEL"), ("spacy:no_model", "model's folder")],
)  # fmt: skip
def test_wrong_names_are_told(name: str, told: str) -> None:
    pytest.importorskip("spacy")
    with pytest.raises(ConfigError, match=told):
        load_recogniser(name)


def test_a_library_that_is_not_known_is_told_with_those_that_are() -> None:
    with pytest.raises(UnknownName, match="known: spacy"):
        load_recogniser("spicy:x")


def test_files_are_annotated_with_a_recogniser(model: Path, kb: Path, tmp_path: Path) -> None:
    from kg2instruct.annotate import AnnotateOptions
    from kg2instruct.pipeline.annotating import AnnotateTexts, annotate_files
    from kg2instruct.pipeline.progress import silent

    texts, out = tmp_path / "texts.txt", tmp_path / "out.jsonl"
    texts.write_text(TEXT, "utf-8")
    stage = AnnotateTexts("en", kb, None, AnnotateOptions(), ner=f"spacy:{model}")
    annotate_files([texts], out, stage, progress=silent())
    record = json.loads(out.read_text("utf-8"))
    assert {"Jane Nobody", "Berlin", "Germany"} <= {m["entity"] for m in record["entity"]}
