"""Calls and the work around them take turns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kg2instruct.chat import CallOptions, Journal, Model, Request, Tokens, make_request
from kg2instruct.chat.run import ask_all

ROWS = 60


def test_calls_begin_while_further_rows_are_being_read(endpoint: Any, replies: Any, tmp_path: Path) -> None:
    read, read_at_call = [0], []

    def requests() -> Iterator[tuple[int, Request]]:
        for number in range(ROWS):
            read[0] += 1
            time.sleep(0.01)  # rows that are costly to make
            messages = [{"role": "user", "content": f"Question {number}"}]
            yield number, make_request(messages, Model("m"), Tokens("m"), room=10)

    def script(_: Any) -> Any:
        read_at_call.append(read[0])
        return replies.completion("yes")

    endpoint.script = script
    found: list[int] = []
    options = CallOptions(base_url=endpoint.url, concurrency=2)
    with Journal(tmp_path / "journal") as journal:
        ask_all(
            requests(), lambda key, _: found.append(key), journal=journal, model=Model("m"), options=options
        )
    assert found == list(range(ROWS))
    assert read_at_call[0] < ROWS
