"""What the report is given: the counts of the build, and a sample that is the same however the work was divided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.config import BuildConfig
from kg2instruct.jsonl import read_jsonl, write_jsonl
from kg2instruct.pipeline.build import build
from kg2instruct.records import Example, InstructionRow
from kg2instruct.report.data import record_data, within_bytes
from kg2instruct.report.sample import SIZE, Sampled, Sampler, UnitNotes, merged, share
from kg2instruct.report.tally import count_example, count_row, length_bin, sections

Inside = Callable[[Path], dict[str, Any]]


def example(number: int, text: str = "甲") -> Example:
    return Example(f"zhwiki-{number}-1-0", "zh", "wikipedia", None, text)


def test_the_counts_are_those_of_the_stored_records(sample: Path) -> None:
    stats = json.loads((sample / "stats.json").read_text("utf-8"))
    records = [r for path in sorted((sample / "aligned").iterdir()) for r in read_jsonl(path, Example)]
    relations = Counter(t.relation for r in records for t in r.relation)
    assert stats["relations"] == dict(relations)
    assert list(stats["relations"].values()) == sorted(relations.values(), reverse=True)
    assert sum(stats["mentions"].values()) == sum(len(r.entity) for r in records)
    assert sum(stats["text_lengths"].values()) == len(records)
    assert sum(stats["templates"].values()) == sum(stats["rows"].values())
    assert not any(":" in name and "length" in name for name in stats["counts"])


def test_what_the_funnel_loses_is_all_that_it_does_not_keep(sample: Path, inside: Inside) -> None:
    groups = {group["name"]: group for group in inside(sample / "report.html")["funnel"]}
    for name, last in (("pages", "pages"), ("passages", "examples"), ("claims", "triples rendered")):
        steps = dict(groups[name]["steps"])
        first = next(iter(steps.values()))
        assert first - sum(n for _, n in groups[name]["lost"]) == steps[last]
    rows = dict(groups["rows"]["steps"])
    assert rows.pop("rows") == sum(rows.values())


def test_the_sample_holds_records_with_all_their_rows_and_dropped_claims(
    sample: Path, inside: Inside
) -> None:
    import pyarrow.parquet as pq

    data = inside(sample / "report.html")
    stats = json.loads((sample / "stats.json").read_text("utf-8"))
    assert len(data["records"]) == SIZE < stats["counts"]["examples"]
    assert {record["lang"] for record in data["records"]} == {"zh", "en"}
    rows = Counter(
        row.rsplit("-", 2)[0]
        for path in (sample / "data").iterdir()
        for row in pq.read_table(path, columns=["id"])["id"].to_pylist()
    )
    for record in data["records"]:
        assert len(record["rows"]) + record["more rows"] == rows[record["id"]]
        for start, end, *_ in record["marks"]:
            assert 0 <= start < end <= len(record["text"])
    assert any(record["dropped"] for record in data["records"])


def test_the_report_is_the_same_whatever_the_workers_and_another_with_another_seed(
    towns: Any, tmp_path: Path
) -> None:
    def report(name: str, workers: int, seed: int) -> bytes:
        build(BuildConfig(**towns.options, seed=seed), tmp_path / name, workers=workers)
        return (tmp_path / name / "report.html").read_bytes()

    assert report("one", 1, 5) == report("two", 2, 5) != report("three", 1, 6)


def test_a_folder_without_rows_has_a_report_too(towns: Any, tmp_path: Path, inside: Inside) -> None:
    build(BuildConfig(**towns.options), tmp_path / "out", render=False)
    data = inside(tmp_path / "out" / "report.html")
    assert data["kind"] == "align"
    assert data["records"] and not any(record["rows"] for record in data["records"])


def test_a_mix_has_a_report_of_its_rows(sample: Path, tmp_path: Path, inside: Inside) -> None:
    from kg2instruct.mix import mix, read_recipe

    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"sources:\n- {{name: made, kind: folder, path: {sample}}}\n", encoding="utf-8")
    summary = mix(read_recipe(recipe), tmp_path / "mixed")
    data = inside(tmp_path / "mixed" / "report.html")
    assert data["kind"] == "mix"
    assert data["figures"][0] == ["rows", sum(summary.rows.values())]
    assert 0 < len(data["records"]) <= SIZE
    assert data["records"][0]["rows"][0][5]


@given(st.lists(st.integers(0, 400), unique=True, max_size=120), st.integers(1, 30), st.integers(1, 7))
def test_a_sample_does_not_depend_on_how_records_are_divided(ids: list[int], size: int, units: int) -> None:
    def kept(parts: list[list[int]]) -> list[str]:
        found: list[Sampled] = []
        for part in parts:
            sampler = Sampler(3, "u", size)
            for number in part:
                sampler.offer(example(number))
            found += sampler.kept()
        return [s.example.id for s in sorted(found, key=lambda s: (s.key, s.example.id))[:size]]

    assert kept([ids]) == kept([ids[n::units] for n in range(units)])


def test_a_sample_is_merged_from_files(tmp_path: Path) -> None:
    whole = Sampler(0, "u", 10)
    parts = []
    for unit in range(4):
        sampler = Sampler(0, "u", 10)
        for number in range(unit * 50, unit * 50 + 50):
            sampler.offer(example(number))
            whole.offer(example(number))
        parts.append(tmp_path / f"{unit}.notes.jsonl")
        write_jsonl(parts[-1], [UnitNotes("u", sample=sampler.kept())])
    assert merged(parts, 10) == whole.kept()


def test_later_units_keep_fewer_records_but_more_than_they_will_be_asked_for() -> None:
    shares = [share(number) for number in range(5000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == SIZE
    assert all(kept >= min(SIZE, 3 * SIZE // (number + 1) + 9) for number, kept in enumerate(shares))
    assert sum(shares) * 4000 < 1 << 28  # bytes on disk, about, for a dump of 20 GB


def test_a_page_stays_below_three_megabytes_whatever_the_records() -> None:
    def long(number: int) -> dict[str, Any]:
        made = example(number, f"{number}" + "长" * 4_000)
        row = InstructionRow(
            made.id, "re", "zh", "w", None, "问：" + made.text, "", "答" * 500, "[]", "t", "json"
        )
        return record_data(Sampled(0, "u", made), [("train", row)] * 8)

    kept = within_bytes(long(number) for number in range(SIZE))
    assert 50 < len(kept) < SIZE
    assert len(json.dumps(kept, ensure_ascii=False).encode()) < 2_500_000


def test_what_is_longer_than_a_record_may_be_is_passed_over() -> None:
    made = [record_data(Sampled(0, "u", example(n, "字" * (50_000 if n == 1 else 5))), []) for n in range(3)]
    assert [record["id"] for record in within_bytes(made)] == ["zhwiki-0-1-0", "zhwiki-2-1-0"]


@pytest.mark.parametrize(
    ("length", "low"), [(0, 0), (4, 0), (5, 5), (99, 80), (119, 100), (1_000_000, 100_000)]
)
def test_lengths_go_into_bins_of_round_numbers(length: int, low: int) -> None:
    assert length_bin(length) == low


def test_sections_leave_out_what_was_not_counted(records: list[Example]) -> None:
    counts: Counter[str] = Counter()
    count_example(records[0], counts)
    assert "templates" not in sections(counts)
    count_row(
        InstructionRow("i", "re", "zh", "s", None, "x" * 30, "", "", "[]", "re/zh/closed/1", "json"), counts
    )
    assert sections(counts)["templates"] == {"re/zh/closed/1": 1}
    assert sections(counts)["instruction_lengths"] == {"30": 1}
