"""Each corpus' fixture becomes the records beside it, with exact offsets and nothing lost untold."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from kg2instruct.convert import CONVERTERS, Report, convert
from kg2instruct.convert.run import choose
from kg2instruct.convert.source import sources
from kg2instruct.records import Example

DATA = Path(__file__).parents[1] / "data" / "convert"
CASES = yaml.safe_load((DATA / "cases.yaml").read_text(encoding="utf-8"))
# Files that their form does not tell from those of another corpus.
ALIKE = {"msra": "bio", "people_daily": "bio", "instructie": "iepile", "instructie_older": "iepile"}


def records_of(case: str, report: Report) -> list[Example]:
    given = CASES[case]
    mapping = DATA / given["mapping"] if "mapping" in given else None
    return list(convert(given["corpus"], [DATA / given["path"]], report, mapping=mapping))


def misplaced(example: Example) -> list[object]:
    """Everything of a record that is not where it says."""
    text = example.text
    wrong: list[object] = []
    for x in example.entity:
        if x.start is not None and text[x.start : x.end] != x.entity:
            wrong.append(x)
    for t in example.relation:
        for name, start in ((t.head, t.head_start), (t.tail, t.tail_start)):
            if start is not None and not text.startswith(name, start):
                wrong.append(t)
    for e in example.event:
        spans = [(e.event_trigger, e.start), *((a.argument, a.start) for a in e.arguments)]
        wrong += [e for name, start in spans if start is not None and not text.startswith(name, start)]
    return wrong


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_fixture_becomes_the_records_beside_it(case: str) -> None:
    expected = (DATA / "expected" / f"{case}.jsonl").read_bytes().splitlines()
    assert [msgspec.json.encode(x) for x in records_of(case, Report())] == expected


@pytest.mark.parametrize("case", sorted(CASES))
def test_offsets_are_exact_and_ids_differ(case: str) -> None:
    examples = records_of(case, Report())
    assert [x for example in examples for x in misplaced(example)] == []
    assert len({x.id for x in examples}) == len(examples)


@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_of_a_clean_fixture_is_dropped(case: str) -> None:
    report = Report()
    records_of(case, report)
    assert not report.dropped
    assert report.unexplained() == {}


@pytest.mark.parametrize("case", sorted(x for x in CASES if "mapping" not in CASES[x]))
def test_a_fixture_is_recognised(case: str) -> None:
    corpus = CASES[case]["corpus"]
    converter = CONVERTERS[corpus]
    for source in sources([DATA / CASES[case]["path"]], converter.suffixes):
        assert choose(source, None).name == ALIKE.get(case, corpus)
        assert choose(source, converter).name == corpus


def test_every_corpus_has_a_fixture() -> None:
    assert {x["corpus"] for x in CASES.values()} >= set(CONVERTERS)
