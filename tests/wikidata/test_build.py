"""Builds that are interrupted, parallel, cut in other places or pointed at the wrong folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kg2instruct import share
from kg2instruct.errors import ConfigError, InputError, Kg2InstructError, OutputError
from kg2instruct.wikidata import parse
from kg2instruct.wikidata.block import Block
from kg2instruct.wikidata.build import PARTS, build_store
from kg2instruct.wikidata.pack import pack_store
from kg2instruct.wikidata.store import Store


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def dump_file(wikidata: Any) -> Path:
    """Some hundred entities that speak of each other, shuffled, with repeats, namesakes and redirects."""
    entities = []
    for number in range(1, 301):
        qid = number * 7919 % 1009 + 1
        value = {"amount": f"+{number}", "unit": f"http://www.wikidata.org/entity/Q{number % 5 + 1}"}
        when = {"time": f"+{1000 + number}-00-00T00:00:00Z", "precision": 9, "calendarmodel": "Q1985727"}
        statements = [
            wikidata.statement("P17", number % 50 + 1),
            wikidata.statement("P31", number % 7 + 1),
            wikidata.statement("P2046", value, "quantity"),
            wikidata.statement("P571", when, "time"),
            wikidata.statement("P1477", {"text": f"名{number}", "language": "zh"}, "monolingualtext"),
        ]
        labels = {} if number % 11 == 0 else {"zh": f"實體{number % 90}", "en": f"Entity {number % 70}"}
        links = {"zhwiki": f"頁{number}", "dewiki": "x"} if number % 3 else {}
        entities.append(
            wikidata.entity(f"Q{qid}", labels, links=links, statements=statements, lastrevid=number)
        )
        if number % 20 == 0:
            entities += [
                entities[-3] | {"lastrevid": 1},
                {"entity": f"Q{5000 + number}", "redirect": f"Q{qid}"},
            ]
    entities.append(wikidata.entity("P17", {"zh": "国家"}, datatype="wikibase-item"))
    return wikidata.file(wikidata.dump(entities))


def test_workers_and_block_sizes_do_not_change_a_byte(dump_file: Path, tmp_path: Path) -> None:
    build_store([dump_file], tmp_path / "one", block_bytes=8000)
    build_store([dump_file], tmp_path / "two", block_bytes=8000, workers=2)
    build_store([dump_file], tmp_path / "whole")
    one, whole = contents(tmp_path / "one"), contents(tmp_path / "whole")
    assert one == contents(tmp_path / "two")
    assert one.pop("manifest.json") != whole.pop("manifest.json")  # the number of blocks
    assert one == whole
    assert not (tmp_path / "one" / PARTS).exists()


def test_bounds_of_memory_do_not_change_a_byte(dump_file: Path, tmp_path: Path) -> None:
    stores = {}
    for name, limits in {"small": {"range_bytes": 2000, "piece_bytes": 500}, "large": {}}.items():
        folder = tmp_path / name
        (folder / "parts").mkdir(parents=True)
        blocks = [
            Block(number, "dump", data) for number, data in enumerate(cut(dump_file.read_bytes(), 9000))
        ]
        parts = parse.parse_blocks(blocks, folder / "parts", ("zh", "en"), workers=1, done=lambda _: None)
        layout, counts = pack_store(parts, folder, ("zh", "en"), **limits)
        stores[name] = layout, counts, {column: (folder / column).read_bytes() for column in layout}
        assert sorted(path.name for path in folder.iterdir()) == sorted([*layout, "parts"])
    assert stores["small"] == stores["large"]


def cut(data: bytes, size: int) -> list[bytes]:
    pieces = [b""]
    for line in data.splitlines(True):
        if len(pieces[-1]) > size:
            pieces.append(b"")
        pieces[-1] += line
    return pieces


KILLED = """
import sys, os, signal
from kg2instruct.wikidata import parse
from kg2instruct.wikidata.build import PARTS, build_store
real = parse.write_part
def write_part(path, *rest):
    if path.name == sys.argv[3]:
        path.with_name("." + path.name + ".tmp1").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    real(path, *rest)
