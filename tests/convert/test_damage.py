"""Two thousand damaged copies of the fixtures: never a traceback, never a loss that is not told."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg2instruct.convert import CONVERTERS, Report
from kg2instruct.convert.mapping import read_mapping
from kg2instruct.convert.registry import mapped_converter
from kg2instruct.convert.source import sources
from kg2instruct.errors import InputError

DATA = Path(__file__).parents[1] / "data" / "convert"
CASES = yaml.safe_load((DATA / "cases.yaml").read_text(encoding="utf-8"))
COPIES = 2000 // (4 * len(CASES)) + 2
LIMIT_SECONDS = 5.0
# Lists that rows of these corpora may lack.
MAY_LACK = {"iepile": {"entity", "relation", "event"}, "instructie": {"entity", "relation", "event"}}
# Objects whose keys are data: one more or less is no damage.
DATA_KEYS = frozenset(("label", "object", "object_type", "P25", "P9999"))
WRONG: tuple[Any, ...] = (None, 7, -1, 1.5, True, "x", "", [], {}, [[]], [None], {"a": 1}, 10**30)


def run(case: str, path: Path) -> tuple[Report, dict[str, int], bool]:
    """Convert without asking what the file looks like; the report, what was kept, and whether all was refused."""
    given = CASES[case]
    if "mapping" in given:
        converter = mapped_converter(read_mapping(DATA / given["mapping"], columns=given["corpus"] == "bio"))
    else:
        converter = CONVERTERS[given["corpus"]]
    report, refused, begun = Report(), False, time.process_time()
    try:
        for source in sources([path], converter.suffixes):
            for example in converter.read(source, report):
                report.keep(example)
                json.dumps(example.text).encode()
                example.text.encode()
    except InputError:
        refused = True
    assert time.process_time() - begun < LIMIT_SECONDS
    assert report.unexplained() == {}
    return report, {kind: n for kind, n in report.kept.items() if n}, refused


def files(case: str) -> list[Path]:
    path = DATA / CASES[case]["path"]
    return sorted(path.iterdir()) if path.is_dir() else [path]


def copies(case: str, tmp_path: Path, name: str) -> Iterator[tuple[Path, Path, random.Random]]:
    """A folder with a copy of the fixture, a file of it to damage, and a generator of its own."""
    for number in range(COPIES):
        chance = random.Random(f"{case}:{name}:{number}")
        folder = tmp_path / str(number)
        folder.mkdir()
        for file in files(case):
            (folder / file.name).write_bytes(file.read_bytes())
        yield folder, folder / chance.choice(files(case)).name, chance


def target(case: str, folder: Path) -> Path:
    return folder if (DATA / CASES[case]["path"]).is_dir() else folder / files(case)[0].name


@pytest.mark.parametrize("case", sorted(CASES))
def test_files_cut_short_end_with_a_report(case: str, tmp_path: Path) -> None:
    for folder, file, chance in copies(case, tmp_path, "cut"):
        data = file.read_bytes()
        file.write_bytes(data[: chance.randrange(len(data))])
        run(case, target(case, folder))


@pytest.mark.parametrize("case", sorted(CASES))
def test_files_with_flipped_bits_end_with_a_report(case: str, tmp_path: Path) -> None:
    for folder, file, chance in copies(case, tmp_path, "flip"):
        data = bytearray(file.read_bytes())
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        run(case, target(case, folder))


@pytest.mark.parametrize("case", sorted(CASES))
def test_files_in_other_encodings_lose_nothing_or_tell_it(case: str, tmp_path: Path) -> None:
    _, clean, _ = run(case, DATA / CASES[case]["path"])
    for folder, file, chance in copies(case, tmp_path, "encoding"):
        text = file.read_bytes().decode()
        encoding = chance.choice(("utf-8-sig", "gb18030", "utf-16", "latin-1", "utf-32", "shift_jis"))
        file.write_bytes(text.encode(encoding, "replace"))
        report, kept, refused = run(case, target(case, folder))
        if encoding in ("utf-8-sig", "gb18030", "utf-16"):
            assert kept == clean, encoding
        else:
            assert refused or report.dropped or report.other or records(kept) == records(clean), encoding


def records(kept: dict[str, int]) -> int:
    return kept.get("record", 0)


@pytest.mark.parametrize("case", sorted(CASES))
def test_fields_missing_or_of_another_type_are_told(case: str, tmp_path: Path) -> None:
    if files(case)[0].suffix not in (".json", ".jsonl") and case != "nyt_opennre":
        pytest.skip("no JSON")
    if case == "copyre_ids":
        pytest.skip("numbers without fields")
    _, clean, _ = run(case, DATA / CASES[case]["path"])
    for folder, file, chance in copies(case, tmp_path, "field"):
        told = damage_field(case, file, chance)
        report, kept, refused = run(case, target(case, folder))
        less = any(kept.get(kind, 0) < n for kind, n in clean.items() if kind in report.found)
        if less:
            assert refused or report.dropped or report.other, told


def damage_field(case: str, file: Path, chance: random.Random) -> str:
    """Take one field out of a row, or give it a value of another type."""
    text = file.read_text(encoding="utf-8")
    whole = text.lstrip().startswith("[") or '"P25"' in text
    rows = json.loads(text) if whole else [json.loads(line) for line in text.splitlines()]
    keys = [x for x in fields(rows, "") if x[1] not in MAY_LACK.get(case, DATA_KEYS)]
    holder, key = chance.choice(keys)
    shown = f"{key!r} of {json.dumps(holder, ensure_ascii=False)[:200]}"
    if isinstance(holder, dict) and chance.random() < 0.5:
        del holder[key]
        shown = "without " + shown
    else:
        value = chance.choice([x for x in WRONG if type(x) is not type(holder[key])])
        holder[key] = value
        shown = f"{value!r} for {shown}"
    dumped = json.dumps(rows) if whole else "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text(dumped, encoding="utf-8")
    return shown


def fields(value: Any, within: str) -> Iterator[tuple[Any, Any]]:
    """All places of a value: objects and lists with each of their keys."""
    if isinstance(value, dict):
        for key, part in value.items():
            if within not in DATA_KEYS:
                yield value, key
            yield from fields(part, key if within not in DATA_KEYS else within)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            if within:
                yield value, number
            yield from fields(part, within)
