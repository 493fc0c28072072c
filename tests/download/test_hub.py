"""Models and data sets from the Hub: whole, checked, resumable, and without the token in sight."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cli.app import run
from kg2instruct.download.hub import Hub
from kg2instruct.errors import Kg2InstructError
from kg2instruct.retry import Backoff
from kg2instruct.web import WebError

QUICK = Backoff(first=0.001, longest=0.01, tries=4)
WEIGHTS = bytes(range(256)) * 400


@pytest.fixture
def model(hub: Any) -> Any:
    """A model and a data set of other names."""
    for name, kind in (("ada/tiny", "model"), ("ada/rows", "dataset")):
        commits = hub.add_repo(name, kind=kind).refs["main"]
        kinds = type(next(iter(commits[-1].files.values())))
        files = {"model.bin": kinds(WEIGHTS, True), "sub/config.json": kinds(b"{}", False)}
        commits.append(hub.new_commit(commits[-1].files | files, "files"))
    return hub


def silent(_name: str, _done: int) -> None:
    pass


def test_a_model_and_a_data_set_are_found_by_name(model: Any) -> None:
    hub = Hub(model.url, backoff=QUICK)
    found = hub.find("ada/tiny")
    assert (found.kind, [file.name for file in found.files]) == (
        "model",
        [".gitattributes", "model.bin", "sub/config.json"],
    )
    assert found.size == len(WEIGHTS) + 2 + found.files[0].size
    assert hub.find("ada/rows").kind == hub.find("datasets/ada/rows").kind == "dataset"


def test_its_files_come_and_come_once(model: Any, tmp_path: Path) -> None:
    hub = Hub(model.url, backoff=QUICK)
    found = hub.find("ada/tiny")
    paths = hub.download(found, tmp_path, tell=silent)
    assert {str(path.relative_to(tmp_path)): path.read_bytes() for path in paths} == model.files(
        "ada/tiny"
    ) | {".gitattributes": (tmp_path / ".gitattributes").read_bytes()}
    before = model.asked("GET", "/resolve/")
    assert hub.download(found, tmp_path, tell=silent) == paths
    assert model.asked("GET", "/resolve/") == before


def test_what_is_damaged_here_is_fetched_again(model: Any, tmp_path: Path) -> None:
    hub = Hub(model.url, backoff=QUICK)
    hub.download(hub.find("ada/tiny"), tmp_path, tell=silent)
    (tmp_path / "model.bin").write_bytes(WEIGHTS[:-1] + b"\0")
    hub.download(hub.find("ada/tiny"), tmp_path, tell=silent)
    assert (tmp_path / "model.bin").read_bytes() == WEIGHTS


def test_a_mirror_with_a_wrong_byte_is_refused(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(model.url, backoff=QUICK)
    found = hub.find("ada/tiny")
    file = model.repos["ada/tiny"].refs["main"][-1].files["model.bin"]
    monkeypatch.setattr(file, "content", WEIGHTS[:-1] + b"\0")
    with pytest.raises(WebError, match="came twice with another content"):
        hub.download(found, tmp_path, tell=silent)
    assert not (tmp_path / "model.bin").exists()


def test_servers_that_are_busy_or_hang_up_are_asked_again(model: Any, tmp_path: Path) -> None:
    model.fault("GET", "/api/models/", 503, headers={"Retry-After": "0"})
    model.fault("GET", "/tree/", 429, headers={"Retry-After": "0"})
    model.fault("GET", "/resolve/.*model.bin", "cut")
    hub = Hub(model.url, backoff=QUICK)
    hub.download(hub.find("ada/tiny"), tmp_path, tell=silent)
    assert (tmp_path / "model.bin").read_bytes() == WEIGHTS


def test_what_is_not_there_is_told_without_the_token(model: Any) -> None:
    with pytest.raises(WebError, match=r"no model or dataset of this name at .* HF_TOKEN") as caught:
        Hub(model.url, backoff=QUICK).find("ada/nothing")
    assert "hf_" not in str(caught.value)
    with pytest.raises(Kg2InstructError, match=r"Invalid rev id|does not exist|Revision"):
        Hub(model.url, backoff=QUICK).find("ada/tiny", revision="v9")
    model.fault("GET", "/api/models/", 403, times=9)
    with pytest.raises(Kg2InstructError, match=r"does not let you in \(403\)"):
        Hub(model.url, backoff=QUICK).find("ada/tiny")


@pytest.mark.usefixtures("model")
def test_the_command_downloads_from_the_endpoint_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["kg2instruct", "download", "ada/tiny", "--out", str(tmp_path / "model")]
    monkeypatch.setattr(sys, "argv", [*command, "--dry-run"])
    assert run() == 0
    assert "model ada/tiny" in capsys.readouterr().err and not (tmp_path / "model").exists()
    monkeypatch.setattr(sys, "argv", command)
    assert run() == 0
    shown = capsys.readouterr()
    assert str(tmp_path / "model" / "model.bin") in shown.out.splitlines()
    assert "hf_" not in shown.out + shown.err
