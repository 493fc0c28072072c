"""Killed at any moment, the same command finishes, and the bytes are those of an undisturbed run."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from kg2instruct.config import BuildConfig
from kg2instruct.pipeline.build import build
from kg2instruct.wikidata.build import PARTS

SAME = ("data", "aligned", "rejects")


@pytest.fixture(scope="module")
def whole(towns: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    build(BuildConfig(**towns.options, rejects=True), out, workers=2)
    return out


def command(towns: Any, out: Path, workers: int = 2) -> list[str]:
    flags = [*towns.flags, "--rejects", "--out", str(out), "--workers", str(workers), "--quiet"]
    return [sys.executable, "-m", "kg2instruct", "build", *flags]


def build_until_rename(
    options: dict[str, Any], out: Path, last: int, after: bool, workers: int, name: str = ""
) -> None:
    """Build, and be killed right before or right after the `last`-th finished file (with `name` in its path)."""
    replace, count = Path.replace, 0

    def counted(self: Path, target: Any) -> Path:
        nonlocal count
        count += name in str(target)
        if count == last and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = replace(self, target)
        if count == last and name in str(target):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    Path.replace = counted  # type: ignore[assignment]
    build(BuildConfig(**options, rejects=True), out, workers=workers)
    os._exit(0)


@pytest.mark.parametrize(("after", "workers"), [(True, 1), (False, 1), (True, 2)])
def test_a_run_killed_again_and_again_at_the_next_finished_file(
    towns: Any, whole: Path, tmp_path: Path, make: Any, after: bool, workers: int
) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(100):  # steps that write many files have to begin again, so the moments go up
        arguments = (towns.options, tmp_path / "out", 3 + 4 * attempt, after, workers)
        process = context.Process(target=build_until_rename, args=arguments)
        process.start()
        process.join(60)
        if process.exitcode == 0:
            break
        # Workers are killed as well: where each one is before it has finished a unit, the run gives up and says so.
        assert process.exitcode == -signal.SIGKILL or (workers > 1 and process.exitcode == 1)
    assert process.exitcode == 0
    assert make.bytes_of(tmp_path / "out", *SAME) == make.bytes_of(whole, *SAME)
    assert (tmp_path / "out" / "stats.json").read_bytes() == (whole / "stats.json").read_bytes()


def test_a_run_killed_at_random_moments(towns: Any, whole: Path, tmp_path: Path, make: Any) -> None:
    moments = random.Random(3)
    out = tmp_path / "out"
    for _ in range(4):
        process = subprocess.Popen(command(towns, out))
        time.sleep(moments.uniform(0.4, 1.8))
        process.kill()
        process.wait()
        if not (out / "manifest.json").exists():
            assert not (out / "README.md").exists() or (out / "data").exists()
    assert subprocess.run(command(towns, out), timeout=100, check=False).returncode == 0
    assert make.bytes_of(out, *SAME) == make.bytes_of(whole, *SAME)
    assert not list(out.rglob("*.tmp*"))


def test_what_was_being_written_at_a_kill_is_cleared_away(towns: Any, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(command(towns, out))
    while not (out / "kb" / PARTS).exists():  # nothing is written before
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    for folder in (out, out / "kb", out / "kb/columns"):
        folder.mkdir(exist_ok=True)
        (folder / ".manifest.json.tmp4711").write_text("{")
    assert subprocess.run(command(towns, out), timeout=100, check=False).returncode == 0
    assert not list(out.rglob(".*.tmp*"))
    assert {p.name for p in (out / "kb").iterdir()} == {p.name for p in (whole / "kb").iterdir()}


def test_after_a_kill_no_process_is_left(towns: Any, whole: Path, tmp_path: Path) -> None:
    pages = [part for path in towns.pages for part in ("--wikipedia", str(path))]
    flags = [*pages, "--kb", str(whole / "kb"), "--out", str(tmp_path / "out"), "--workers", "2", "-q"]
    process = subprocess.Popen([sys.executable, "-m", "kg2instruct", "build", *flags])
    deadline = time.monotonic() + 20
    children: list[psutil.Process] = []
    while not children and time.monotonic() < deadline and process.poll() is None:
        children = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.005)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]


def test_other_options_after_a_kill_do_not_use_what_was_done(towns: Any, tmp_path: Path, make: Any) -> None:
    context = multiprocessing.get_context("fork")
    out = tmp_path / "out"
    process = context.Process(target=build_until_rename, args=(towns.options, out, 5, True, 1, "aligned-zh"))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    build(BuildConfig(**towns.options, rejects=True, seed=4), out)
    build(BuildConfig(**towns.options, rejects=True, seed=4), tmp_path / "undisturbed")
    assert make.bytes_of(out, *SAME) == make.bytes_of(tmp_path / "undisturbed", *SAME)


def test_an_interrupt_key_stops_with_one_line_and_goes_on_later(
    towns: Any, whole: Path, tmp_path: Path, make: Any
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(command(towns, out), stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 20
    while not (out / ".work" / "identity.json").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told.strip() == "stopped; the same command goes on from here"
    assert subprocess.run(command(towns, out), timeout=100, check=False).returncode == 0
    assert make.bytes_of(out, *SAME) == make.bytes_of(whole, *SAME)


def test_two_runs_do_not_write_to_one_folder(
    towns: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg2instruct import share
    from kg2instruct.errors import OutputError

    monkeypatch.setattr(share, "_WAIT_SECONDS", 0.2)
    out = tmp_path / "out"
    holder = (
        "import sys, time; from pathlib import Path; from kg2instruct.pipeline.folder import own_folder\n"
        "with own_folder(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", holder, str(out)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(OutputError, match="another run is writing there"):
            build(BuildConfig(**towns.options), out)
        process.kill()
    build(BuildConfig(**towns.options, limit=2), out)
    assert (out / "manifest.json").exists()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_order_of_hashing_does_not_matter(
    towns: Any, whole: Path, tmp_path: Path, make: Any, seed: str
) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    subprocess.run(command(towns, tmp_path / "out", int(seed)), env=environment, timeout=100, check=True)
    assert make.bytes_of(tmp_path / "out", *SAME) == make.bytes_of(whole, *SAME)


def test_work_that_was_half_cleared_is_not_gone_on_with(
    towns: Any, whole: Path, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill while an older run's work is thrown away may leave markers whose files are gone."""
    import shutil

    out = tmp_path / "out"
    context = multiprocessing.get_context("fork")
    process = context.Process(target=build_until_rename, args=(towns.options, out, 4, True, 1, "aligned-zh"))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL

    def half(folder: Path, **_: Any) -> None:
        for path in Path(folder).glob("*.jsonl"):
            path.unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", half)
        with pytest.raises(KeyboardInterrupt):
            build(BuildConfig(**towns.options, rejects=True), out, fresh=True)
    build(BuildConfig(**towns.options, rejects=True), out)
    assert make.bytes_of(out, *SAME) == make.bytes_of(whole, *SAME)
