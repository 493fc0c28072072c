"""The Batch API: half the price, and a run may end between any two of its steps."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.chat import CallOptions
from kg2instruct.chat.journal import Journal
from kg2instruct.chat.models import find_model
from kg2instruct.convert.report import Report
from kg2instruct.errors import Kg2InstructError
from kg2instruct.translate import TranslateOptions
from kg2instruct.translate.readers import read_items
from kg2instruct.translate.run import Paths, translate_file, translate_in_batches

ROWS = [
    {"instruction": f"Describe the harbour with number {n}.", "output": f"It has {n} ships and a tower."}
    for n in range(12)
]


class Service:
    """Files and batches of the endpoint; a batch is done at the `looks`-th look at it."""

    def __init__(self, endpoint: Any, replies: Any) -> None:
        self.replies, self.endpoint = replies, endpoint
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.looks = 1
        self.asked: list[str] = []
        self.break_create = self.expire = 0
        self.fail_with = ""
        endpoint.routes.update(
            {
                ("POST", "/files"): self.upload,
                ("GET", r"/files/[\w-]+/content"): self.content,
                ("POST", "/batches"): self.create,
                ("GET", "/batches"): self.list,
                ("GET", r"/batches/[\w-]+"): self.retrieve,
            }
        )

    def upload(self, _: str, data: bytes) -> Any:
        name = f"file-{len(self.files) + 1}"
        lines = [line for line in data.splitlines() if line.startswith(b"{")]
        self.files[name] = b"\n".join(lines)
        return self.replies.Reply(
            {
                "id": name,
                "object": "file",
                "bytes": 1,
                "created_at": 1,
                "filename": "x",
                "purpose": "batch",
                "status": "processed",
            }
        )

    def content(self, route: str, _: bytes) -> Any:
        return self.replies.Reply(self.files[route.split("/")[2]])

    def create(self, _: str, data: bytes) -> Any:
        body = json.loads(data)
        name = f"batch_{len(self.batches) + 1}"
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": "24h",
            "created_at": 1,
            "status": "in_progress",
            "metadata": body["metadata"],
            "looks": 0,
        }
        if self.break_create:
            self.break_create -= 1
            return self.replies.Reply(status=0)
        return self.replies.Reply(self.batches[name])

    def list(self, _: str, __: bytes) -> Any:
        return self.replies.Reply({"object": "list", "data": list(self.batches.values()), "has_more": False})

    def retrieve(self, route: str, _: bytes) -> Any:
        batch = self.batches[route.split("/")[2]]
        batch["looks"] += 1
        if self.fail_with:
            batch |= {"status": "failed", "errors": {"object": "list", "data": [{"message": self.fail_with}]}}
        elif batch["looks"] > self.looks and batch["status"] == "in_progress":
            self.work(batch)
        return self.replies.Reply(batch)

    def work(self, batch: dict[str, Any]) -> None:
        done = []
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        kept = lines[: len(lines) // 2] if self.expire else lines
        for line in kept:
            self.asked.append(line["custom_id"])
            call = self.replies.Call(
                len(self.asked), self.endpoint.users[str(line["body"])], "batch", line["body"]
            )
            reply = self.endpoint.script(call)
            response = {"status_code": reply.status, "request_id": "r", "body": reply.body}
            done.append({"id": "x", "custom_id": line["custom_id"], "response": response, "error": None})
        done.reverse()  # the order of results is not that of requests
        name = f"file-{len(self.files) + 1}"
        self.files[name] = "\n".join(json.dumps(line, ensure_ascii=False) for line in done).encode()
        batch |= {"status": "expired" if self.expire else "completed", "output_file_id": name}
        self.expire = max(0, self.expire - 1)


@pytest.fixture
def service(endpoint: Any, replies: Any) -> Service:
    return Service(endpoint, replies)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def in_batches(endpoint: Any, file: Path, out: Path, **more: Any) -> Any:
    calls = CallOptions(base_url=endpoint.url, timeout=5.0, **more.pop("calls", {}))
    options = TranslateOptions(to="zh", model="test-model")
    return translate_in_batches(
        lambda: read_items(file, Report()),
        Paths.beside(out),
        options,
        find_model("test-model", "1,2"),
        calls,
        poll=0.01,
        **more,
    )


def test_rows_are_those_of_a_live_run_at_half_the_price(
    endpoint: Any, service: Service, file: Path, tmp_path: Path
) -> None:
    summary = in_batches(endpoint, file, tmp_path / "batch.jsonl")
    assert not endpoint.calls
    options, model = TranslateOptions(to="zh", model="test-model"), find_model("test-model", "1,2")
    live = translate_file(
        read_items(file, Report()),
        Paths.beside(tmp_path / "live.jsonl"),
        options,
        model,
        CallOptions(base_url=endpoint.url),
    )
    assert (tmp_path / "batch.jsonl").read_bytes() == (tmp_path / "live.jsonl").read_bytes()
    assert summary.calls["cost"] == pytest.approx(live.calls["cost"] / 2)
    assert len(service.asked) == len(set(service.asked)) == 12


def test_answers_may_hold_any_mark_of_lines_and_rows_that_are_none_are_put_aside(
    endpoint: Any, service: Service, file: Path, tmp_path: Path, replies: Any
) -> None:
    endpoint.script = lambda call: replies.completion(replies.chinese(call.user).replace(".", "\u2028"))
    file.write_text(file.read_text("utf-8") + "{broken\n", "utf-8")
    report = Report()
    reports = iter([report])
    summary = translate_in_batches(
        lambda: read_items(file, next(reports, Report())),
        Paths.beside(tmp_path / "batch.jsonl"),
        TranslateOptions(to="zh", model="test-model"),
        find_model("test-model", "1,2"),
        CallOptions(base_url=endpoint.url, timeout=5.0),
        report=report,
        poll=0.01,
    )
    assert summary is not None
    assert (summary.rows, summary.rejected, summary.unreadable.total()) == (len(ROWS), 0, 1)
    assert len(service.asked) == len(ROWS), "no answer was lost on the way"
    [aside] = (tmp_path / "batch.jsonl.rejects.jsonl").read_text("utf-8").split("\n")[:-1]
    assert json.loads(aside)["place"] == f"{file}:{len(ROWS) + 1}"
    assert json.loads(aside)["parts"] == {"row": "{broken"}


def test_answers_not_accepted_are_asked_for_in_a_further_round(
    endpoint: Any, service: Service, replies: Any, file: Path, tmp_path: Path
) -> None:
    endpoint.script = lambda call: (
        replies.completion("I'm sorry, but I can't help with that.")
        if "could not be used" not in call.system and re.search(r"number [37]\b", call.user)
        else replies.translator(call)
    )
    summary = in_batches(endpoint, file, tmp_path / "out.jsonl")
    assert [s["status"] for s in service.batches.values()] == ["completed", "completed"]
    assert len(service.asked) == 14
    assert summary.done == 12
    assert summary.failed_checks == {"refusal": 2}


def test_without_waiting_the_next_run_collects(
    endpoint: Any, service: Service, file: Path, tmp_path: Path
) -> None:
    service.looks = 2
    out = tmp_path / "out.jsonl"
    assert in_batches(endpoint, file, out, wait=False) is None
    assert not out.exists()
    assert in_batches(endpoint, file, out, wait=False) is None
    summary = in_batches(endpoint, file, out, wait=False)
    assert summary.done == 12
    assert len(service.batches) == 1


class EndedError(Exception):
    """The process ends here."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_ended_at_any_step_it_goes_on_and_sends_nothing_twice(
    endpoint: Any, service: Service, file: Path, tmp_path: Path, monkeypatch: Any, step: int, after: bool
) -> None:
    note, count = Journal.set_batch, 0

    def ending(self: Journal, state: Any) -> None:
        nonlocal count
        if count == step and not after:
            raise EndedError
        note(self, state)
        count += 1
        if count == step + 1:
            raise EndedError

    monkeypatch.setattr(Journal, "set_batch", ending)
    with pytest.raises(EndedError):
        in_batches(endpoint, file, tmp_path / "out.jsonl")
    monkeypatch.setattr(Journal, "set_batch", note)
    assert in_batches(endpoint, file, tmp_path / "out.jsonl").done == 12
    assert len(service.batches) == 1, "one batch"
    assert len(service.asked) == 12


