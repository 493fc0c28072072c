"""`explain`: where each mention and triple came from, and why other claims were dropped."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cli.app import run
from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import read_jsonl
from kg2instruct.pipeline.again import explain
from kg2instruct.pipeline.build import build
from kg2instruct.records import Example


def records_of(out: Path) -> list[Example]:
    return [r for path in sorted((out / "aligned").glob("*.jsonl")) for r in read_jsonl(path, Example)]


@pytest.fixture
def built(towns: Any, tmp_path: Path) -> Path:
    """A build whose dumps can be moved."""
    shutil.copytree(towns.pages[0].parent, tmp_path / "in", ignore=shutil.ignore_patterns("*.bz2"))
    pages = tuple(str(tmp_path / "in" / path.name) for path in towns.pages)
    entities = str(tmp_path / "in" / towns.entities.name)
    build(BuildConfig(wikipedia=pages, wikidata=(entities,)), tmp_path / "out", workers=2)
    return tmp_path / "out"


def test_what_is_explained_is_what_was_stored(sample: Path) -> None:
    for record in records_of(sample)[::23]:
        found = explain(sample, record.id)
        assert found.differs == ""
        assert found.text == record.text
        assert [(m.entity, m.start, m.via) for m in found.mentions] == [
            (m.entity, m.start, m.via) for m in record.entity
        ]
        told = {(c.head, c.relation, c.tail) for s in found.sentences for c in s.triples}
        assert told == {(t.head, t.relation, t.tail) for t in record.relation}


def test_each_mention_names_its_source(sample: Path) -> None:
    record = next(r for r in records_of(sample) if r.page and r.page.title == "玛丽·居里")
    found = explain(sample, record.id)
    why = {mention.entity: mention for mention in found.mentions}
    assert why["玛丽·居里"].why == "the page's title"
    assert why["贝克勒尔"].why == "link to [[亨利·贝克勒尔]]"
    assert why["贝克勒尔"].means and why["贝克勒尔"].means.id == "Q41269"
    assert why["1867年11月7日"].why == "a date that a claim has as its value"


def test_dates_and_amounts_that_no_claim_is_about_are_told_apart(sample: Path) -> None:
    told = set()
    for record in records_of(sample)[::40]:
        tails = {(t.tail_start, t.tail) for t in record.relation}
        for mention in explain(sample, record.id).mentions:
            if mention.via == "value":
                assert ("as its value" in mention.why) == ((mention.start, mention.entity) in tails)
                told.add(mention.why)
    assert {"a date, of which no claim is kept", "an amount with its unit, of which no claim is kept"} <= told


def test_each_triple_names_its_claim_relation_and_evidence(sample: Path) -> None:
    record = next(r for r in records_of(sample) if r.page and r.page.title == "玛丽·居里")
    found = explain(sample, record.id)
    born = next(c for s in found.sentences for c in s.triples if c.relation == "出生地")
    assert (born.subject.id, born.property.id, born.value) == ("Q7186", "P19", "Q270 华沙")
    assert born.rank in ("normal", "preferred")
    assert born.schema.startswith("出生地: 人物/生物 → ")
    assert "出生" in born.why
    assert "②" in born.seen


@pytest.mark.parametrize(
    ("record_id", "relation", "why"),
    [
        (
            "zhwiki-506-80512578-0",
            "所在地形",
            "the pattern matches '①是位于②'",
        ),  # but for what is in brackets
        (
            "zhwiki-527-80533851-2",
            "位于",
            "the page is about a place, and what it names is understood to be there",
        ),
        ("zhwiki-107-80108391-0", "职业", "the pattern matches"),
    ],
)
def test_what_states_a_triple_is_what_the_rule_found(
    sample: Path, record_id: str, relation: str, why: str
) -> None:
    told = [c.why for s in explain(sample, record_id).sentences for c in s.triples if c.relation == relation]
    assert told and told[0].startswith(why)


def test_a_sentence_without_triples_says_why(sample: Path) -> None:
    notes, rules = set(), set()
    for record in [record for record in records_of(sample) if not record.relation][::4]:
        for sentence in explain(sample, record.id).sentences:
            assert sentence.note or all(claim.rule and claim.why for claim in sentence.dropped)
            notes.add(sentence.note)
            rules |= {claim.rule for claim in sentence.dropped}
    assert any("no claim of a relation" in note for note in notes)
    assert "not stated" in rules


def test_pages_are_found_in_whichever_dump_they_are(built: Path) -> None:
    records = records_of(built)
    for record in (records[0], records[len(records) // 2], records[-1]):
        assert explain(built, record.id).differs == ""


def test_the_id_of_a_row_is_that_of_its_record(built: Path) -> None:
    record = records_of(built)[0]
    assert explain(built, f"{record.id}-re-1").id == record.id


def test_a_passage_that_was_left_out_is_explained_as_well(built: Path) -> None:
    ids = {record.id for record in records_of(built)}
    left_out = f"{sorted(ids)[0].rsplit('-', 1)[0]}-1"
    assert left_out not in ids
    assert "left out" in explain(built, left_out).differs


def test_moved_dumps_are_told_and_can_be_named(built: Path, tmp_path: Path) -> None:
    record = records_of(built)[0]
    (tmp_path / "in").rename(tmp_path / "moved")
    with pytest.raises(
        InputError, match=r"pages-0\.xml: is not there any more; name where it is with --wikipedia"
    ):
        explain(built, record.id)
    moved = sorted(str(path) for path in (tmp_path / "moved").glob("pages-*.xml"))
    assert explain(built, record.id, wikipedia=moved).differs == ""


def test_pages_of_a_list_are_found_in_the_folder(towns: Any, tmp_path: Path) -> None:
    (tmp_path / "titles.txt").write_text(f"{towns.names[-1]}\n", encoding="utf-8")
    config = BuildConfig(**towns.options, titles=(str(tmp_path / "titles.txt"),))
    build(config, tmp_path / "out")
    (tmp_path / "titles.txt").unlink()
    for record in records_of(tmp_path / "out"):
        assert explain(tmp_path / "out", record.id).differs == ""


def test_moved_tables_are_told_and_can_be_named(towns: Any, tmp_path: Path) -> None:
    tables = tmp_path / "schemas.yaml", tmp_path / "rules.yaml"
    tables[0].write_text("extends: default\n", encoding="utf-8")
    tables[1].write_text("[]\n", encoding="utf-8")
    config = BuildConfig(**towns.options, schemas=str(tables[0]), wiki_templates=str(tables[1]))
    build(config, tmp_path / "out")
    record = records_of(tmp_path / "out")[0]
    schemas, rules = (str(table.rename(tmp_path / f"moved-{table.name}")) for table in tables)
    with pytest.raises(InputError, match=r"schemas.yaml: is not there any more; name .* --schemas"):
        explain(tmp_path / "out", record.id)
    with pytest.raises(InputError, match=r"rules.yaml: is not there any more; name .* --wiki-templates"):
        explain(tmp_path / "out", record.id, schemas=schemas)
    assert explain(tmp_path / "out", record.id, schemas=schemas, wiki_templates=rules).differs == ""


def test_a_changed_dump_is_refused(built: Path, tmp_path: Path) -> None:
    record = records_of(built)[0]
    dump = tmp_path / "in" / "pages-0.xml"
    dump.write_text(dump.read_text("utf-8").replace("桥", "船"), encoding="utf-8")
    with pytest.raises(InputError, match="is not the dump that was built from"):
        explain(built, record.id)


@pytest.mark.parametrize(
    ("record_id", "error", "told"),
    [
        ("casie-7", ConfigError, "expected one like zhwiki-3472-67692780-4"),
        ("zhwiki-99999-1-0", InputError, "no page 99999"),
        ("enwiki-1000-10000-0", InputError, "not in en"),
        ("zhwiki-1000-1-0", InputError, "in revision 10000, not 1"),
        ("zhwiki-1000-10000-77", InputError, "has 2 passages"),
    ],
)
def test_what_cannot_be_found_is_told(built: Path, record_id: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        explain(built, record_id)


def test_pages_of_a_pipe_are_gone_and_can_be_named(towns: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kg2instruct", "build", "-q", "--wikipedia", "-", "--workers", "1"]
    flags = ["--wikidata", str(towns.entities), "--out", str(tmp_path / "out")]
    with towns.pages[1].open("rb") as dump:
        subprocess.run([*command, *flags], stdin=dump, check=True)
    record = records_of(tmp_path / "out")[0]
    with pytest.raises(InputError, match="came through a pipe and were not kept"):
        explain(tmp_path / "out", record.id)
    assert explain(tmp_path / "out", record.id, wikipedia=[str(towns.pages[1])]).differs == ""


def test_a_folder_without_a_build_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no finished build"):
        explain(tmp_path, "zhwiki-1-1-0")


def test_the_command_tells_people_and_programs(
    sample: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = records_of(sample)[0]
    monkeypatch.setattr("sys.argv", ["kg2instruct", "explain", str(sample), record.id])
    assert run() == 0
    told = capfd.readouterr().out
    assert record.relation[0].relation in told and "claim" in told and "rank" in told
    monkeypatch.setattr("sys.argv", ["kg2instruct", "explain", str(sample), record.id, "--json"])
    assert run() == 0
    assert json.loads(capfd.readouterr().out)["id"] == record.id
