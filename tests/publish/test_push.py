"""A dataset folder goes to the Hub whole, once, and privately; what goes wrong is told in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import InputError
from kg2instruct.pipeline.parquet import pack, write_rows
from kg2instruct.publish.files import publishable
from kg2instruct.publish.hub_errors import HubError
from kg2instruct.publish.push import PushOptions, push
from kg2instruct.records import InstructionRow

# The client itself does what its HTTP library advises against.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")

TOKEN = "hf_standInSecretToken"
CARD = "---\nlicense: cc-by-sa-4.0\nlanguage:\n- zh\n---\n\n# Rows\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished dataset folder, with what must never be published beside it."""
    out = tmp_path / "dataset"
    fill(out, rows=30)
    for name in ("kb/claims.bin", ".work/rows/part.parquet", ".DS_Store"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(b"secret")
    return out


def fill(out: Path, rows: int) -> None:
    part = out.parent / "part.parquet"
    texts = [f"第{i}条：柏林是德国的首都。" for i in range(rows)]
    row = InstructionRow(
        "", "re", "zh", "wikipedia", "地理地区", "抽取关系。", "", "[]", "[]", "re/zh", "json"
    )
    made = [
        InstructionRow(
            f"r{i}", row.task, "zh", row.source, row.cate, row.instruction, text, "[]", "[]", "t", "json"
        )
        for i, text in enumerate(texts)
    ]
    write_rows(part, [("train" if i % 5 else "test", one) for i, one in enumerate(made)])
    pack([part], out / "data")
    (out / "aligned").mkdir(exist_ok=True)
    (out / "aligned" / "zh-00000.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    (out / "README.md").write_text(CARD, encoding="utf-8")
    (out / "stats.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    (out / "config.yaml").write_text("lang: [zh]\n", encoding="utf-8")
    (out / "manifest.json").write_text("{}", encoding="utf-8")


GOES = [
    "README.md",
    "aligned/zh-00000.jsonl",
    "config.yaml",
    "data/test-00000-of-00001.parquet",
    "data/train-00000-of-00001.parquet",
    "manifest.json",
    "stats.json",
]


def quick(seconds: float) -> None:
    """Instead of waiting."""


def run(command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg2instruct", *command],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_new_dataset_is_private_and_holds_the_folder_without_knowledge_base_and_work(
    hub: Any, folder: Path
) -> None:
    done = push(folder, "rows")
    assert hub.repos["ada/rows"].private
    assert sorted(hub.files("ada/rows")) == GOES
    assert hub.files("ada/rows")["stats.json"] == (folder / "stats.json").read_bytes()
    assert sorted(done.sent) == GOES
    assert done.url == f"{hub.url}/datasets/ada/rows"
    assert done.commit == hub.repos["ada/rows"].at("main").oid


def test_all_files_appear_in_one_commit(hub: Any, folder: Path) -> None:
    push(folder, "ada/rows")
    assert len(hub.repos["ada/rows"].refs["main"]) == 2  # the Hub's own first one, and ours


@pytest.mark.usefixtures("hub")
def test_a_second_push_of_the_same_folder_sends_nothing(folder: Path) -> None:
    first = push(folder, "rows")
    again = push(folder, "rows")
    assert again.sent == () and again.unchanged == len(GOES)
    assert again.commit == first.commit


def test_a_changed_dataset_replaces_its_shards_and_leaves_files_of_others(hub: Any, folder: Path) -> None:
    push(folder, "rows")
    from dataclasses import replace

    commit = hub.repos["ada/rows"].refs["main"][-1]
    old = commit.files["data/train-00000-of-00001.parquet"]
    commit.files["data/train-00001-of-00002.parquet"] = replace(old)
    commit.files["LICENSE"] = replace(old, content=b"text", large=False)
    fill(folder, rows=40)
    done = push(folder, "rows")
    assert done.removed == ("data/train-00001-of-00002.parquet",)
    assert sorted(hub.files("ada/rows")) == sorted([*GOES, "LICENSE"])
    assert "README.md" not in done.sent


def test_public_must_be_said(hub: Any, folder: Path) -> None:
    push(folder, "open", PushOptions(private=False))
    assert not hub.repos["ada/open"].private
    with pytest.raises(HubError, match=r"ada/open exists and is public; say --public"):
        push(folder, "open")


def test_a_branch_is_made_and_main_left_as_it_is(hub: Any, folder: Path) -> None:
    push(folder, "rows", PushOptions(branch="v2"))
    assert hub.files("ada/rows") == {}
    assert sorted(hub.files("ada/rows", "v2")) == GOES
    assert push(folder, "rows", PushOptions(branch="v2")).sent == ()


def test_a_pull_request_is_opened_once(hub: Any, folder: Path) -> None:
    done = push(folder, "rows", PushOptions(pull_request=True))
    assert done.url.endswith("/datasets/ada/rows/discussions/1")
    assert hub.files("ada/rows") == {}
    assert sorted(hub.files("ada/rows", "refs/pr/1")) == GOES
    fill(folder, rows=31)
    push(folder, "rows", PushOptions(pull_request=True))
    assert len(hub.repos["ada/rows"].discussions) == 1
    assert b"31" in hub.files("ada/rows", "refs/pr/1")["stats.json"]


def test_it_goes_on_after_a_cut_in_the_middle_of_the_upload(
    hub: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.utils._http as client

    monkeypatch.setattr(client.time, "sleep", quick)
    hub.fault("PUT", "/large/", "cut", times=1000)
    with pytest.raises(HubError, match="run the same command again, what is uploaded stays"):
        push(folder, "rows", sleep=quick)
    assert hub.files("ada/rows") == {}
    hub.faults.clear()
    assert sorted(push(folder, "rows", sleep=quick).sent) == GOES
    assert sorted(hub.files("ada/rows")) == GOES


def test_a_second_run_sends_only_the_large_files_that_are_missing(hub: Any, folder: Path) -> None:
    hub.fault("POST", "/commit/", 500, times=100)
    with pytest.raises(HubError, match="500"):
        push(folder, "rows", sleep=quick)
    assert len(hub.uploaded) == 2
    hub.faults.clear()
    push(folder, "rows")
    assert len(hub.uploaded) == 2
    assert sorted(hub.files("ada/rows")) == GOES


def test_a_commit_whose_answer_is_lost_is_not_made_twice(hub: Any, folder: Path) -> None:
    hub.fault("POST", "/commit/", "cut", after=True)
    push(folder, "rows", sleep=quick)
    assert len(hub.repos["ada/rows"].refs["main"]) == 2
    assert sorted(hub.files("ada/rows")) == GOES


def test_it_waits_as_long_as_the_hub_asks(hub: Any, folder: Path) -> None:
    waited: list[float] = []
    said: list[str] = []
    hub.fault("POST", "/commit/", 429, headers={"Retry-After": "7"})
    hub.fault("GET", "/api/whoami-v2", 429, headers={"Retry-After": "3"})
    push(folder, "rows", told=said.append, sleep=waited.append)
    assert waited == [3.0, 7.0]
    assert "the Hub answered 429; trying again in 3 s" in said


def test_a_wait_that_is_too_long_is_told(hub: Any, folder: Path) -> None:
    hub.fault("POST", "/commit/", 429, times=9, headers={"Retry-After": "3600"})
    with pytest.raises(HubError, match="limits requests for 3600 s more; run the same command again later"):
        push(folder, "rows", sleep=quick)


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        (
            "GET",
            "whoami",
            401,
            "not logged in .*set HF_TOKEN to a token that may write, or run `hf auth login`",
        ),
        (
            "POST",
            "/api/repos/create",
            403,
            "ada/rows does not exist, or your token|no permission to write to ada/rows",
        ),
        ("POST", "/preupload/", 403, "no permission to write to ada/rows as ada"),
        ("POST", "/commit/", 409, "is being changed by somebody else.*run the same command again"),
        ("POST", "/commit/", 400, "refused"),
        ("POST", "/commit/", 503, "503"),
    ],
)
def test_what_the_hub_refuses_is_told_in_one_line(
    hub: Any, folder: Path, method: str, path: str, status: int, message: str
) -> None:
    hub.fault(method, path, status, times=100)
    with pytest.raises(HubError, match=message) as told:
        push(folder, "rows", sleep=quick)
    assert "\n" not in str(told.value)
    assert TOKEN not in str(told.value)


def test_the_name_of_others_is_refused(hub: Any, folder: Path) -> None:
    with pytest.raises(HubError, match="no permission to write to grace/rows as ada"):
        push(folder, "grace/rows")
    hub.add_repo("grace/rows")
    with pytest.raises(HubError, match="no permission to write to grace/rows as ada"):
        push(folder, "grace/rows", PushOptions(private=False))


def test_without_a_token_nothing_is_asked_of_the_hub(
    hub: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match="not logged in"):
        push(folder, "rows")
    assert hub.requests == []


@pytest.mark.usefixtures("hub")
def test_a_name_that_cannot_be_is_refused(folder: Path) -> None:
    with pytest.raises(HubError, match="not a name for a repository"):
        push(folder, "ada/rows/more")


def test_an_unfinished_folder_is_refused(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"not a finished dataset folder \(no manifest\.json\)"):
        publishable(folder)


@pytest.mark.parametrize("card", ["# No header\n", "---\nlanguage: [zh]\n---\n", "---\nlicense:\n---\n"])
def test_a_card_without_licence_is_refused_before_anything_is_sent(hub: Any, folder: Path, card: str) -> None:
    (folder / "README.md").write_text(card, encoding="utf-8")
    with pytest.raises(InputError, match=r"licence|header"):
        push(folder, "rows")
    assert hub.requests == []


@pytest.mark.usefixtures("hub")
def test_a_licence_that_the_hub_does_not_know_is_told(folder: Path) -> None:
    (folder / "README.md").write_text("---\nlicense: mine\n---\n", encoding="utf-8")
    with pytest.raises(HubError, match="license"):
        push(folder, "rows")


def test_links_out_of_the_folder_do_not_go(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("x")
    (folder / "aligned" / "link.jsonl").symlink_to(tmp_path / "private.txt")
    assert [file.name for file in publishable(folder)] == GOES


def test_a_folder_that_lacks_rows_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "manifest.json").write_text('{"rows": {"train": 24, "validation": 0, "test": 6}}')
    assert [file.name for file in publishable(folder)] == GOES
    (folder / "data").rename(tmp_path / "elsewhere")
    (folder / "data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"rows of train are missing from data/, where 24 are expected"):
        publishable(folder)


def test_dry_run_lists_files_and_sizes_and_asks_nothing_of_the_hub(hub: Any, folder: Path) -> None:
    done = run(["push", str(folder), "rows", "--dry-run"], HF_TOKEN="")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[-1] for line in lines[:-1]] == GOES
    size = (folder / "stats.json").stat().st_size
    assert f"{size:,}  stats.json" in lines[-2]
    assert lines[-1].endswith("7 files would go to rows")
    wrong = run(["push", str(folder), "my rows", "--dry-run"], HF_TOKEN="")
    assert wrong.returncode == 1
    assert "my rows: not a name for a repository" in wrong.stderr
    assert hub.requests == []


def test_the_program_pushes_and_the_dataset_loads_back(hub: Any, folder: Path, tmp_path: Path) -> None:
    done = run(["push", str(folder), "rows"])
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{hub.url}/datasets/ada/rows\n"
    assert TOKEN not in done.stdout + done.stderr
    code = (
        "import datasets; rows = datasets.load_dataset('ada/rows');"
        "print({name: len(side) for name, side in rows.items()}, rows['test'][0]['input'])"
    )
    read = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_DATASETS_CACHE": str(tmp_path / "cache"), "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert read.returncode == 0, read.stderr
    assert read.stdout.strip() == "{'train': 24, 'test': 6} 第0条：柏林是德国的首都。"


@pytest.mark.usefixtures("hub")
def test_the_program_tells_errors_in_one_line_with_status_1(folder: Path) -> None:
    done = run(["push", str(folder), "rows"], HF_TOKEN="hf_wrongToken")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "not logged in" in done.stderr
    assert "hf_wrongToken" not in done.stderr
