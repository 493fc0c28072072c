"""Gold rendered, read back and scored is exactly 100: every task, language and output format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg2instruct.evaluate import evaluate_file, evaluate_rows
from kg2instruct.jsonl import write_jsonl
from kg2instruct.records import Argument, Event, Example, Mention, Triple
from kg2instruct.render import FORMATS, TASKS, LabelSchema, RenderOptions, render_examples
from kg2instruct.render.asked import read_schema
from kg2instruct.render.files import render_file

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "ie_zh" / "iepile_samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="IEPile's samples are not here")
Schemas = dict[tuple[str, str], LabelSchema]


@pytest.mark.parametrize("wording", ["zh", "en"])
@pytest.mark.parametrize("open_rate", [0.0, 1.0], ids=["closed", "open"])
@pytest.mark.parametrize("name", [x.name for x in FORMATS.values() if x.lossless])
@pytest.mark.parametrize("task", list(TASKS))
def test_gold_scores_100(
    task: str, name: str, open_rate: float, wording: str, records: list[Example], schemas: Schemas
) -> None:
    options = RenderOptions(
        tasks=(task,),
        formats=(name,),
        open_rate=open_rate,
        wording=wording,
        templates_per_record=2,
        synonyms=1.0,
    )
    rows = list(render_examples(records, lambda x: schemas[x.lang, x.source], options))
    gold = {x.id: x for x in records}
    for scores in (evaluate_rows(rows, draws=0), evaluate_rows(rows, gold=gold, draws=0)):
        assert (scores.micro.f1, scores.relaxed.f1, scores.macro) == (100.0, 100.0, (100.0, 100.0, 100.0))
        assert scores.micro.wanted > 0
        assert (scores.unparsable, scores.partly_read, scores.missing, scores.hallucinated) == (0, 0, 0, 0)


def test_gold_scores_100_for_pieces_of_long_texts(records: list[Example], schemas: Schemas) -> None:
    options = RenderOptions(tasks=tuple(TASKS), max_chars=40)
    rows = list(render_examples(records, lambda x: schemas[x.lang, x.source], options))
    assert any("~" in x.id for x in rows)
    scores = evaluate_rows(rows, gold={x.id: x for x in records}, draws=0)
    assert scores.micro.f1 == 100.0 and scores.micro.wanted > 20


def sample_records(task: str) -> list[Example]:
    lines = (SAMPLES / f"{task}_sample.json").read_text(encoding="utf-8").splitlines()
    return [_example(f"{task}-{i}", json.loads(x)) for i, x in enumerate(lines) if x.strip()]


def _example(key: str, row: dict[str, list[dict[str, str]]]) -> Example:
    return Example(
        key,
        "zh",
        "iepile",
        None,
        str(row["text"]),
        tuple(Mention(x["entity"], x["entity_type"], None, None) for x in row.get("entity", ())),
        tuple(
            Triple(
                x["head"],
                x.get("head_type", ""),
                None,
                None,
                x["relation"],
                None,
                x["tail"],
                x.get("tail_type", ""),
                None,
                None,
            )
            for x in row.get("relation", ())
        ),
        tuple(
            Event(
                x["event_type"],
                x["event_trigger"],
                None,
                tuple(Argument(y["role"], y["argument"]) for y in x["arguments"]),
            )  # type: ignore[index]
            for x in row.get("event", ())
        ),
    )


@needs_samples
@pytest.mark.parametrize("task", list(TASKS))
def test_iepiles_samples_score_100_in_all_formats_from_files(task: str, tmp_path: Path) -> None:
    records = sample_records(task.upper())
    write_jsonl(tmp_path / "records.jsonl", records)
    options = RenderOptions(tasks=(task,), formats=tuple(FORMATS), each_format=True)
    report = render_file(tmp_path / "records.jsonl", tmp_path / "rows.jsonl", options)
    assert report.records == len(records) and report.rows >= len(FORMATS)
    for gold in (None, tmp_path / "records.jsonl"):
        scores = evaluate_file(tmp_path / "rows.jsonl", gold=gold)
        assert scores.micro.f1 == 100.0 and scores.micro.wanted > 0
        assert scores.confidence["f1"] == (100.0, 100.0)
        assert scores.to_json()["micro"]["f1"] == 100.0


@needs_samples
@pytest.mark.parametrize("task", list(TASKS))
def test_iepiles_own_answers_are_read_and_written_to_the_letter(task: str) -> None:
    shape, keyed = TASKS[task], FORMATS["json"]
    lines = (SAMPLES / f"{task.upper()}_train.json").read_text(encoding="utf-8").splitlines()
    for line in lines:
        row = json.loads(line)
        asked = read_schema(shape, json.dumps(json.loads(row["instruction"])["schema"]))
        parsed = keyed.parse(row["output"], shape, asked, "zh", strict=True)
        assert not parsed.problems
        if row["output"] != "{}":
            assert keyed.render(parsed.answer, shape, asked, "zh", "") == row["output"]
