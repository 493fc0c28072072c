"""`--shard I/N`: shares meet in one folder, may die, and the call without a share finishes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg2instruct import share as shares
from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, OutputError
from kg2instruct.mix import mix, read_recipe
from kg2instruct.pipeline.build import build
from kg2instruct.share import Share, ShareDone
from kg2instruct.wikidata.build import build_store

WHOLE = ("data", "aligned", "rejects", "kb")


def took_part(work: Any, **options: Any) -> str:
    """What a share says at its end; "killed" where it dies."""
    with pytest.raises(ShareDone) as done:
        work(**options)
    return str(done.value)


def test_a_share_holds_every_nth_unit() -> None:
    shares = [Share.parse(f"{number}/3") for number in (1, 2, 3)]
    assert [[n for n in range(7) if share.holds(n)] for share in shares] == [[0, 3, 6], [1, 4], [2, 5]]


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/0", "a/b", "-1/3", "1/3/5"])
def test_what_is_no_share_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="expected I/N with I from 1 to N"):
        Share.parse(text)


def test_shares_one_after_the_other_build_what_one_machine_builds(
    towns: Any, make: Any, tmp_path: Path
) -> None:
    config = BuildConfig(**towns.options, rejects=True)
    told = [
        took_part(build, config=config, out=tmp_path / "shares", share=Share(number, 3))
        for _ in range(5)
        for number in (1, 2, 3)
    ]
    assert "share 1/3 of scan-zh is done; 4 of all 6 units are still with other shares" in told[0]
    assert told[-1].startswith("all units are done in ")
    build(config, tmp_path / "shares")
    build(config, tmp_path / "here")
    for name in WHOLE:
        assert make.bytes_of(tmp_path / "shares", name) == make.bytes_of(tmp_path / "here", name)
    assert {path.name for path in (tmp_path / "shares").iterdir()} == {
        path.name for path in (tmp_path / "here").iterdir()
    }
    assert build(config, tmp_path / "shares", share=Share(1, 3)).finished_before


def take_part(config: BuildConfig, out: Path, share: Share, die: bool) -> None:
    """A share in a process of its own, which is killed at the first file that it finishes."""
    replace, finished = Path.replace, []

    def counted(self: Path, target: Any) -> Path:
        finished.append(target)
        if die and len(finished) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    Path.replace = counted  # type: ignore[assignment]
    try:
        build(config, out, share=share)
    except ShareDone:
        os._exit(0)
    os._exit(1)


def test_shares_at_once_one_of_which_is_killed_build_what_one_machine_builds(
    towns: Any, make: Any, tmp_path: Path
) -> None:
    config, context = BuildConfig(**towns.options, rejects=True), multiprocessing.get_context("fork")
    build(config, tmp_path / "here")
    # In which round the share has a first file to finish depends on when the others finish theirs.
    killed = False
    for _ in range(5):
        arguments = [
            (config, tmp_path / "shares", Share(number, 3), number == 2 and not killed)
            for number in (1, 2, 3)
        ]
        running = [context.Process(target=take_part, args=args) for args in arguments]
        for process in running:
            process.start()
        for process in running:
            process.join(120)
        one, two, three = (process.exitcode for process in running)
        killed = killed or two == -signal.SIGKILL
        assert (one, three) == (0, 0)
        assert two in (0, -signal.SIGKILL)
    assert killed
    build(config, tmp_path / "shares")
    for name in WHOLE:
        assert make.bytes_of(tmp_path / "shares", name) == make.bytes_of(tmp_path / "here", name)


def test_blocks_of_entities_are_shared_too(make: Any, tmp_path: Path) -> None:
    entities = tmp_path / "entities.json"
    lines = [make.entity(f"Q{n}", f"地方{n}", claims={"P31": f"Q{n // 2 + 1}"}) for n in range(1, 700)]
    entities.write_text("\n".join(lines), encoding="utf-8")
    build_store([entities], tmp_path / "here", block_bytes=5_000)
    told = [
        took_part(
            build_store,
            paths=[entities],
            folder=tmp_path / "kb",
            block_bytes=5_000,
            share=Share(number, 2),
        )
        for number in (1, 1)
    ]
    assert told[0] == told[1]
    assert "blocks are still with other shares" in told[0]
    report = build_store([entities], tmp_path / "kb", block_bytes=5_000, share=Share(2, 2))
    assert report.counts["read_items"] == 699
    assert make.bytes_of(tmp_path, "kb").values() and [*make.bytes_of(tmp_path, "kb").values()] == [
        *make.bytes_of(tmp_path, "here").values()
    ]
    again = took_part(build_store, paths=[entities], folder=tmp_path / "kb", share=Share(1, 2))
    assert again.endswith("is finished; remove it to build it anew")


def test_a_mix_is_shared_too(make: Any, tmp_path: Path) -> None:
    sources = []
    for name in "abc":
        rows = [f'{{"instruction": "问题{name}{i}{"长" * (i % 7)}", "output": "好"}}\n' for i in range(40)]
        (tmp_path / f"{name}.jsonl").write_text("".join(rows), encoding="utf-8")
        sources.append({"name": name, "path": f"{name}.jsonl"})
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({"sources": sources}))
    recipe = read_recipe(tmp_path / "recipe.yaml")
    for _ in range(2):
        for number in (1, 2):
            took_part(mix, recipe=recipe, out=tmp_path / "shares", share=Share(number, 2))
    mix(recipe, tmp_path / "shares")
    mix(recipe, tmp_path / "here")
    assert make.bytes_of(tmp_path / "shares", "data") == make.bytes_of(tmp_path / "here", "data")


def test_the_call_that_finishes_waits_for_shares(
    towns: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "_WAIT_SECONDS", 0.2)
    holder = (
        "import sys; from pathlib import Path; from kg2instruct.pipeline.folder import own_folder\n"
        "from kg2instruct.share import Share\n"
        "with own_folder(Path(sys.argv[1]), share=Share(1, 2)): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(OutputError, match="another run is writing there"):
            build(BuildConfig(**towns.options), tmp_path / "out")
        took_part(build, config=BuildConfig(**towns.options), out=tmp_path / "out", share=Share(2, 2))


def test_shares_of_different_runs_do_not_mix(towns: Any, tmp_path: Path) -> None:
    took_part(build, config=BuildConfig(**towns.options), out=tmp_path, share=Share(1, 2))
    with pytest.raises(ConfigError, match=r"unfinished work of another run \(differs in: seed\)"):
        build(BuildConfig(**towns.options, seed=3), tmp_path, share=Share(2, 2))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--shard", "5/3"], "expected I/N"),
        (["--shard", "1/3", "--engine", "ray"], "give one of them"),
        (["--shard", "1/3", "--fresh"], "would throw away what others do"),
        (["--shard", "1/3", "--out", "s3://bucket/out"], "a folder that all machines see"),
    ],
)
def test_what_does_not_go_with_a_share_is_told(
    tmp_path: Path,
    flags: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kg2instruct.cli.app import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["kg2instruct", "build", *flags])
    assert run() == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_share_that_is_done_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg2instruct.cli.app import run

    out = str(tmp_path / "out")
    command = ["kg2instruct", "build", "--shard", "2/2", "--out", out, "--workers", "1", "-q"]
    monkeypatch.setattr(sys, "argv", command)
    assert run() == 0
    assert "are still with other shares" in capsys.readouterr().err