parse.write_part = write_part
build_store([sys.argv[1]], sys.argv[2], block_bytes=8000)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_build_goes_on_to_the_same_bytes(
    dump_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_store([dump_file], tmp_path / "whole", block_bytes=8000)
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", KILLED, str(dump_file), str(folder), "0000005.part"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    with pytest.raises(InputError, match="not finished"):
        Store.open(folder)
    parsed: list[int] = []
    real = parse.parse_block
    monkeypatch.setattr(
        parse, "parse_block", lambda block, langs: parsed.append(block.number) or real(block, langs)
    )
    build_store([dump_file], folder, block_bytes=8000)
    assert parsed[0] == 5
    assert contents(folder) == contents(tmp_path / "whole")


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_build_killed_at_any_time_goes_on(dump_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from kg2instruct.wikidata.build import build_store as b; b([sys.argv[1]], sys.argv[2])"
    )
    build_store([dump_file], tmp_path / "whole")
    for step in range(3):
        folder = tmp_path / f"killed{step}"
        process = subprocess.Popen([sys.executable, "-c", code, str(dump_file), str(folder)])
        time.sleep(0.15 + 0.15 * step)
        process.kill()
        process.wait()
        build_store([dump_file], folder)
        assert contents(folder) == contents(tmp_path / "whole")


def test_another_build_in_the_same_folder_is_told(
    dump_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "_WAIT_SECONDS", 0.2)
    code = (
        "import sys, time; from kg2instruct.wikidata import build; from pathlib import Path\n"
        "build.pack_store = lambda *_, **__: print('held', flush=True) or time.sleep(60)\n"
        "build.build_store([sys.argv[1]], sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(dump_file), str(tmp_path / "kb")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline()
        with pytest.raises(OutputError, match="another run is writing there"):
            build_store([dump_file], tmp_path / "kb")
        other.kill()
    build_store([dump_file], tmp_path / "kb")
    build_store([dump_file], tmp_path / "alone")
    assert contents(tmp_path / "kb") == contents(tmp_path / "alone")


def test_changed_input_is_parsed_again(wikidata: Any) -> None:
    parts = wikidata.folder / "kb" / PARTS
    parts.mkdir(parents=True)
    old = Block(0, str(wikidata.folder / "dump.json"), wikidata.dump([wikidata.entity("Q1", {"zh": "旧"})]))
    parse.parse_to_part(old, parts, ("zh", "en"))
    assert wikidata.store(wikidata.entity("Q1", {"zh": "新"})).label(1, "zh") == "新"


def test_a_part_that_was_cut_off_is_parsed_again(wikidata: Any) -> None:
    parts = wikidata.folder / "kb" / PARTS
    parts.mkdir(parents=True)
    (parts / "0000000.part").write_bytes(b"\x01")
    assert wikidata.store(wikidata.entity("Q1", {"zh": "新"})).label(1, "zh") == "新"


def test_a_new_build_replaces_an_older_store(wikidata: Any) -> None:
    wikidata.store(wikidata.entity("Q1", {"fr": "un"}), langs=("fr",))
    store = wikidata.store(wikidata.entity("Q2", {"zh": "二"}))
    assert (store.langs, 1 in store, store.label(2, "zh")) == (("zh", "en"), False, "二")
    assert not list(store.folder.rglob("*_fr_*"))


def dying(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="forked workers")
@pytest.mark.parametrize("noticed", ["when a block is done", "when a block is handed over"])
def test_a_worker_that_dies_once_is_survived(
    dump_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noticed: str
) -> None:
    build_store([dump_file], tmp_path / "whole", block_bytes=8000)
    real, submit, mark = parse.parse_block, parse._submit, tmp_path / "died"
    slept: list[None] = []

    def parse_block(block: Block, langs: tuple[str, ...]) -> Any:
        if block.number == 3 and not mark.exists():
            mark.touch()
            dying()
        return real(block, langs)

    def submit_late(*asked: Any) -> Any:
        if noticed == "when a block is handed over" and mark.exists() and not slept:
            slept.append(time.sleep(0.5))
        return submit(*asked)

    monkeypatch.setattr(parse, "parse_block", parse_block)
    monkeypatch.setattr(parse, "_submit", submit_late)
    build_store([dump_file], tmp_path / "kb", block_bytes=8000, workers=2)
    assert contents(tmp_path / "kb") == contents(tmp_path / "whole")


@pytest.mark.skipif(os.name != "posix", reason="forked workers")
def test_a_worker_that_dies_twice_ends_the_build_with_a_message(
    dump_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parse, "parse_block", dying)
    with pytest.raises(Kg2InstructError, match="died twice"):
        build_store([dump_file], tmp_path / "kb", workers=2)


def test_folders_with_other_things_are_left_alone(dump_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter1.txt").write_text("years of work")
    with pytest.raises(OutputError, match="holds something else"):
        build_store([dump_file], folder)
    assert contents(folder) == {"chapter1.txt": b"years of work"}


def test_a_folder_with_another_manifest_is_left_alone(dump_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"kind": "dataset"}')
    (folder / "columns").mkdir()
    (folder / "columns" / "precious").write_text("x")
    with pytest.raises(OutputError, match="holds something else"):
        build_store([dump_file], folder)
    assert set(contents(folder)) == {"manifest.json", "precious"}


def test_a_file_in_place_of_the_folder_is_told(dump_file: Path) -> None:
    with pytest.raises(OutputError, match=r"dump\.json"):
        build_store([dump_file], dump_file)


def test_a_full_disk_is_told(dump_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kg2instruct.wikidata.build.pack_store", full)
    with pytest.raises(OutputError, match="No space left"):
        build_store([dump_file], tmp_path / "kb")
    monkeypatch.undo()
    build_store([dump_file], tmp_path / "kb")
    assert len(Store.open(tmp_path / "kb").names(7920, "zh")) == 0


def test_impossible_languages_are_told_before_any_work(dump_file: Path, tmp_path: Path) -> None:
    for langs in ((), ("zh", "zh"), ("../zh",), ("Chinese",)):
        with pytest.raises(ConfigError):
            build_store([dump_file], tmp_path / "kb", langs=langs)
    assert not (tmp_path / "kb").exists()


def test_progress_is_told_in_bytes_of_json(dump_file: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    build_store([dump_file], tmp_path / "kb", block_bytes=8000, progress=lambda *step: told.append(step))
    size = dump_file.stat().st_size
    assert max(done for _, done in told) == size
    assert [step for step, done in told if done == size][-2:] == ["merging", "indexing"]


def test_many_parts_change_nothing(dump_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_store([dump_file], tmp_path / "few")
    monkeypatch.setattr("kg2instruct.wikidata.merge.MAX_MAPPED", 1)
    build_store([dump_file], tmp_path / "many", block_bytes=8000)
    few, many = contents(tmp_path / "few"), contents(tmp_path / "many")
    assert few.keys() == many.keys()
    assert all(few[name] == many[name] for name in few if name != "manifest.json")


def test_names_that_share_a_hash_are_told_apart(wikidata: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("names", "surfaces"):
        monkeypatch.setattr(f"kg2instruct.wikidata.{module}.xxh3_64_intdigest", lambda text: len(text) // 10)
    names = {1: "甲", 2: "乙", 3: "甲", 4: "丙", 5: "乙"}
    store = wikidata.store(
        *(
            wikidata.entity(f"Q{qid}", {"zh": name}, links={"zhwiki": f"{name}{qid}"} if qid > 3 else {})
            for qid, name in names.items()
        )
    )
    found = {name: [candidate.qid for candidate in store.find_name("zh", name)] for name in "甲乙丙丁"}
    assert found == {"甲": [1, 3], "乙": [5, 2], "丙": [4], "丁": []}
    assert [store.find_title("zh", title) for title in ("丙4", "乙5", "甲1")] == [4, 5, None]


def test_hash_seeds_do_not_change_a_byte(dump_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from kg2instruct.wikidata.build import build_store as b; b([sys.argv[1]], sys.argv[2])"
    )
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-c", code, str(dump_file), str(tmp_path / seed)], check=True, env=environment
        )
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
