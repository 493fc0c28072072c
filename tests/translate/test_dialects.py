"""Endpoints that speak the protocol a little differently: each in words and fields as its makers write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.chat import CallOptions, Journal, Model, Tokens, find_model, make_request
from kg2instruct.chat.client import AccessError
from kg2instruct.chat.responses import is_too_long, read_answer, read_problem, room_left
from kg2instruct.chat.run import ask_all
from kg2instruct.chat.talks import Done

MODEL = Model("test-model", input=1.0, output=2.0)


@pytest.fixture
def ask(endpoint: Any, tmp_path: Path) -> Any:
    """Ask some questions, one after the other, and return what came of each."""

    def run(count: int = 3, *, room: int = 9000, tries: int = 1) -> list[Any]:
        def request(number: int) -> Any:
            messages = [{"role": "user", "content": f"Question {number}"}]
            return make_request(messages, MODEL, Tokens("m"), room=room, expected=20)

        found: list[Any] = []
        options = CallOptions(base_url=endpoint.url, concurrency=1, tries=tries, first_delay=0.01)
        with Journal(tmp_path / "journal") as journal:
            ask_all(
                ((n, request(n)) for n in range(count)), lambda _, done: found.append(done),
                journal=journal, model=MODEL, options=options,
            )  # fmt: skip
        return found

    return run


def answer(content: Any, finish: str = "stop", **message: Any) -> Any:
    body = {"choices": [{"message": {"content": content} | message, "finish_reason": finish}]}
    return read_answer(json.dumps(body).encode(), MODEL)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<think>\nThe user wants …\n</think>\n\n你好", "你好"),
        ("The user wants …\n</think>\n\n你好", "你好"),  # the prompt has opened the tag
        ("<think>\n\n</think>\n\n你好", "你好"),
        ("<think>\nIt never ends", ""),
        ("Put your thoughts between <think> and </think>.", "Put your thoughts between <think> and </think>."),
        ([{"type": "text", "text": "你"}, {"type": "text", "text": "好"}], "你好"),
        ([{"type": "thinking", "thinking": [{"text": "…"}]}, {"type": "text", "text": "你好"}], "你好"),
        ("I rethink> this", "I rethink> this"),
    ],
)  # fmt: skip
def test_thoughts_are_no_part_of_an_answer_and_pieces_are_put_together(content: Any, text: str) -> None:
    assert answer(content).text == text


@pytest.mark.parametrize(
    ("finish", "known"),
    [("max_tokens", "length"), ("model_length", "length"), ("sensitive", "content_filter"), ("stop", "stop")],
)
def test_reasons_to_stop_have_several_names(finish: str, known: str) -> None:
    assert answer("你好", finish).finish == known


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"message": "This model's maximum context length is 8192 tokens.", "code": "context_length_exceeded"}),
        (400, {"message": "the request exceeds the available context size", "code": 400}),
        (400, {"message": "Your request exceeded model token limit: 8192", "type": "invalid_request_error"}),
        (400, {"message": "The input token count (9000) exceeds the maximum number of tokens allowed (8192)."}),
        (400, {"message": "Range of input length should be [1, 6000]", "code": "invalid_parameter_error"}),
        (400, {"message": "Prompt 超长", "code": "1261"}),
        (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096."),
        (413, "Request Entity Too Large"),
    ],
)  # fmt: skip
def test_a_text_that_is_too_long_is_told_in_many_words(status: int, error: Any) -> None:
    problem = read_problem(json.dumps({"error": error}).encode())
    assert is_too_long(status, problem.code, problem.message)


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("max_tokens is too large: 9000. This model supports at most 4096 completion tokens.", 4096),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
        ("This model's maximum context length is 4096 tokens. However, you requested 9300 tokens (300 in the messages, "
         "9000 in the completion). Please reduce the length of the messages or completion.", 3796),
        ("'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum context length is 4096 "
         "tokens and your request has 300 input tokens (9000 > 4096 - 300).", 3796),
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 300 `inputs` tokens and 9000", 3796),
        ("temperature must be at most 1", None),
    ],
)  # fmt: skip
def test_how_much_room_an_answer_may_have_is_read(
    message: str, left: int | None, ask: Any, endpoint: Any, replies: Any
) -> None:
    assert room_left(message, 9000) == left
    if left is None:
        return

    def script(call: Any) -> Any:
        return replies.error(400, message) if call.body["max_tokens"] > left else replies.completion("yes")

    endpoint.script = script
    assert all(isinstance(done, Done) and done.value.text == "yes" for done in ask(2))
    assert [call.body["max_tokens"] for call in endpoint.calls] == [9000, left, 9000, left]


def test_fields_that_a_model_does_not_take_are_said_in_another_way(
    ask: Any, endpoint: Any, replies: Any
) -> None:
    wanted = {
        "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "temperature": "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1).",
    }  # fmt: skip

    def script(call: Any) -> Any:
        for field, message in wanted.items():
            if field in call.body:
                error = {"message": message, "param": field, "code": "unsupported_parameter"}
                return replies.Reply({"error": error}, 400)
        return replies.completion("yes")

    endpoint.script = script
    assert all(isinstance(done, Done) for done in ask(3))
    assert len(endpoint.calls) == 2 + 3, "learned once"
    assert endpoint.calls[-1].body["max_completion_tokens"] == 9000
    calls = len(endpoint.calls)
    assert all(isinstance(done, Done) for done in ask(3))
    assert len(endpoint.calls) == calls, "answers are kept under the question as it was"


def test_what_is_turned_down_in_the_other_way_too_is_not_asked_for_ever(
    ask: Any, endpoint: Any, replies: Any
) -> None:
    error = {"message": "not supported", "param": "temperature", "code": "unsupported_value"}
    endpoint.script = lambda _: replies.Reply({"error": error}, 400)
    assert not isinstance(ask(1)[0], Done)
    assert len(endpoint.calls) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (402, {"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}),
        (429, {"message": "You exceeded your current quota", "type": "exceeded_current_quota_error"}),
        (400, {"message": "Access denied, your account is not in good standing.", "code": "Arrearage"}),
    ],
)
def test_without_money_a_run_ends_at_once(
    status: int, error: Any, ask: Any, endpoint: Any, replies: Any
) -> None:
    endpoint.script = lambda call: (
        replies.completion("yes") if call.number == 1 else replies.Reply({"error": error}, status)
    )
    with pytest.raises(AccessError, match=str(status)):
        ask(9)
    assert len(endpoint.calls) <= 3, "one may be under way already"


def test_a_text_that_a_filter_withholds_is_an_answer_that_is_none(
    ask: Any, endpoint: Any, replies: Any
) -> None:
    endpoint.script = lambda _: replies.error(400, "inappropriate content", "data_inspection_failed")
    assert [done.value.finish for done in ask(1)] == ["content_filter"]


def test_an_address_without_its_end_is_told(ask: Any, endpoint: Any, replies: Any) -> None:
    endpoint.script = lambda _: replies.Reply({"detail": "Not Found"}, 404)
    with pytest.raises(AccessError, match=r"404: .*Not Found.*ends in /v1"):
        ask(1)


def test_models_that_think_are_known_by_name_or_are_said_to() -> None:
    assert find_model("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B").reasons
    assert not find_model("mine").reasons
    assert find_model("mine", reasons=True).reasons


def test_no_more_room_is_asked_for_than_a_model_has() -> None:
    messages = [{"role": "user", "content": "Hello"}]
    body = make_request(messages, find_model("gpt-4-turbo"), Tokens("m"), room=9000).body
    assert body["max_tokens"] == 4096