def test_a_batch_that_was_made_though_the_answer_was_lost_is_found(
    endpoint: Any, service: Service, file: Path, tmp_path: Path
) -> None:
    service.break_create = 1
    assert in_batches(endpoint, file, tmp_path / "out.jsonl").done == 12
    assert len(service.batches) == 1


def test_what_an_expired_batch_left_is_sent_again(
    endpoint: Any, service: Service, file: Path, tmp_path: Path
) -> None:
    service.expire = 1
    assert in_batches(endpoint, file, tmp_path / "out.jsonl").done == 12
    assert len(service.batches) == 2
    assert len(service.asked) == len(set(service.asked)) == 12


def test_a_batch_refused_is_told_and_its_requests_are_sent_by_the_next_run(
    endpoint: Any, service: Service, file: Path, tmp_path: Path
) -> None:
    service.fail_with = "Enqueued token limit reached"
    with pytest.raises(Kg2InstructError, match="Enqueued token limit reached"):
        in_batches(endpoint, file, tmp_path / "out.jsonl")
    service.fail_with = ""
    assert in_batches(endpoint, file, tmp_path / "out.jsonl").done == 12


@pytest.mark.usefixtures("service")
def test_requests_that_fail_in_every_batch_are_left_and_counted(
    endpoint: Any, replies: Any, file: Path, tmp_path: Path
) -> None:
    endpoint.script = lambda call: (
        replies.error(500) if "number 3." in call.user else replies.translator(call)
    )
    summary = in_batches(endpoint, file, tmp_path / "out.jsonl")
    assert summary.done == 11
    assert summary.not_done == {"the endpoint failed": 1}


@pytest.mark.usefixtures("service")
def test_no_more_is_sent_than_the_cost_set_allows(endpoint: Any, file: Path, tmp_path: Path) -> None:
    summary = in_batches(endpoint, file, tmp_path / "out.jsonl", calls={"max_cost": 0.0006})
    assert 0 < summary.done < 12
    assert summary.not_done == {"the cost set was reached": 12 - summary.done}


def test_batches_hold_no_more_requests_than_the_service_takes(
    endpoint: Any, service: Service, file: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("kg2instruct.chat.batch._MOST_REQUESTS", 5)
    assert in_batches(endpoint, file, tmp_path / "out.jsonl").done == 12
    assert [len(service.files[b["input_file_id"]].splitlines()) for b in service.batches.values()] == [
        5,
        5,
        2,
    ]
