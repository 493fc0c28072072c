"""Files are translated through a real client and a real HTTP server, whatever the server does."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.chat import CallOptions
from kg2instruct.chat.models import find_model
from kg2instruct.convert.report import Report
from kg2instruct.errors import Kg2InstructError
from kg2instruct.translate import Summary, TranslateOptions
from kg2instruct.translate.readers import read_items
from kg2instruct.translate.run import Paths, translate_file

ROWS = [
    {
        "instruction": "Name three colours of the rainbow.",
        "input": "",
        "output": "They are red, green and blue.",
    },
    {
        "instruction": "Add the numbers.",
        "input": "12 and 30 apples",
        "output": "The sum of them is 42 apples.",
    },
    {
        "instruction": "Write a function that adds two numbers.",
        "input": "",
        "output": "def add(a, b):\n    return a + b",
    },
    {
        "instruction": "Explain the address https://example.org/a?b=1 in one sentence.",
        "input": "",
        "output": "It is the address of a page, called with `b=1`.",
    },
]


@pytest.fixture
def translate(endpoint: Any, tmp_path: Path) -> Any:
    """Translate rows (or the file given) and return the summary, the rows and the rejects."""

    def run(rows: Any = ROWS, *, calls: dict[str, Any] | None = None, **options: Any) -> Any:
        file = tmp_path / "in.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        paths = Paths.beside(tmp_path / "out.jsonl")
        settings = {"base_url": endpoint.url, "first_delay": 0.01, "timeout": 5.0, **(calls or {})}
        report = Report()
        model = find_model("test-model", "1,2")
        summary = translate_file(
            read_items(file, report),
            paths,
            TranslateOptions(**{"to": "zh", "model": "test-model", **options}),
            model,
            CallOptions(**settings),
            report=report,
        )
        return summary, read(paths.out), read(paths.rejects)

    return run


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_translates_where_a_loop_is_running_already_as_in_a_notebook(translate: Any, endpoint: Any) -> None:
    async def cell() -> Any:
        return translate()

    summary, rows, _ = asyncio.run(cell())
    assert summary.done == len(rows) == len(ROWS)
    assert len(endpoint.calls) == len(ROWS)


def test_rows_come_out_in_order_translated_and_with_their_origin(translate: Any, endpoint: Any) -> None:
    summary, rows, rejects = translate()
    assert [row["source_id"] for row in rows] == [f"in-{n}" for n in (1, 2, 3, 4)]
    assert not rejects
    assert all(row["lang"] == "zh" and row["model"] == "test-model" for row in rows)
    assert all(row["prompt"].startswith("translate@1-") for row in rows)
    assert rows[2]["output"] == ROWS[2]["output"]
    assert "https://example.org/a?b=1" in rows[3]["instruction"]
    assert "`b=1`" in rows[3]["output"]
    assert rows[1]["input"].startswith("12")
    assert summary.first_time == len(endpoint.calls) == 4


def test_what_is_in_the_journal_is_not_asked_for_again(translate: Any, endpoint: Any) -> None:
    _, first, _ = translate()
    _, second, _ = translate()
    assert first == second
    assert len(endpoint.calls) == 4


def test_429_is_waited_out_as_long_as_the_endpoint_says(translate: Any, endpoint: Any, replies: Any) -> None:
    endpoint.script = lambda call: (
        replies.error(429, "slow down", retry_after="0.3") if call.again == 0 else replies.translator(call)
    )
    summary, rows, _ = translate(calls={"concurrency": 1})
    assert len(rows) == 4
    assert summary.calls["failures"] == {"429: too many calls": 4}


@pytest.mark.parametrize(
    "trouble",
    ["500", "cut", "closed", "empty", "not json", "no choices", "null content", "html", "time-out"],
)
def test_trouble_of_the_endpoint_is_tried_again(
    translate: Any, endpoint: Any, replies: Any, trouble: str
) -> None:
    good = replies.completion("x").body
    bad = {
        "500": replies.error(500),
        "cut": replies.Reply(good, cut=True),
        "closed": replies.Reply(status=0),
        "empty": replies.Reply(b""),
        "not json": replies.Reply(b'{"choices": [{"mess'),
        "no choices": replies.Reply({**good, "choices": []}),
        "null content": replies.completion(None),
        "html": replies.Reply(b"<html>bad gateway</html>", headers={"content-type": "text/html"}),
        "time-out": replies.Reply(good, delay=1.0),
    }[trouble]
    endpoint.script = lambda call: bad if call.again == 0 else replies.translator(call)
    summary, rows, rejects = translate(calls={"timeout": 0.4 if trouble == "time-out" else 5.0})
    assert len(rows) == 4 and not rejects
    assert sum(summary.calls["failures"].values()) == 4


def answers(replies: Any, kind: str, call: Any) -> Any:
    good = replies.chinese(call.user)
    return {
        "refusal": replies.completion("I'm sorry, but I can't help with that."),
        "preamble": replies.completion("Sure, here is the translation:\n" + good),
        "cut off": replies.completion(good[: len(good) // 2], finish="length"),
        "language": replies.completion(call.user),
        "numbers": replies.completion(good.replace("42", "43")),
        "protected": replies.completion(good.replace("⟦1⟧", "")),
        "form": replies.completion(good.replace("⟦output⟧", "")),
    }[kind]


@pytest.mark.parametrize(
    "kind", ["refusal", "preamble", "cut off", "language", "numbers", "protected", "form"]
)
def test_a_bad_answer_is_asked_for_again_with_the_reason(
    translate: Any, endpoint: Any, replies: Any, kind: str
) -> None:
    row = {
        "instruction": "Say how many apples there are in `box`.",
        "output": "There are 42 apples in the `box` today.",
    }
    endpoint.script = lambda call: (
        answers(replies, kind, call) if call.again == 0 else replies.translator(call)
    )
    summary, rows, _ = translate([row])
    assert len(rows) == 1
    assert summary.failed_checks[kind] == 1, summary
    assert summary.first_time == 0
    assert "could not be used" in endpoint.calls[1].system


def test_a_row_without_an_accepted_answer_is_put_aside_with_the_reason(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    endpoint.script = lambda call: (
        replies.completion("I'm sorry, but I cannot help with that.")
        if "rainbow" in call.user
        else replies.translator(call)
    )
    summary, rows, rejects = translate()
    assert [row["source_id"] for row in rows] == ["in-2", "in-3", "in-4"]
    assert rejects[0]["id"] == "in-1"
    assert rejects[0]["reasons"] == ["it is a refusal"]
    assert rejects[0]["place"].endswith("in.jsonl:1")
    assert summary.rejected == 1
    calls = len(endpoint.calls)
    translate()
    assert len(endpoint.calls) == calls, "what was paid for is known to be no answer"


def test_a_row_that_is_none_is_put_aside_with_its_place(translate: Any, tmp_path: Path) -> None:
    summary, rows, rejects = translate([*ROWS, {"instruction": None}, ["x"]])
    assert len(rows) == 4 and not summary.rejected
    assert dict(summary.unreadable) == {"has no text under 'instruction'": 1, "is not an object": 1}
    assert [(aside["place"], aside["parts"]) for aside in rejects] == [
        (f"{tmp_path / 'in.jsonl'}:5", {"row": '{"instruction": null}'}),
        (f"{tmp_path / 'in.jsonl'}:6", {"row": '["x"]'}),
    ]


def test_wrong_access_ends_the_run_in_one_line(translate: Any, endpoint: Any, replies: Any) -> None:
    endpoint.script = lambda _: replies.error(401, "Incorrect API key provided", "invalid_api_key")
    with pytest.raises(Kg2InstructError, match="401: Incorrect API key"):
        translate()


def test_an_endpoint_that_stays_down_ends_the_run(translate: Any, endpoint: Any, replies: Any) -> None:
    endpoint.script = lambda _: replies.error(503, "down")
    with pytest.raises(Kg2InstructError, match="goes on from here"):
        translate(calls={"break_after": 3, "patience": 0.1, "tries": 50, "longest_delay": 0.05})


def test_a_text_too_long_for_the_model_is_asked_for_in_halves(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    long = "\n".join(f"The line with number {n} speaks of the weather." for n in range(12))

    def script(call: Any) -> Any:
        if len(call.user) > 400:
            return replies.error(400, "maximum context length is 8192 tokens", "context_length_exceeded")
        return replies.translator(call)

    endpoint.script = script
    _, rows, rejects = translate([{"instruction": "Shorten the following text, please.", "output": long}])
    assert not rejects
    assert rows[0]["output"] == replies.chinese(long)


def test_the_cost_set_is_never_gone_over_and_the_rest_is_done_later(translate: Any, endpoint: Any) -> None:
    rows_in = [
        {"instruction": f"Tell the story of the town number {n}.", "output": "It is a town."}
        for n in range(30)
    ]
    summary, rows, _ = translate(rows_in, calls={"max_cost": 0.004, "concurrency": 4})
    assert 0 < len(rows) < 30
    assert summary.not_done == {"the cost set was reached": 30 - len(rows)}
    assert summary.calls["cost_of_journal"] <= 0.004
    _, rows, _ = translate(rows_in)
    assert len(rows) == len(endpoint.calls) == 30


def test_in_mode_answer_the_model_answers_and_the_old_answer_is_not_sent(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    def script(call: Any) -> Any:
        return replies.completion(
            replies.chinese(call.user).replace("⟦end⟧", "⟦output⟧\n红色、绿色和蓝色，还有 ⟦1⟧。\n⟦end⟧")
        )

    endpoint.script = script
    row = {"instruction": "Name three colours that `paint` knows.", "output": "They are secret."}
    summary, rows, rejects = translate([row], mode="answer")
    assert not rejects, rejects
    assert rows[0]["output"] == "红色、绿色和蓝色，还有 `paint`。"
    assert "`paint`" in rows[0]["instruction"]
    assert "secret" not in endpoint.calls[0].user
    assert isinstance(summary, Summary)


def test_comments_in_code_are_translated_when_asked_and_the_code_stays(translate: Any, replies: Any) -> None:
    code = "def add(a, b):\n    # add the two numbers\n    return a + b  # done at last"
    row = {"instruction": "Write a function that adds two numbers.", "output": code}
    summary, rows, rejects = translate([row], code_comments=True)
    assert not rejects
    comments = [replies.chinese(comment) for comment in ("add the two numbers", "done at last")]
    assert rows[0]["output"] == f"def add(a, b):\n    # {comments[0]}\n    return a + b  # {comments[1]}"
    assert summary.first_time == 1


def test_a_comment_that_breaks_out_is_not_accepted(translate: Any, endpoint: Any, replies: Any) -> None:
    def script(call: Any) -> Any:
        good = replies.chinese(call.user)
        broken = good.replace(replies.chinese("add the two numbers"), "加\n    return 0")
        return replies.completion(good if call.again else broken)

    endpoint.script = script
    code = "def add(a, b):\n    # add the two numbers\n    return a + b"
    summary, rows, _ = translate([{"instruction": "Write it.", "output": code}], code_comments=True)
    assert summary.failed_checks["code"] == 1
    assert rows[0]["output"].endswith("return a + b")


def test_calls_under_way_are_as_many_as_asked_for_and_never_more(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    def script(call: Any) -> Any:
        reply = replies.translator(call)
        reply.delay = 0.05
        return reply

    endpoint.script = script
    rows_in = [
        {"instruction": f"Tell the story of town number {n}.", "output": "It is a town."} for n in range(40)
    ]
    translate(rows_in, calls={"concurrency": 8})
    assert endpoint.most_under_way == 8


def test_rows_that_are_alike_are_paid_for_once(translate: Any, endpoint: Any) -> None:
    summary, rows, _ = translate([ROWS[0]] * 20)
    assert len(rows) == 20
    assert len({row["id"] for row in rows}) == 20
    assert len(endpoint.calls) == summary.calls["answered"] == 1


def test_a_row_held_up_by_429_many_times_is_done_all_the_same(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    endpoint.script = lambda call: (
        replies.error(429, "slow down", retry_after_ms="10") if call.again < 12 else replies.translator(call)
    )
    _, rows, _ = translate(ROWS[:1], calls={"tries": 2})
    assert len(rows) == 1


def test_an_endpoint_that_lets_nothing_through_ends_the_run(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    endpoint.script = lambda _: replies.error(429, "slow down", retry_after_ms="10")
    with pytest.raises(Kg2InstructError, match="let no call through"):
        translate(ROWS[:1], calls={"patience": 0.2})


def test_a_request_that_the_endpoint_never_takes_ends_the_run(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    endpoint.script = lambda _: replies.error(400, "Unsupported parameter: 'temperature'")
    with pytest.raises(Kg2InstructError, match="400: Unsupported parameter"):
        translate([{"instruction": f"Say {n}.", "output": "It is said."} for n in range(9)])


def test_one_row_turned_down_is_left_for_the_next_run(translate: Any, endpoint: Any, replies: Any) -> None:
    endpoint.script = lambda call: (
        replies.error(400, "bad") if "rainbow" in call.user else replies.translator(call)
    )
    summary, rows, _ = translate(calls={"concurrency": 1})
    assert len(rows) == 3
    assert summary.not_done == {"the endpoint failed: the endpoint answers 400: bad": 1}


@pytest.mark.skipif(
    "KG2INSTRUCT_ENDPOINT" not in os.environ, reason="no model server: set KG2INSTRUCT_ENDPOINT"
)
def test_a_real_model_server_is_talked_to(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps(ROWS[0]) + "\n")
    model = os.environ.get("KG2INSTRUCT_MODEL", "gpt-4o-mini")
    summary = translate_file(
        read_items(file, Report()),
        Paths.beside(tmp_path / "out.jsonl"),
        TranslateOptions(to="zh", model=model, attempts=1),
        find_model(model),
        CallOptions(base_url=os.environ["KG2INSTRUCT_ENDPOINT"]),
    )
    assert summary.done + summary.rejected == 1


@pytest.mark.slow
def test_at_least_nine_tenths_of_the_calls_allowed_at_once_are_under_way(
    translate: Any, endpoint: Any, replies: Any
) -> None:
    under_way: list[int] = []  # as each call comes in: how long it all takes is up to the machine

    def script(call: Any) -> Any:
        under_way.append(endpoint.under_way)
        reply = replies.translator(call)
        reply.delay = 0.1 + 0.02 * (call.number * 7 % 16)  # spread, so that they do not all end at once
        return reply

    endpoint.script = script
    rows_in = [
        {"instruction": f"Tell the story of town number {n}.", "output": "It is a town."} for n in range(320)
    ]
    translate(rows_in, calls={"concurrency": 16})
    steady = under_way[16:]
    assert sum(steady) / len(steady) >= 0.9 * 16
