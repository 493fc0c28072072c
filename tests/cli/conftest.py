"""The program, run in this process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cli.app import run


@dataclass(frozen=True)
class Shown:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Run a command in this process, which is faster than one of its own."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: object, cwd: Path | None = None) -> Shown:
        monkeypatch.setattr(sys, "argv", ["kg2instruct", *map(str, arguments)])
        if cwd is not None:
            monkeypatch.chdir(cwd)
        capfd.readouterr()
        status = run()
        told = capfd.readouterr()
        return Shown(status, told.out, told.err)

    return call


@pytest.fixture(scope="session")
def built(towns: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from kg2instruct.config import BuildConfig
    from kg2instruct.pipeline.build import build

    out = tmp_path_factory.mktemp("built") / "out"
    build(BuildConfig(**towns.options), out)
    return out
