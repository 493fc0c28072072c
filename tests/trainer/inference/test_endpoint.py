"""Answers by an endpoint: in order, none paid twice, streamed."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from kg2instruct.chat import CallOptions, find_model
from kg2instruct.errors import Kg2InstructError
from kg2instruct.evaluate import evaluate_file
from kg2instruct.jsonl import write_jsonl
from trainer.inference.decoding import Decoding
from trainer.inference.endpoint import EndpointStream, predict_at

from .conftest import Endpoint, make_rows

MODEL = find_model("my-model")


def test_answers_come_in_the_order_of_rows_and_are_not_asked_again(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    rows, out = make_rows(30), tmp_path / "out.jsonl"
    endpoint.script = lambda _: ' {"人物": ["林岚"], "地点": ["青川市"]}\n'
    write_jsonl(tmp_path / "rows.jsonl", rows)
    calls = CallOptions(base_url=endpoint.url)
    done = predict_at(rows, out, model=MODEL, calls=calls, decoding=Decoding())
    assert [json.loads(x)["id"] for x in out.read_text("utf-8").splitlines()] == [row.id for row in rows]
    assert evaluate_file(tmp_path / "rows.jsonl", answers=out).micro.f1 == 100
    whole, asked = out.read_bytes(), len(endpoint.bodies)
    again = predict_at(rows, out, model=MODEL, calls=calls, decoding=Decoding())
    assert (done.answers, done.earlier, again.earlier) == (30, 0, 30)
    assert (out.read_bytes(), len(endpoint.bodies)) == (whole, asked)
    predict_at(rows[:4], out, model=MODEL, calls=calls, decoding=Decoding(), fresh=True)
    assert len(endpoint.bodies) == asked + 4


def test_the_endpoint_is_told_the_prompt_and_how_to_decode(endpoint: Endpoint, tmp_path: Path) -> None:
    decoding = Decoding(temperature=0.7, top_p=0.9, max_new_tokens=33, seed=5)
    row = make_rows(1)[0]
    calls = CallOptions(base_url=endpoint.url)
    predict_at([row], tmp_path / "o", model=MODEL, calls=calls, decoding=decoding, system="简短。")
    assert endpoint.bodies == [
        {
            "model": "my-model",
            "messages": [
                {"role": "system", "content": "简短。"},
                {"role": "user", "content": f"{row.instruction}\n\n{row.input}"},
            ],
            "max_tokens": 33,
            "temperature": 0.7,
            "top_p": 0.9,
            "seed": 5,
        }
    ]


def test_rows_that_the_endpoint_refuses_are_counted_and_the_others_answered(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    lock = threading.Lock()

    def script(said: str) -> str:
        with lock:
            if "第3区" in said:
                raise ConnectionError
        return "好"

    endpoint.script = script
    out = tmp_path / "out.jsonl"
    calls = CallOptions(base_url=endpoint.url, tries=2, first_delay=0.01)
    done = predict_at(make_rows(8), out, model=MODEL, calls=calls, decoding=Decoding())
    assert (done.answers, sum(done.not_done.values())) == (7, 1)
    assert len(out.read_text("utf-8").splitlines()) == 7


def test_answers_are_streamed(endpoint: Endpoint) -> None:
    stream = EndpointStream(MODEL, CallOptions(base_url=endpoint.url))
    pieces = list(stream([{"role": "user", "content": "林岚是青川市的市长。"}], Decoding()))
    assert pieces == ["林岚是青川", "市的市长。"]


def test_an_endpoint_that_is_not_there_is_one_clear_error(endpoint: Endpoint) -> None:
    endpoint.close()
    stream = EndpointStream(MODEL, CallOptions(base_url=endpoint.url))
    with pytest.raises(Kg2InstructError, match="the endpoint: Connection error"):
        list(stream([{"role": "user", "content": "?"}], Decoding()))
