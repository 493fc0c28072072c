"""Mixing synthetic rows with near-duplicate removal: rows a second, peak memory, and what was found.

    python benchmarks/bench_mix.py [ROWS] [WORKERS]

Rows are Chinese (70 in 100) and English texts of Wikipedia's letter and word frequencies (Zipf), 15 in 100 of
them copies of an earlier one with one character changed. Peak memory is that of the largest process, sampled.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from kg2instruct.mix import mix, read_recipe

COPIES = 0.15


def rows(count: int) -> Iterator[dict[str, str]]:
    """Rows of ours, always the same."""
    rng = random.Random(7)
    letters = [chr(0x4E00 + i) for i in range(3000)]
    words = [f"w{i}" for i in range(20_000)]
    weights = {name: [1 / (i + 10) for i in range(len(x))] for name, x in (("zh", letters), ("en", words))}
    sums = {name: _sums(x) for name, x in weights.items()}
    kept: list[tuple[str, str]] = []
    for i in range(count):
        if kept and rng.random() < COPIES:
            lang, text = rng.choice(kept)
            place = rng.randrange(len(text))
            text = f"{text[:place]}变{text[place + 1 :]}"
        elif rng.random() < 0.7:
            lang, text = "zh", "".join(rng.choices(letters, cum_weights=sums["zh"], k=rng.randint(60, 180)))
        else:
            lang, text = "en", " ".join(rng.choices(words, cum_weights=sums["en"], k=rng.randint(30, 80)))
        if len(kept) < 50_000:
            kept.append((lang, text))
        yield {
            "id": f"e{i}-re-0",
            "task": "re",
            "lang": lang,
            "source": "synthetic",
            "cate": "人物",
            "instruction": f"抽取关系 {i % 50}",
            "input": text,
            "output": '{"位于": []}',
            "schema": '["位于"]',
            "template": "",
            "format": "json",
        }


def _sums(weights: list[float]) -> list[float]:
    total, found = 0.0, []
    for weight in weights:
        total += weight
        found.append(total)
    return found


class Peak(threading.Thread):
    """Samples the memory of this process and of its workers."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.parent = self.worker = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        me = psutil.Process()
        while not self.stopped.wait(0.1):
            self.parent = max(self.parent, _private(me))
            for child in me.children():
                self.worker = max(self.worker, _private(child))


def _private(process: psutil.Process) -> int:
    """Memory that is the process's own: mapped files are the system's cache."""
    try:
        memory = process.memory_info()
    except psutil.NoSuchProcess:
        return 0
    return int(memory.rss - memory.shared)


def main(count: int, workers: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-mix-"))
    try:
        source, recipe = folder / "rows.jsonl", folder / "recipe.yaml"
        with source.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(count))
        recipe.write_text("sources: [{name: rows, path: rows.jsonl}]\n", encoding="utf-8")
        peak, begun, before = Peak(), time.perf_counter(), psutil.cpu_times()
        peak.start()
        summary = mix(read_recipe(recipe), folder / "out", workers=workers)
        seconds = time.perf_counter() - begun
        peak.stopped.set()
        found = summary.stats["sources"]["rows"]
        print(f"rows                     {count:>12,}  ({source.stat().st_size / 1e6:,.0f} MB of JSON lines)")
        print(f"workers                  {workers:>12,}")
        print(
            f"seconds                  {seconds:>12,.1f}  ({_busy(before):.0%} of all cores busy, others too)"
        )
        print(f"rows a second            {count / seconds:>12,.0f}")
        print(f"own memory, main MB      {peak.parent / 1e6:>12,.0f}")
        print(f"own memory, a worker MB  {peak.worker / 1e6:>12,.0f}")
        near = found["left out"].get("near-duplicate", 0)
        print(f"near-duplicates removed  {near:>12,}  (of about {count * COPIES:,.0f})")
        print(f"kept                     {found['kept']:>12,}")
    finally:
        shutil.rmtree(folder)


def _busy(before: object) -> float:
    """The share of time in which the machine's cores worked."""
    now = psutil.cpu_times()
    idle = now.idle - before.idle  # type: ignore[attr-defined]
    whole = sum(now) - sum(before)  # type: ignore[call-overload]
    return float(1 - idle / whole)


if __name__ == "__main__":
    main(*(int(x) for x in [*sys.argv[1:], *("1000000", "2")[len(sys.argv) - 1 :]]))
