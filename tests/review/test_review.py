"""Samples for people, the files of their tools, and what corrections say."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from typer.testing import CliRunner

from kg2instruct.cli.app import app
from kg2instruct.errors import InputError
from kg2instruct.evaluate.alignment import GoldClaim
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.records import Example, Mention, PageRef, Triple
from kg2instruct.review import doccano, labelstudio
from kg2instruct.review.figures import Figures
from kg2instruct.review.reviewed import Reviewed, review
from kg2instruct.review.run import export, import_files
from kg2instruct.review.sample import choose, strata_of
from kg2instruct.review.spans import Annotated, Span, annotated, labels_of, placed
from kg2instruct.schema import SchemaSet, load_schemas

TEXT = "𠮷田生于东京，1950年去世，妻子是花子。"


@pytest.fixture(scope="module")
def schemas() -> SchemaSet:
    return load_schemas()


def record(number: int = 0, *, cate: str = "人物", relations: int = 2) -> Example:
    """A record whose text begins with a letter outside the BMP; its last mention has no type."""

    def at(name: str, kind: str, qid: str | None) -> Mention:
        start = TEXT.index(name)
        return Mention(name, kind, start, start + len(name), qid, "link")

    person, city, year, wife = (
        at("𠮷田", "人物", "Q1"),
        at("东京", "地理地区", "Q2"),
        at("1950年", "时间", None),
        at("花子", "", None),
    )

    def triple(relation: str, pid: str, tail: Mention, value: str | None = None) -> Triple:
        return Triple(
            "𠮷田", "人物", 0, "Q1", relation, pid,
            tail.entity, tail.entity_type, tail.start, tail.qid, value, "wikidata",
        )  # fmt: skip

    triples = (
        triple("出生地", "P19", city),
        triple("死亡日期", "P570", year, "+1950-00-00/9"),
        triple("出生地", "P19", wife),
    )
    return Example(
        f"zhwiki-{number}-1-0",
        "zh",
        "wikipedia",
        cate,
        TEXT,
        entity=(person, city, year, wife),
        relation=triples[:relations],
        page=PageRef("𠮷田", number, 1),
    )


def test_a_sample_has_each_relation_and_topic_that_there_is() -> None:
    common = [record(n, relations=1) for n in range(200)]
    rare = [replace(record(900 + n, relations=2), cate=c) for n, c in enumerate(["作品", "组织", "人物"])]
    examples = common[:100] + rare + common[100:]
    chosen = [examples[n] for n in choose(examples, 8, seed=1)]
    assert len(chosen) == 8
    assert {s for x in chosen for s in strata_of(x)} == {s for x in examples for s in strata_of(x)}


def test_the_same_seed_chooses_the_same_records_whatever_their_order() -> None:
    examples = [record(n) for n in range(50)]
    turned = examples[::-1]
    ids = {examples[n].id for n in choose(examples, 10, seed=3)}
    assert {turned[n].id for n in choose(turned, 10, seed=3)} == ids
    assert {examples[n].id for n in choose(examples, 10, seed=4)} != ids
    assert len(choose(examples, 99, seed=0)) == 50


def exported(tool: str, examples: list[Example], folder: Path) -> list[dict[str, Any]]:
    """What a tool would give back if nobody changed anything."""
    export(lambda: examples, tool, folder, count=100)
    if tool == "doccano":
        lines = (folder / "doccano.jsonl").read_text("utf-8").split("\n")[:-1]
        return [json.loads(x) | {"id": 100 + n, "Comments": []} for n, x in enumerate(lines)]
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    return [
        {"id": n, "data": x["data"], "annotations": [{"was_cancelled": False, "result": x["predictions"][0]["result"]}]}
        for n, x in enumerate(tasks)
    ]  # fmt: skip


def saved(entries: list[dict[str, Any]], file: Path) -> Path:
    if "data" in entries[0]:
        file.write_text(json.dumps(entries, ensure_ascii=False), "utf-8")
    else:
        file.write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in entries), "utf-8")
    return file


@pytest.mark.parametrize("tool", ["labelstudio", "doccano"])
def test_what_nobody_changed_comes_back_as_it_was(tool: str, schemas: SchemaSet, tmp_path: Path) -> None:
    examples = [record(n, relations=3) for n in range(3)]
    file = saved(exported(tool, examples, tmp_path / "x"), tmp_path / "export.json")
    done = import_files([file], examples, schemas)
    assert [x.example for x in done.reviewed] == examples
    assert done.to_json()["sample"]["precision"] == 1.0


def test_doccano_s_lines_are_known_by_their_text_where_the_id_is_lost(
    schemas: SchemaSet, tmp_path: Path
) -> None:
    entries = exported("doccano", [record()], tmp_path / "x")
    del entries[0]["record_id"]
    done = import_files([saved(entries, tmp_path / "e.jsonl")], [record()], schemas)
    assert done.reviewed[0].example == record()


def test_the_configuration_has_all_labels_that_the_tasks_use(tmp_path: Path) -> None:
    export(lambda: [record(relations=3)], "labelstudio", tmp_path, count=5)
    view = ElementTree.parse(tmp_path / "config.xml").getroot()
    labels = {x.get("value") for x in view.iter("Label")}
    relations = {x.get("value") for x in view.iter("Relation")}
    [task] = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    results = task["predictions"][0]["result"]
    assert {x["value"]["labels"][0] for x in results if x["type"] == "labels"} == labels
    assert {x["labels"][0] for x in results if x["type"] == "relation"} == relations
    assert "" not in labels


def test_label_studio_s_own_validator_accepts_configuration_and_tasks() -> None:
    interface = pytest.importorskip(
        "label_studio_sdk.label_interface", reason="label-studio-sdk is not installed"
    )
    examples = [record(n, relations=3) for n in range(3)]
    checked = interface.LabelInterface(labelstudio.config(*labels_of(examples)))
    checked.validate()
    for example in examples:
        task = labelstudio.task(example)
        assert checked.validate_task({"data": task["data"]})
        assert checked.validate_prediction(task["predictions"][0], return_errors=True) == []


def test_corrections_are_counted_by_relation_and_topic(schemas: SchemaSet, tmp_path: Path) -> None:
    examples = [record(n, relations=3) for n in range(8)]
    entries = exported("labelstudio", examples, tmp_path / "x")
    for entry in entries[:6]:
        results = entry["annotations"][0]["result"]
        wrong = [x for x in results if x["type"] == "relation"][-1]  # 花子 as a place of birth
        wrong["labels"] = ["配偶"]
    entries[6]["annotations"] = [{"was_cancelled": True, "result": []}]
    entries[7]["data"]["text"] += "?"
    done = import_files([saved(entries, tmp_path / "e.json")], examples, schemas, least=0.9)
    data = done.to_json()
    assert (data["records"], data["unreviewed"], data["unknown"]) == (6, 1, 1)
    figures = data["relations"]["P19"]
    assert (figures["right"], figures["wrong"], figures["verdict"]) == (6, 6, "drop")
    assert data["relations"]["P26"]["missed"] == 6
    assert data["relations"]["P570"]["verdict"] == "keep"
    assert data["topics"]["人物"]["precision"] == pytest.approx(12 / 18, abs=1e-4)
    added = done.reviewed[0].missed[0]
    assert (added.property, added.head_qid, added.tail, added.tail_start) == (
        "P26",
        "Q1",
        "花子",
        TEXT.index("花子"),
    )


def test_of_several_opinions_the_majority_counts(schemas: SchemaSet) -> None:
    example = record()
    whole = annotated(example)
    less = Annotated(whole.spans, whole.links[:1])
    none = Annotated(whole.spans, ())
    found = review(example, [whole, less, none], schemas)
    assert [x.property for x in found.right] == ["P19"]
    assert [x.property for x in found.wrong] == ["P570"]
    assert found.disputed == 2


def test_two_labels_of_one_person_on_one_name_are_one_opinion(schemas: SchemaSet) -> None:
    whole = annotated(record())
    place = TEXT.index("东京") + 1
    twice = (Span(place, place + 1, "地理地区"), Span(place, place + 1, "组织"))
    found = review(record(), [Annotated((*whole.spans, *twice), whole.links), whole], schemas)
    assert found.example.entity == review(record(), [whole, whole], schemas).example.entity


def test_a_record_in_another_language_is_exported() -> None:
    example = replace(record(), lang="ja")
    assert annotated(example).spans == annotated(replace(example, lang="en")).spans


def test_figures_are_weighted_by_what_all_records_have() -> None:
    figures = Figures()
    example = record()
    one, other = example.relation
    figures.add(Reviewed(example, (one, one), (), ()))
    figures.add(Reviewed(example, (), (other, other), ()))
    assert figures.to_json(Counter(P19=300, P570=100))["precision_of_all_records"] == 0.75


@pytest.mark.parametrize(
    ("right", "wrong", "verdict"),
    [(2, 2, "too few"), (1, 19, "drop"), (14, 6, "fix"), (19, 1, "keep")],
)
def test_a_verdict_needs_enough_triples(right: int, wrong: int, verdict: str) -> None:
    figures, example = Figures(), record()
    figures.add(Reviewed(example, example.relation[:1] * right, example.relation[:1] * wrong, ()))
    assert figures.verdict("P19") == verdict


@given(st.text(alphabet="a𠮷东😀 ", min_size=1, max_size=12), st.data())
def test_offsets_in_characters_and_in_utf_16_are_both_understood(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    said = text[start:end]

    def units(position: int) -> int:
        return len(text[:position].encode("utf-16-le")) // 2

    assert placed(text, start, end, said) == (start, end)
    found = placed(text, units(start), units(end), said)
    assert found is not None
    assert text[found[0] : found[1]] == said


def test_the_commands_make_a_gold_set_of_corrected_records(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    write_jsonl(file, [record(n) for n in range(4)])
    command = [
        "review",
        "export",
        str(file),
        "--to",
        "labelstudio",
        "--out",
        str(tmp_path / "ls"),
        "--sample",
        "3",
    ]
    assert CliRunner().invoke(app, command).exit_code == 0
    chosen = list(read_jsonl(tmp_path / "ls" / "aligned" / "records.jsonl", Example))
    entries = exported("labelstudio", chosen, tmp_path / "again")
    back = saved(entries, tmp_path / "export.json")
    command = ["review", "import", str(back), "--records", str(file), "--out", str(tmp_path / "gold")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    claims = list(read_jsonl(tmp_path / "gold" / "gold.jsonl", GoldClaim))
    assert len(claims) == 2  # all records say the same
    first = claims[0]
    assert (first.page, first.head, first.property, first.tail, first.kind, first.hard) == (
        "𠮷田", "Q1", "P19", "Q2", "entity", False,
    )  # fmt: skip
    assert first.evidence in TEXT
    assert list(read_jsonl(tmp_path / "gold" / "examples.jsonl", Example)) == chosen
    scored = CliRunner().invoke(
        app, ["score", str(tmp_path / "gold"), "--run", str(tmp_path / "ls"), "--json"]
    )
    assert json.loads(scored.stdout)["overall"]["f1"] == 1.0
    assert json.loads((tmp_path / "gold" / "report.json").read_bytes())["precision_of_all_records"] == 1.0


@pytest.mark.parametrize("content", ["[1]", '{"a": 1}', "nothing", '[{"data": {}}]'])
def test_a_file_of_another_kind_is_told(content: str, schemas: SchemaSet, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(content)
    with pytest.raises(InputError, match="not an export of Label Studio"):
        import_files([tmp_path / "x"], [], schemas)


def test_records_without_triples_are_nothing_to_review(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to review"):
        export(lambda: [record(relations=0)], "doccano", tmp_path, count=5)


def test_doccano_has_its_label_files(tmp_path: Path) -> None:
    export(lambda: [record()], "doccano", tmp_path, count=5)
    labels = json.loads((tmp_path / "relation_labels.json").read_text("utf-8"))
    assert labels == [{"text": "出生地"}, {"text": "死亡日期"}]
    [line] = (tmp_path / "doccano.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["text"] == doccano.line(record())["text"]


def doccano_export(entries: list[dict[str, Any]]) -> str:
    """As doccano writes them: numbers of its own, other keys kept, no escapes, slashes escaped."""
    ids = {x["id"]: 100 + x["id"] for x in entries[0]["entities"]}
    lines = []
    for number, x in enumerate(entries, 1):
        entities = [y | {"id": ids[y["id"]]} for y in x["entities"]]
        links = [y | {"from_id": ids[y["from_id"]], "to_id": ids[y["to_id"]]} for y in x["relations"]]
        kept = {name: x[name] for name in ("record_id", "cate")}
        line = {"id": number, "text": x["text"], **kept, "entities": entities, "relations": links}
        lines.append(json.dumps(line | {"Comments": []}, ensure_ascii=False).replace("/", "\\/"))
    return "\n".join(lines) + "\n"


def test_doccano_s_zip_has_a_file_for_each_person(schemas: SchemaSet, tmp_path: Path) -> None:
    examples = [record(n, relations=3) for n in range(2)]
    entries = exported("doccano", examples, tmp_path / "x")
    untouched = [x | {"entities": [], "relations": []} for x in entries]
    stricter = [entries[0] | {"relations": entries[0]["relations"][:1]}, untouched[1]]
    with ZipFile(tmp_path / "export.zip", "w") as packed:
        for name, said in (("a", entries), ("b", stricter), ("c", stricter), ("d", untouched)):
            packed.writestr(f"{name}.jsonl", doccano_export(said))
    done = import_files([tmp_path / "export.zip"], examples, schemas)
    first, second = done.reviewed
    assert [x.tail for x in first.right] == ["东京"], "two of three who looked at it said so"
    assert len(first.wrong) == 2 and first.disputed == 2
    assert second.example == examples[1] and not second.disputed, "one looked at it"
    unpacked = tmp_path / "unpacked"
    with ZipFile(tmp_path / "export.zip") as packed:
        packed.extractall(unpacked)
    again = import_files(sorted(unpacked.iterdir()), examples, schemas)
    assert again.to_json() == done.to_json()


def test_an_export_may_hold_any_mark_of_lines_in_its_texts(schemas: SchemaSet, tmp_path: Path) -> None:
    example = replace(record(), text=f"{TEXT}\u2028次行\x85")
    file = tmp_path / "all.jsonl"
    file.write_text(doccano_export(exported("doccano", [example], tmp_path / "x")), "utf-8")
    assert [x.example for x in import_files([file], [example], schemas).reviewed] == [example]


def test_a_zip_without_lines_is_told(schemas: SchemaSet, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.writestr("all.csv", "id,data,label\n")
    with pytest.raises(InputError, match=r"export\.zip: no \.jsonl in it"):
        import_files([tmp_path / "export.zip"], [], schemas)
