"""The main job as a library call: what it writes, and that it is the same whatever the circumstances."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from kg2instruct.align.options import AlignOptions
from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, OutputError
from kg2instruct.pipeline.build import BuildSummary, build, read_summary
from kg2instruct.pipeline.inputs import page_units
from kg2instruct.pipeline.parquet import write_rows
from kg2instruct.pipeline.stages import AlignPages
from kg2instruct.records import InstructionRow
from kg2instruct.wiki.article import WikiOptions
from kg2instruct.wikidata.dictionary import NameDictionary

SAME = ("data", "aligned")


def build_towns(
    towns: Any, out: Path, *, workers: int = 1, fresh: bool = False, **options: Any
) -> BuildSummary:
    return build(BuildConfig(**{**towns.options, **options}), out, workers=workers, fresh=fresh)


@pytest.fixture(scope="module")
def whole(towns: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed build of one worker."""
    out = tmp_path_factory.mktemp("whole") / "out"
    build_towns(towns, out, rejects=True, keep_all=False)
    return out


def records(out: Path, folder: str = "aligned") -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((out / folder).glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


def rows(out: Path) -> list[dict[str, Any]]:
    return [
        row for path in sorted((out / "data").glob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


def test_a_finished_folder_holds_what_the_readme_promises_and_no_work(whole: Path) -> None:
    names = {path.name for path in whole.iterdir()}
    assert names == {
        *("data", "aligned", "rejects", "kb", "explain"),
        *("README.md", "report.html", "stats.json", "config.yaml", "manifest.json"),
    }


def test_mentions_stand_where_they_say(whole: Path) -> None:
    found = [(r["text"][m["start"] : m["end"]], m["entity"]) for r in records(whole) for m in r["entity"]]
    assert found
    assert all(text == entity for text, entity in found)


def test_triples_that_the_pages_state_are_found(whole: Path, towns: Any) -> None:
    triples = {(t["head"], t["property"], t["tail"]) for r in records(whole) for t in r["relation"]}
    assert len([t for t in triples if t[1] == "P17" and t[2] == "长歌国"]) == len(towns.names)


def test_no_page_stands_in_two_splits(whole: Path) -> None:
    splits: dict[str, set[str]] = {}
    for path in (whole / "data").glob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            splits.setdefault("-".join(row["id"].split("-")[:2]), set()).add(path.name.split("-")[0])
    assert all(len(found) == 1 for found in splits.values())


def test_the_counts_agree_with_what_was_written(whole: Path) -> None:
    stats = json.loads((whole / "stats.json").read_text())
    assert sum(stats["rows"].values()) == len(rows(whole))
    assert stats["counts"]["examples"] == len(records(whole))
    assert stats["counts"]["triples"] == sum(len(r["relation"]) for r in records(whole))
    assert stats["counts"]["pages read"] == 50
    assert Counter(row["task"] for row in rows(whole)) == {
        name.removeprefix("rows of task: "): n
        for name, n in stats["counts"].items()
        if name.startswith("rows of task: ")
    }


def test_rejects_say_what_was_left_out_and_why(whole: Path) -> None:
    reasons = {(r["record_id"], r["reason"]) for r in records(whole, "rejects") if r["stage"] == "wiki"}
    assert ("zhwiki-900-9000", "redirect") in reasons
    assert ("zhwiki-901-9010", "page of another namespace") in reasons


def test_rejects_list_each_claim_that_the_funnel_counts_as_dropped(whole: Path) -> None:
    claims = [record for record in records(whole, "rejects") if record["triple"]]
    assert Counter(f"dropped: {claim['reason']}" for claim in claims) == {
        name: number
        for name, number in read_summary(whole).counts.items()
        if name.startswith("dropped: ") and number
    }
    kept = {record["id"]: record for record in records(whole)}
    for claim in claims:
        assert claim["stage"] == "align"
        assert claim["page"] == kept[claim["record_id"]]["page"]
        assert claim["triple"]["property"].startswith("P")


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_gives_the_same_bytes(
    towns: Any, whole: Path, tmp_path: Path, make: Any, workers: int
) -> None:
    build_towns(towns, tmp_path / "out", workers=workers, rejects=True)
    same = (*SAME, "rejects")
    assert make.bytes_of(tmp_path / "out", *same) == make.bytes_of(whole, *same)
    assert (tmp_path / "out" / "stats.json").read_bytes() == (whole / "stats.json").read_bytes()


def test_the_same_again_is_finished_at_once(towns: Any, whole: Path) -> None:
    before = (whole / "manifest.json").stat().st_mtime_ns
    summary = build_towns(towns, whole, rejects=True)
    assert summary.finished_before
    assert summary.rows == read_summary(whole).rows
    assert (whole / "manifest.json").stat().st_mtime_ns == before


def test_a_finished_dataset_is_not_overwritten_by_another_run(towns: Any, whole: Path) -> None:
    with pytest.raises(ConfigError, match=r"another run \(differs in: seed\).*--fresh"):
        build_towns(towns, whole, rejects=True, seed=5)
    assert (whole / "manifest.json").exists()


def test_fresh_builds_anew_in_the_same_folder(towns: Any, tmp_path: Path) -> None:
    build_towns(towns, tmp_path / "out", limit=4)
    summary = build_towns(towns, tmp_path / "out", limit=6, fresh=True)
    assert not summary.finished_before
    assert len({r["page"]["id"] for r in records(tmp_path / "out")}) == 6


def test_foreign_files_are_not_touched(towns: Any, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(OutputError, match=r"holds files of something else \(README.md\)"):
        build_towns(towns, tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md"]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_limit_takes_the_first_articles_whatever_the_workers(
    towns: Any, tmp_path: Path, workers: int
) -> None:
    build_towns(towns, tmp_path / "out", limit=11, workers=workers)
    found = list(dict.fromkeys(r["page"]["title"] for r in records(tmp_path / "out")))
    assert found == towns.names[:11]


def test_a_limit_beyond_the_end_takes_all(towns: Any, tmp_path: Path, whole: Path, make: Any) -> None:
    build_towns(towns, tmp_path / "out", limit=1000)
    assert make.bytes_of(tmp_path / "out", *SAME) == make.bytes_of(whole, *SAME)


def test_another_seed_draws_other_instructions_from_the_same_records(
    towns: Any, whole: Path, tmp_path: Path, make: Any
) -> None:
    build_towns(towns, tmp_path / "out", seed=9)
    assert make.bytes_of(tmp_path / "out", "aligned") == make.bytes_of(whole, "aligned")
    assert make.bytes_of(tmp_path / "out", "data") != make.bytes_of(whole, "data")


def test_options_reach_their_stages(towns: Any, tmp_path: Path) -> None:
    wiki = WikiOptions(passage="sentence", variant="zh-hant")
    build_towns(towns, tmp_path / "out", wiki=wiki, limit=3, compress="zst")
    assert [path.name for path in (tmp_path / "out" / "aligned").iterdir()] == ["zh-00000.jsonl.zst"]
    texts = {row["input"] or row["instruction"] for row in rows(tmp_path / "out")}
    assert any("長歌國" in text for text in texts)


def test_a_knowledge_base_of_an_earlier_build_serves_another(
    towns: Any, whole: Path, tmp_path: Path, make: Any
) -> None:
    build_towns(towns, tmp_path / "out", wikidata=(), kb=str(whole / "kb"))
    assert make.bytes_of(tmp_path / "out", *SAME) == make.bytes_of(whole, *SAME)
    assert not (tmp_path / "out" / "kb").exists()


def test_without_rendering_only_records_are_written(
    towns: Any, whole: Path, tmp_path: Path, make: Any
) -> None:
    build(BuildConfig(**towns.options), tmp_path / "out", render=False)
    assert make.bytes_of(tmp_path / "out", "aligned") == make.bytes_of(whole, "aligned")
    assert not (tmp_path / "out" / "data").exists()
    assert not (tmp_path / "out" / "README.md").exists()


def test_a_page_that_breaks_the_program_is_told_and_the_others_are_kept(
    towns: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg2instruct.pipeline import stages

    parse = stages.parse_article

    def break_on_third(page: Any, **options: Any) -> Any:
        if page.title == towns.names[2]:
            raise RecursionError("too deep")
        return parse(page, **options)

    monkeypatch.setattr(stages, "parse_article", break_on_third)
    summary = build_towns(towns, tmp_path / "out")
    problem = summary.stats["problems"]["page could not be processed"]
    assert problem["count"] == 1
    assert f"page 1002 '{towns.names[2]}': RecursionError: too deep (test_build.py:" in problem["examples"][0]
    assert len({r["page"]["id"] for r in records(tmp_path / "out")}) == len(towns.names) - 1


def test_memory_of_rows_is_bounded_by_groups_not_by_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg2instruct.pipeline import parquet

    monkeypatch.setattr(parquet, "ROWS_A_GROUP", 10)
    monkeypatch.setattr(parquet, "ROWS_A_SHARD", 40)
    held: list[int] = []

    def many(start: int, count: int) -> Any:
        for n in range(start, start + count):
            held.append(n)
            split = "test" if n % 10 == 0 else "train"
            yield split, InstructionRow(f"r{n}", "re", "zh", "s", None, "i", "", "o", "[]", "t", "json")

    parts = [tmp_path / "a", tmp_path / "b"]
    assert parquet.write_rows(parts[0], many(0, 67)) == 67
    assert parquet.write_rows(parts[1], many(67, 40)) == 40
    assert parquet.pack(parts, tmp_path / "data") == {"train": 96, "validation": 0, "test": 11}
    names = sorted(path.name for path in (tmp_path / "data").iterdir())
    assert names == ["test-00000-of-00001.parquet", *(f"train-0000{n}-of-00003.parquet" for n in range(3))]
    files = [pq.ParquetFile(tmp_path / "data" / name) for name in names]
    sizes = [[f.metadata.row_group(i).num_rows for i in range(f.num_row_groups)] for f in files]
    assert sizes == [[10, 1], [10] * 4, [10] * 4, [10, 6]]
    ids = [row["id"] for name in names[1:] for row in pq.read_table(tmp_path / "data" / name).to_pylist()]
    assert ids == [f"r{n}" for n in range(107) if n % 10]


def test_a_part_whose_rows_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[str, InstructionRow]]:
        yield "train", InstructionRow("r", "re", "zh", "s", None, "i", "", "o", "[]", "t", "json")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_rows(tmp_path / "a.parquet", broken())
    assert not list(tmp_path.iterdir())


def test_the_dictionary_is_loaded_before_forking(
    towns: Any, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker would otherwise hold a copy of its own: 150 bytes a name."""
    stage = AlignPages(
        lang="zh", kb=whole / "kb", links=None, schemas=None, wiki=WikiOptions(), options=AlignOptions()
    )
    stage.open()

    def too_late(_: NameDictionary) -> None:
        pytest.fail("loaded in a worker")

    monkeypatch.setattr(NameDictionary, "_load", too_late)
    unit = next(page_units(towns.pages, limit=0, threads=1))
    assert stage.run(unit, tmp_path).counts["triples"]


def test_systems_that_cannot_fork_start_workers_anew(
    towns: Any, whole: Path, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg2instruct.pipeline import pool

    monkeypatch.setattr(pool, "FORKS", False)
    options = {"wikidata": (), "kb": str(whole / "kb")}
    build_towns(towns, tmp_path / "out", workers=2, **options)
    assert make.bytes_of(tmp_path / "out", *SAME) == make.bytes_of(whole, *SAME)


def test_the_hub_library_reads_the_folder(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    found = datasets.load_dataset(str(whole), cache_dir=str(tmp_path))
    stats = json.loads((whole / "stats.json").read_text())
    assert {split: len(rows) for split, rows in found.items()} == {
        s: n for s, n in stats["rows"].items() if n
    }
    assert json.loads(found["train"][0]["schema"]) is not None
