"""What some corpora say beyond our records: coreference, realis, relations over several sentences."""

from __future__ import annotations

from pathlib import Path

from kg2instruct.convert import Report, convert
from kg2instruct.convert.conll2012 import coreference

DATA = Path(__file__).parents[1] / "data" / "convert"


def test_clusters_of_coreference_are_carried_and_what_is_no_entity_is_told(tmp_path: Path) -> None:
    path = tmp_path / "docs.jsonl"
    path.write_text(
        '{"doc_key": "d", "sentences": [["Ann", "left", "."], ["She", "met", "Bo", "."]],'
        ' "ner": [[[0, 0, "PER"]], [[5, 5, "PER"]]], "relations": [[], []],'
        ' "clusters": [[[0, 0], [3, 3]], [[5, 5]]]}\n'
    )
    report = Report()
    first, second = convert("dygiepp", [path], report)
    assert [x.entity_id for x in (*first.entity, *second.entity)] == ["1-0", "1-1"]  # type: ignore[attr-defined]
    assert sum(report.other.values()) == 1
    path.write_text(path.read_text().replace("[[0, 0], [3, 3]]", '"no cluster"'))
    assert all(x.entity_id is None for record in convert("dygiepp", [path]) for x in record.entity)  # type: ignore[attr-defined]


def test_chains_of_coreference_in_columns() -> None:
    assert coreference(["(0|(1", "1)", "-", "0)", "(1)", "2)"]) == {(0, 2): "1", (0, 4): "0", (4, 5): "1"}


def test_realis_and_combined_stand_in_the_records() -> None:
    (event, *_) = next(convert("casie", [DATA / "casie.json"])).event
    assert (event.realis, event.event_id) == ("Actual", "h0")  # type: ignore[attr-defined]
    record = next(convert("cmeie", [DATA / "cmeie.jsonl"]))
    assert [x.combined for x in record.relation] == [False, True]  # type: ignore[attr-defined]
