"""Two workers of a build against one, the memory of each, and how long a store takes to open."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import LANGS, Corpus
from benchmarks.machine import cores, memory_beside, print_table
from benchmarks.text_side import open_context
from kg2instruct.align.options import AlignOptions
from kg2instruct.pipeline.inputs import PageUnit
from kg2instruct.pipeline.pool import spread
from kg2instruct.pipeline.stages import AlignPages
from kg2instruct.records import Lang
from kg2instruct.wiki.article import WikiOptions
from kg2instruct.wiki.dump import plan_units

_UNIT_BYTES = 1 << 18
_ROUNDS = 2
_OPENINGS = 5
_OPEN = """
import sys, time
from pathlib import Path
from kg2instruct.wikidata.store import Store
start = time.perf_counter()
store = Store.open(Path(sys.argv[1]))
opened = time.perf_counter()
store.dictionary(sys.argv[2]).load()
print(opened - start, time.perf_counter() - opened)
"""


@dataclass(slots=True)
class _Align:
    """A build's alignment stage, opened already, that notes the memory of its process after each unit."""

    stage: AlignPages
    folder: Path
    store: Path

    def open(self) -> None:
        """Opened before the clock starts, and shared by forked workers."""

    def do(self, unit: PageUnit) -> None:
        """Align one unit and note what this process holds then."""
        begun = time.process_time()
        self.stage.run(unit, self.folder)
        spent = time.process_time() - begun
        resident, private = memory_beside(self.store)
        note = {"cpu": spent, "resident": resident, "private": private}
        with (self.folder / f"worker-{os.getpid()}.jsonl").open("a") as out:
            out.write(json.dumps(note) + "\n")


def run(data: Corpus, megabytes: float) -> None:
    """Measure and print two tables."""
    speed, memory = [], []
    for lang in LANGS:
        units = _units(data, lang, megabytes * 1e6 / len(LANGS))
        task = _task(data, lang)
        walls: dict[int, float] = {1: 0.0, 2: 0.0}
        cpu: dict[int, float] = {1: 0.0, 2: 0.0}
        notes: list[list[dict[str, float]]] = []
        for _ in range(_ROUNDS):
            for workers in (1, 2):
                start = time.perf_counter()
                for outcome in spread(iter(units), task, workers):
                    if outcome.death:
                        raise SystemExit(f"a worker died over {outcome.unit.name}: {outcome.death}")
                walls[workers] += time.perf_counter() - start
                notes = _notes(task.folder)
                cpu[workers] += sum(note["cpu"] for worker in notes for note in worker)
                shutil.rmtree(task.folder)
                task.folder.mkdir()
        size = _ROUNDS * sum(unit.size for unit in units) / 1e6
        rates = [f"{size / walls[n]:.2f}" for n in (1, 2)]
        ratios = [f"{walls[1] / walls[2]:.2f}", f"{cpu[2] / cpu[1]:.2f}"]
        speed.append((lang, f"{size:.1f}", *rates, *ratios))
        memory += [_memory_row(f"{lang}, worker {number}", worker) for number, worker in enumerate(notes, 1)]
    print_table(
        f"Workers, {cores()} cores, MB of export per second (wall clock)",
        ("language", "MB", "one", "two", "two/one", "CPU two/one"),
        speed,
        "Aim: two/one ≥ 1.8 on an idle machine. CPU two/one is what two workers spend more for the same work.",
    )
    print_table(
        "Memory of a worker beside the mapped store, MB, after each unit",
        ("worker", "units", "at a quarter", "at the end", "private", "most"),
        memory,
        "Resident without the store's files; 'private' is not shared with other workers. Aim: < 500 and flat; "
        "caches fill for some 10,000 pages, see the memory of one process by `text`.",
    )


def run_opening(data: Corpus) -> None:
    """Open the store in new processes and print how long it takes."""
    times: list[list[float]] = []
    for _ in range(_OPENINGS):
        command = [sys.executable, "-c", _OPEN, str(data.kb), "zh"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        times.append([float(word) for word in answer.split()])
    size = sum(path.stat().st_size for path in data.kb.rglob("*") if path.is_file())
    opened, names = (statistics.median(column) for column in zip(*times, strict=True))
    print_table(
        f"Opening the store, median of {_OPENINGS} processes",
        ("store", "entities", "MB", "open s", "dictionary s"),
        [("multiplied", f"{data.facts['entities']}", f"{size / 1e6:.0f}", f"{opened:.3f}", f"{names:.3f}")],
        "Aim: open < 0.5 s. The dictionary of names is loaded once a build, before workers are forked.",
    )


def _units(data: Corpus, lang: Lang, size: float) -> list[PageUnit]:
    """Units from all over the export, of about `size` bytes in all."""
    units = [PageUnit(unit) for unit in plan_units([data.export(lang)], unit_bytes=_UNIT_BYTES)]
    wanted = max(8, round(size / _UNIT_BYTES))
    return units[:: max(1, len(units) // wanted)][:wanted]


def _task(data: Corpus, lang: Lang) -> _Align:
    open_context(data, lang)  # counts the links, if nobody has
    stage = AlignPages(
        lang=lang,
        kb=data.kb,
        links=data.folder / f"links-{lang}",
        schemas=None,
        wiki=WikiOptions(),
        options=AlignOptions(),
    )
    stage.open()
    folder = data.folder / f"aligned-{lang}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return _Align(stage, folder, data.kb)


def _notes(folder: Path) -> list[list[dict[str, float]]]:
    return [
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(folder.glob("worker-*.jsonl"))
    ]


def _memory_row(title: str, notes: Sequence[dict[str, float]]) -> tuple[str, ...]:
    resident = [note["resident"] / 1e6 for note in notes]
    private = notes[-1]["private"] / 1e6
    figures = (resident[len(resident) // 4], resident[-1], private, max(resident))
    return (title, f"{len(notes)}", *(f"{figure:.0f}" for figure in figures))
