"""How a build grows: one and two workers here, and a model of full dumps on more cores and machines.

    python -m benchmarks.scaling [--mb 20]

Each step of a build and a mix is measured in processor time of one process, on pages copied from the sample:
on two sizes, of which the difference counts, so that what is done once only is in no rate. The model multiplies
the rates with the size of full dumps; its assumptions are constants below. Steps that only the driver can do do
not get shorter with more cores: they are what dominates in the end.
"""

from __future__ import annotations

import argparse
import bz2
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from benchmarks.corpus import Corpus, corpus
from benchmarks.machine import console, describe_machine, print_table
from kg2instruct.config import BuildConfig
from kg2instruct.mix import mix, read_recipe
from kg2instruct.pipeline.build import build
from kg2instruct.pipeline.progress import Progress
from kg2instruct.streams import open_stream

# Assumptions of the model.
PAGES_BYTES = 14.5e9  # zhwiki, XML
JSON_BYTES = 1.7e12  # Wikidata, all entities
ENTITIES = 118e6
MACHINES = ((1, 1), (1, 16), (16, 64))  # machines, cores each
EFFICIENCY = {1: 1.0, 16: 0.85, 64: 0.7}  # of a core, when so many share memory bandwidth and clock
STAGE_SECONDS = 20  # until all workers of a stage have opened it
GZ_BYTES = 4e8  # of JSON decoded a second, as copies of the sample pack better than real entities
DRIVER_BYTES = 5e8  # a second, through the driver's network and disk
_STREAM_BYTES = 1 << 20  # of XML in a bz2 stream, as in multistream dumps


class Clock:
    """Processor seconds of each step of a command, by the progress that it shows."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._mark = time.process_time()

    def __call__(self, title: str, total: int | None) -> Progress:  # noqa: ARG002
        self.note(f"before {title}")
        return _Timed(title, self)

    def note(self, step: str) -> None:
        """What has passed since the last note was for this step."""
        now = time.process_time()
        self.seconds[step] += now - self._mark
        self._mark = now


class _Timed(Progress):
    def __init__(self, title: str, clock: Clock) -> None:
        super().__init__(title)
        self._clock, self._step = clock, ""

    def reach(self, done: int, title: str = "") -> None:  # noqa: ARG002
        if title != self._step and self._step:
            self._clock.note(f"{self.title}: {self._step}")
        self._step = title

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clock.note(f"{self.title}: {self._step}" if self._step else self.title)


@dataclass(frozen=True, slots=True)
class Step:
    """A step with its processor seconds for full dumps; of `driver` seconds the driver is busy meanwhile.

    A step that is not `parallel` is the driver's alone.
    """

    name: str
    per: str
    seconds: float
    parallel: bool = True
    driver: float = 0.0

    def wall(self, machines: int, cores: int) -> float:
        """How long it takes on a cluster."""
        if not self.parallel:
            return self.seconds
        done = self.seconds / (machines * cores * EFFICIENCY[cores])
        return max(done, self.driver) + (STAGE_SECONDS if machines * cores > 1 else 0)


@dataclass(slots=True)
class Measured:
    """Processor seconds of steps on a small input, and its sizes in bytes and entities."""

    pages: float
    json: float
    entities: int
    seconds: dict[str, float]
    written: float
    """Bytes that units hand to the driver."""
    steps: list[Step] = field(default_factory=list)

    def __sub__(self, less: Measured) -> Measured:
        """What the larger of two inputs took more."""
        return Measured(
            self.pages - less.pages,
            self.json - less.json,
            self.entities - less.entities,
            {step: max(spent - less.seconds[step], 1e-6) for step, spent in self.seconds.items()},
            self.written - less.written,
        )

    def add(
        self, name: str, *keys: str, per: str = "pages", parallel: bool = True, driver: float = 0.0
    ) -> None:
        """A step of full dumps, from the seconds of its parts here."""
        factor = {
            "pages": PAGES_BYTES / self.pages, "json": JSON_BYTES / self.json, "entities": ENTITIES / self.entities,
        }[per]  # fmt: skip
        seconds = factor * sum(self.seconds[key] for key in keys)
        self.steps.append(Step(name, per, seconds, parallel, driver * factor))


def measure(data: Corpus, work: Path) -> Measured:
    """A build and a mix of the Chinese export, step by step in one process."""
    work.mkdir()
    clock, export, entities = Clock(), data.export("zh"), data.folder / "entities.jsonl"
    config = BuildConfig(wikipedia=(str(export),), wikidata=(str(entities),))
    summary = build(config, work / "out", progress=clock)
    clock.note("publish")
    (work / "recipe.yaml").write_text(yaml.safe_dump({"sources": [{"name": "w", "path": str(work / "out")}]}))
    clock.note("")
    mix(read_recipe(work / "recipe.yaml"), work / "mixed", progress=clock)
    clock.note("publish the mix")
    seconds = dict(clock.seconds)
    seconds["bz2"] = _decoding(export, work / "pages.bz2")
    written = sum(
        path.stat().st_size for name in ("data", "aligned") for path in (work / "out" / name).iterdir()
    )
    console.print(
        f"{export.stat().st_size / 1e6:.1f} MB of XML, {summary.counts['pages read']} pages, "
        f"{sum(summary.rows.values())} rows, {written / 1e6:.1f} MB written, seconds: "
        + json.dumps({name: round(spent, 2) for name, spent in seconds.items()}),
        soft_wrap=True,
    )
    shutil.rmtree(work)
    return Measured(export.stat().st_size, entities.stat().st_size, data.facts["entities"], seconds, written)


def _decoding(export: Path, packed: Path) -> float:
    """Processor seconds to decode an export that is packed as multistream dumps are."""
    with export.open("rb") as source, packed.open("wb") as out:
        while piece := source.read(_STREAM_BYTES):
            out.write(bz2.compress(piece))
    times = []
    for _ in range(3):
        begun = time.process_time()
        with open_stream(packed) as content:
            while content.read(1 << 20):
                pass
        times.append(time.process_time() - begun)
    return min(times)


def model(measured: Measured) -> list[Step]:
    """The steps of a full build and a mix of its rows."""
    add = measured.add
    carried = measured.written / DRIVER_BYTES
    add("parse entities", "knowledge base: reading", per="json", driver=measured.json / GZ_BYTES)
    add("choose and merge entities", "knowledge base: choosing entities", "knowledge base: merging",
        per="entities", parallel=False)  # fmt: skip
    add("index the store", "knowledge base: indexing", per="entities", parallel=False)
    add("scan links", "bz2", "links zh")
    add("merge links", "before align zh", parallel=False)
    add("parse and align pages", "bz2", "align zh", driver=carried)
    add("count labels, render", "labels zh", "render zh", driver=carried)
    add("publish", "publish", parallel=False)
    add("mix: read rows, signatures", "read", driver=carried)
    add("mix: duplicates, decide", "before write", parallel=False)
    add("mix: write rows", "write", driver=carried)
    add("mix: publish", "publish the mix", parallel=False)
    return measured.steps


def print_model(steps: Sequence[Step]) -> None:
    """Hours of each step on each cluster, and what part the driver's own steps have."""
    rows = [
        [step.name, f"{step.seconds / 3600:.2f}", *(_hours(step.wall(*size)) for size in MACHINES)]
        for step in steps
    ]
    totals = [sum(step.wall(*size) for step in steps) for size in MACHINES]
    bound = [
        sum(step.wall(*size) for step in steps if not step.parallel or _held(step, *size))
        for size in MACHINES
    ]
    processor = sum(step.seconds for step in steps)
    rows.append(["all", f"{processor / 3600:.1f}", *map(_hours, totals)])
    rows.append(
        ["of it one process", "", *(f"{part / all_:.0%}" for part, all_ in zip(bound, totals, strict=True))]
    )
    print_table(
        f"Model of zhwiki ({PAGES_BYTES / 1e9:g} GB of XML) and Wikidata ({JSON_BYTES / 1e12:g} TB of JSON), hours",
        ("step", "CPU hours", *(f"{machines}×{cores} cores" for machines, cores in MACHINES)),
        rows,
        "'One process': steps of the driver alone, and those in which it is what others wait for.",
    )


