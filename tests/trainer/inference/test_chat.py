"""Conversations in the terminal: turns, commands, what is told where."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.inference.chat import Chat
from trainer.inference.decoding import Decoding
from trainer.prompts import Conversation

from .conftest import ROOT, Endpoint


class Recorder:
    """Repeats the last message, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], Decoding]] = []
        self.interrupt = False

    def __call__(self, turns: Conversation, decoding: Decoding) -> Iterator[str]:
        self.asked.append(([f"{x['role']}: {x['content']}" for x in turns], decoding))
        yield "re "
        if self.interrupt:
            raise KeyboardInterrupt
        yield turns[-1]["content"]


@pytest.fixture
def model() -> Recorder:
    return Recorder()


def talk(model: Recorder, *lines: str) -> tuple[str, str]:
    """What is answered and what is told."""
    out, told = io.StringIO(), io.StringIO()
    Chat({"tuned": model, "base": model}, out=out, told=told).run(f"{line}\n" for line in lines)
    return out.getvalue(), told.getvalue()


def test_turns_go_on_until_reset(model: Recorder) -> None:
    out, _ = talk(model, "一", "", "二", "/reset", "三")
    assert out == "re 一\nre 二\nre 三\n"
    assert [turns for turns, _ in model.asked] == [
        ["user: 一"],
        ["user: 一", "assistant: re 一", "user: 二"],
        ["user: 三"],
    ]


def test_decoding_and_system_are_set_by_commands(model: Recorder) -> None:
    talk(model, "/temperature 0.7", "/top-p 0.9", "/max_new_tokens 9", "/system 简短。", "一")
    turns, decoding = model.asked[0]
    assert turns == ["system: 简短。", "user: 一"]
    assert decoding == Decoding(temperature=0.7, top_p=0.9, max_new_tokens=9)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/temperature hot", "expected a number, not 'hot'"),
        ("/temperature -1", "temperature is between"),
        ("/tempreature 1", "did you mean 'temperature'?"),
        ("/model tunde", "did you mean 'tuned'?"),
        ("/file nowhere.txt", "nowhere.txt: No such file"),
        ("/retry", "nothing was said yet"),
    ],
)
def test_a_wrong_command_is_told_and_the_conversation_goes_on(
    model: Recorder, line: str, message: str
) -> None:
    out, told = talk(model, line, "一")
    assert message in told
    assert out == "re 一\n"


def test_long_messages_come_from_files_and_over_several_lines(model: Recorder, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("文中\n两行", encoding="utf-8")
    talk(model, "一\\", "二", f"/file {tmp_path / 'text.txt'}")
    assert [turns[-1] for turns, _ in model.asked] == ["user: 一\n二", "user: 文中\n两行"]


def test_an_interrupt_stops_the_answer_and_not_the_conversation(model: Recorder) -> None:
    model.interrupt = True
    out, told = talk(model, "一", "/retry", "/quit", "never")
    assert (out, told.count("stopped")) == ("re \nre \n", 2)
    assert [turns for turns, _ in model.asked] == [["user: 一"], ["user: 一"]]


def test_help_names_every_command(model: Recorder) -> None:
    _, told = talk(model, "/help", "/model", "/show")
    for name in ("temperature", "system", "model", "file", "retry", "reset", "show", "quit"):
        assert f"/{name}" in told
    assert "* tuned" in told
    assert "max_new_tokens" in told


def test_the_program_talks_with_an_endpoint(endpoint: Endpoint) -> None:
    command = [sys.executable, "-m", "kg2instruct", "chat", "--model", "m", "--base-url", endpoint.url]
    done = subprocess.run(
        command,
        input="柏林在哪里？\n/temperature 2\n再见\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout == "柏林在哪里？\n再见\n"
    assert [body["temperature"] for body in endpoint.bodies] == [0.0, 2.0]
