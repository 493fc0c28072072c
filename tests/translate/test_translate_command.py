"""`kg2instruct translate` as people call it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROW = {
    "instruction": "Name the capital of the country Wonderland.",
    "output": "The capital of Wonderland is Teatown.",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(ROW | {"id": f"r{n}"}) + "\n" for n in range(5)), encoding="utf-8")
    return path


def flags(endpoint: Any, file: Path, *more: object) -> list[str]:
    out = file.with_name("out.jsonl")
    return [
        "translate",
        str(file),
        "--to",
        "zh",
        "--out",
        str(out),
        "--base-url",
        endpoint.url,
        "--model",
        "m",
        *map(str, more),
    ]


def test_writes_rows_a_report_and_a_page_for_review(
    program: Any, endpoint: Any, file: Path, tmp_path: Path
) -> None:
    done = program(*flags(endpoint, file, "--sample-page", tmp_path / "page.html"))
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["source_id"] for row in rows] == [f"r{n}" for n in range(5)]
    report = json.loads((tmp_path / "out.jsonl.report.json").read_text(encoding="utf-8"))
    assert report["passed_first_time_share"] == 1.0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Wonderland" in page
    assert rows[0]["output"] in page
    assert "done" in done.stderr


def test_a_dry_run_tells_calls_tokens_and_cost_and_sends_nothing(
    program: Any, endpoint: Any, file: Path
) -> None:
    done = program(*flags(endpoint, file, "--dry-run", "--price", "2,8"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["calls"] == 5
    assert 0 < told["cost"] < told["cost_at_most"]
    assert told["exact"] is False
    assert "estimated" in done.stderr
    assert not endpoint.calls
    assert not list(file.parent.glob("out*"))
    half = json.loads(program(*flags(endpoint, file, "--dry-run", "--price", "2,8", "--batch")).stdout)
    assert half["cost"] == pytest.approx(told["cost"] / 2, rel=0.01)


def test_a_glossary_is_asked_for_and_checked(
    program: Any, endpoint: Any, replies: Any, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "terms.tsv").write_text("wonderland\t奇境国\n", encoding="utf-8")

    def script(call: Any) -> Any:
        assert "wonderland = 奇境国" in call.system
        good = replies.chinese(call.user)
        known = replies.chinese("Wonderland")
        return replies.completion(good.replace(known, "奇境国") if call.again else good)

    endpoint.script = script
    done = program(*flags(endpoint, file, "--glossary", tmp_path / "terms.tsv", "--concurrency", 1))
    assert done.returncode == 0, done.stderr
    assert "not accepted: glossary" in done.stderr
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8").count("奇境国") == 10


def test_mistakes_are_told_in_one_line(program: Any, endpoint: Any, file: Path) -> None:
    for more, said in [
        (("--max-cost", 1), "add --price"),
        (("--skip-checks", "langauge"), "did you mean 'language'?"),
        (("--price", "free"), "expected two numbers"),
        (("--mode", "answer", "--code-comments"), "no code is translated"),
        (("--prompts", "/nowhere"), "no such folder"),
    ]:
        done = program(*flags(endpoint, file, *more))
        assert done.returncode == 1, more
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert program("translate", file, "--to", "fr", "--out", "x").returncode == 2


def test_without_a_key_the_public_endpoint_is_not_called(program: Any, file: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI")}
    done = program("translate", file, "--to", "zh", "--out", file.with_name("out.jsonl"), env=env)
    assert done.returncode == 1
    assert "OPENAI_API_KEY" in done.stderr


def test_a_run_of_which_nothing_came_is_an_error_and_the_next_one_tries_again(
    program: Any, endpoint: Any, file: Path
) -> None:
    away = ("--base-url", "http://127.0.0.1:9/v1", "--tries", 1)
    done = program(*flags(endpoint, file, *away))
    assert done.returncode == 1
    assert "nothing was done: the endpoint failed: 1 times, last with: no connection" in done.stderr
    assert program(*flags(endpoint, file)).returncode == 0
    assert program(*flags(endpoint, file, *away)).returncode == 0  # all answers are in the journal


def test_records_with_annotations_get_a_twin(
    program: Any, endpoint: Any, replies: Any, tmp_path: Path
) -> None:
    endpoint.script = lambda call: replies.completion(replies.english(call.user))
    record = {"id": "a", "lang": "zh", "source": "s", "cate": None, "text": "柏林位于德国，是它的首都。",
              "entity": [{"entity": "柏林", "entity_type": "地理地区", "start": 0, "end": 2}]}  # fmt: skip
    (tmp_path / "in.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    done = program(
        "translate",
        tmp_path / "in.jsonl",
        "--to",
        "en",
        "--out",
        tmp_path / "out.jsonl",
        "--base-url",
        endpoint.url,
    )
    assert done.returncode == 0, done.stderr
    twin = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    (mention,) = twin["entity"]
    assert twin["text"][mention["start"] : mention["end"]] == mention["entity"]
    assert mention["entity_type"] == "Geographic region"
    assert twin["lang"] == "en"
