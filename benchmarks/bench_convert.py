"""Records per second of each converter, against `orjson.loads` of the same file.

    python benchmarks/bench_convert.py [--megabytes 4] [--corpus duie2 …] [FILE …]

The files are the test fixtures, repeated to the size; with `--corpus NAME FILE` a file of one's own. Files that
are no JSON have no time to be held against.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import yaml

from kg2instruct.convert import Report, convert

DATA = Path(__file__).parents[1] / "tests" / "data" / "convert"
REPEATS = 3


def enlarged(path: Path, size: int, folder: Path) -> Path:
    """A file of `size` bytes or more with the rows of `path` again and again."""
    data, out = path.read_bytes(), folder / path.name
    times = 1 + size // len(data)
    if data.lstrip()[:1] == b"[":
        out.write_bytes(orjson.dumps(json.loads(data) * times))
    elif path.stem == "fewrel":
        out.write_bytes(orjson.dumps({key: rows * times for key, rows in json.loads(data).items()}))
    else:
        out.write_bytes((data.rstrip(b"\n") + b"\n\n" * (path.suffix not in (".json", ".jsonl"))
                         + b"\n" * (path.suffix in (".json", ".jsonl"))) * times)  # fmt: skip
    return out


def best(work: Callable[[], Any]) -> float:
    """The least seconds that `work` took."""
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def plain(path: Path) -> None:
    """Decode the JSON of a file and nothing more."""
    data = path.read_bytes()
    if data.lstrip()[:1] == b"[" or path.stem == "fewrel":
        orjson.loads(data)
        return
    for line in data.split(b"\n"):
        if line:
            orjson.loads(line)


def measure(corpus: str, path: Path) -> str:
    """One line of the table."""
    count = 0

    def work() -> None:
        nonlocal count
        count = sum(1 for _ in convert(corpus, [path], Report()))

    seconds = best(work)
    megabytes = path.stat().st_size / 1e6
    line = f"{corpus:14} {count / seconds:>12,.0f} {megabytes / seconds:>8.1f}"
    try:
        against = best(lambda: plain(path))
    except orjson.JSONDecodeError:
        return line
    return f"{line} {seconds / against:>9.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--corpus", nargs="*", default=[])
    parser.add_argument("--file", type=Path, help="a file of the one corpus that is named")
    args = parser.parse_args()
    print(f"{'corpus':14} {'records/s':>12} {'MB/s':>8} {'× orjson':>9}")
    if args.file:
        print(measure(args.corpus[0], args.file))
        return
    cases = yaml.safe_load((DATA / "cases.yaml").read_text(encoding="utf-8"))
    for name, case in cases.items():
        path = DATA / case["path"]
        if "mapping" in case or path.is_dir() or (args.corpus and name not in args.corpus):
            continue
        with tempfile.TemporaryDirectory() as folder:
            print(
                measure(case["corpus"], enlarged(path, int(args.megabytes * 1e6), Path(folder))), flush=True
            )


if __name__ == "__main__":
    main()
