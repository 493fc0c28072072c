"""Records written back to the form that they came from are the rows that they came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.convert import EXPORTS, Report, convert
from kg2instruct.convert.formats.tags import bio, spans
from kg2instruct.records import Example, Mention

DATA = Path(__file__).parents[1] / "data" / "convert"
REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "ie_zh"


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def back(corpus: str, path: Path) -> list[Any]:
    return list(EXPORTS[corpus](convert(corpus, [path], Report())))


@pytest.mark.parametrize(
    ("corpus", "path"),
    [
        ("duie2", DATA / "duie2.jsonl"),
        ("duie2", REAL / "duie" / "duie_dev_part1.jsonl"),
        ("duee1", DATA / "duee1.jsonl"),
        ("duee1", REAL / "duee" / "duee_dev_part1.jsonl"),
        ("cluener", DATA / "cluener.jsonl"),
        ("cluener", REAL / "cluener" / "dev.jsonl"),
        ("instructie", DATA / "instructie.json"),
    ],
)
def test_rows_come_back_as_they_were(corpus: str, path: Path) -> None:
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    assert back(corpus, path) == rows(path)


@pytest.mark.parametrize("path", [DATA / "people_daily.txt", REAL / "people_daily" / "example.dev"])
def test_columns_come_back_as_they_were(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    written = "\n".join(EXPORTS["bio"](convert("people_daily", [path], Report())))
    assert written.strip() == path.read_text(encoding="utf-8").strip()


def test_english_columns_come_back_as_bio(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Ann B-PER\nLee I-PER\nmet O\nOslo B-LOC\nBergen B-LOC\n", encoding="utf-8")
    written = "\n".join(EXPORTS["bio"](convert("bio", [path], Report())))
    assert written == path.read_text(encoding="utf-8")


def test_bio_cuts_words_at_entities_and_tells_what_tags_cannot_say() -> None:
    text = "Ann, of Oslo.\nBo left"
    mentions = [
        Mention(x, "T", text.find(x), text.find(x) + len(x)) for x in ("Ann", "Oslo", "Bo", "Bo left")
    ]
    example = Example("x", "en", "s", None, text, (*mentions, Mention("Cy", "T", None, None)))
    report = Report()
    lines = list(EXPORTS["bio"]([example], report))
    assert [x for x in lines if not x.endswith(" O")] == ["Ann B-T", "Oslo B-T", "Bo B-T", ""]
    assert not any("\n" in x for x in lines)
    assert report.other == {("noted", "entity", "is left out: the form has no place for it"): 2}


def test_what_a_form_has_no_place_for_is_told() -> None:
    report = Report()
    list(EXPORTS["cluener"](convert("casie", [DATA / "casie.json"], Report()), report))
    assert {kind for _, kind, _ in report.other} == {"event"}


def test_iepile_form_comes_back_with_all_lists() -> None:
    given_rows = rows(DATA / "iepile.json")
    empty: dict[str, list[object]] = {"entity": [], "relation": [], "event": []}
    kept = [{k: v for k, v in row.items() if k != "id"} for row in given_rows]
    assert back("iepile", DATA / "iepile.json") == [empty | row for row in kept]


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["", "PER", "LOC"])), max_size=12))
def test_bio_tags_become_spans_and_spans_the_same_tags(parts: list[tuple[int, str]]) -> None:
    tags = [
        tag
        for length, label in parts
        for tag in ([f"B-{label}"] + [f"I-{label}"] * (length - 1) if label else ["O"] * length)
    ]
    assert list(bio(len(tags), spans(tags))) == tags
