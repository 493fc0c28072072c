"""`python -m benchmarks [NAME…]`: measure, print tables with ratios of things measured in one run.

text      pages to Examples against mwparserfromhell.parse alone on the same pages
workers   two workers of a build against one; the memory of each
open      opening the store
store, render, convert, mix, corpus
          bench_*.py beside this file

The input is the built-in sample (and real pages, where they lie beside the project), copied with other
names, numbers and order until it has the size asked for. Nothing is asserted; aims stand under the tables.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.corpus import corpus
from benchmarks.machine import console, describe_machine

_HERE = Path(__file__).resolve().parent
_OURS = ("text", "workers", "open")
_QUICK_MB = 5.0
# Sizes of the scripts beside this file, whole and quick.
_SIZES = {
    "store": (["--size-mb", "500"], ["--size-mb", "40"]),
    "render": ([], ["--records", "2000"]),
    "corpus": ([], ["--samples", "20000", "--mb", "4"]),
    "chat": ([], ["--calls", "600", "--rounds", "1"]),
}


def main() -> None:
    """Parse the command line and run what it asks for."""
    scripts = {path.stem.removeprefix("bench_"): path for path in sorted(_HERE.glob("bench_*.py"))}
    names = [*_OURS, *scripts]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)} (default all)")
    parser.add_argument("--mb", type=float, default=100.0, help="MB of wikitext (default 100)")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_MB:g} MB, and less of all else")
    parser.add_argument("--compared-mb", type=float, help="MB that mwparserfromhell parses (default a fifth)")
    parser.add_argument("--workers-mb", type=float, help="MB for one and two workers (default a fifth)")
    parser.add_argument("--cache", type=Path, help="folder for the input (default in the system's temp)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = sorted(set(options.names) - set(names))
    if wrong:
        parser.error(f"no benchmark {', '.join(wrong)}; there are {', '.join(names)}")
    wanted = options.names or names
    megabytes = _QUICK_MB if options.quick else options.mb
    console.print(describe_machine())
    if not set(_OURS).isdisjoint(wanted):
        _run_ours(wanted, megabytes, options)
    for name, path in scripts.items():
        if name in wanted:
            whole, quick = _SIZES.get(name, ([], []))
            arguments = quick if options.quick else whole
            console.print(f"\n{name}: {path.name} {' '.join(arguments)}".rstrip())
            subprocess.run([sys.executable, "-m", f"benchmarks.{path.stem}", *arguments], check=False)


def _run_ours(wanted: list[str], megabytes: float, options: argparse.Namespace) -> None:
    from benchmarks import text_side, workers

    cache = options.cache or Path(tempfile.gettempdir()) / "kg2instruct-benchmarks"
    data = corpus(cache, megabytes, options.seed, console.print)
    console.print(
        f"{megabytes:g} MB of wikitext, {data.facts['entities']} entities "
        f"in {data.facts['json'] / 1e6:.0f} MB of JSON, seed {options.seed}"
    )
    if "text" in wanted:
        text_side.run(data, options.compared_mb or megabytes / 5)
    if "workers" in wanted:
        workers.run(data, options.workers_mb or megabytes / 5)
    if "open" in wanted:
        workers.run_opening(data)


if __name__ == "__main__":
    main()