def _held(step: Step, machines: int, cores: int) -> bool:
    """Whether workers wait for the driver."""
    return step.driver > step.seconds / (machines * cores * EFFICIENCY[cores])


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.2f}"


def two_workers(data: Corpus, work: Path) -> None:
    """A build with one and with two workers, twice each."""
    rows: list[list[str]] = []
    spent: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(2):
        for workers in (1, 2):
            command: list[Any] = [
                sys.executable,
                "-m",
                "kg2instruct",
                "build",
                "--wikipedia",
                data.export("zh"),
            ]
            command += ["--kb", data.kb, "--out", work / "two", "--workers", workers, "--fresh", "--quiet"]
            before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([*map(str, command)], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            spent[workers].append((time.perf_counter() - begun, cpu))
    for workers, times in spent.items():
        wall, cpu = (min(each) for each in zip(*times, strict=True))
        rows.append([str(workers), f"{wall:.1f}", f"{cpu:.1f}", f"{cpu / wall:.2f}"])
    print_table(
        "A build without its knowledge base, best of two",
        ("workers", "wall s", "CPU s", "cores busy"),
        rows,
        "On a busy machine look at CPU: what two workers spend more than one for the same work.",
    )


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--mb", type=float, default=20.0, help="MB of wikitext (default 20)")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "kg2instruct-benchmarks")
    options = parser.parse_args()
    console.print(describe_machine())
    sizes = (options.mb / 4, options.mb)
    small, data = (corpus(options.cache, megabytes, 1, console.print) for megabytes in sizes)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        less = measure(small, work / "small")
        measured = measure(data, work / "large") - less
        rates = [
            [step, f"{size / 1e6 / measured.seconds[key]:.1f}"]
            for step, key, size in (
                ("decode bz2", "bz2", measured.pages),
                ("scan links", "links zh", measured.pages),
                ("parse and align pages", "align zh", measured.pages),
                ("count labels", "labels zh", measured.pages),
                ("render", "render zh", measured.pages),
                ("parse entities, JSON", "knowledge base: reading", measured.json),
            )
        ]
        print_table("MB of XML or JSON per second of one core", ("step", "MB/s"), rates)
        print_model(model(measured))
        two_workers(data, work)


if __name__ == "__main__":
    main()
