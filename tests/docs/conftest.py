"""Commands of the documentation: found, told apart, and run in this process."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg2instruct.cli.app import run

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md")),
        *(ROOT / "docs").rglob("*.md"),
        *(
            path
            for folder in ("schemas", "templates", "recipes")
            for path in (ROOT / folder).rglob("README.md")
        ),
    ]
)
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>runs|file: (?P<file>\S+)) -->\n)?^[ ]{0,3}```(?P<kind>\w*)\n(?P<body>.*?)^[ ]{0,3}```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: `file` is the name under which what follows needs it, `runs` says that it is run as it stands."""

    kind: str
    body: str
    file: str
    runs: bool

    def commands(self) -> Iterator[str]:
        """The commands of a block for the shell, a line each, without remarks of a whole line."""
        for line in re.sub(r"\\\n\s*", " ", self.body).splitlines():
            shown = line.strip().removeprefix("$ ")
            if shown and not shown.startswith(("#", ">")):
                yield shown


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page."""
    return [
        Block(x["kind"], x["body"], x["file"] or "", x["mark"] == "runs")
        for x in _BLOCK.finditer(path.read_text("utf-8"))
    ]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[list[str]], str]:
    """Run a command of the program in this process; it has to succeed."""
    monkeypatch.setenv("NO_COLOR", "1")

    def call(arguments: list[str]) -> str:
        monkeypatch.setattr(sys, "argv", ["kg2instruct", *arguments])
        capfd.readouterr()
        status = run()
        told = capfd.readouterr()
        assert status == 0, f"{arguments}: {told.err}"
        return told.out

    return call
