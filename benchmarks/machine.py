"""What every table says: on which machine, with which versions, how busy; and how tables are printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table as RichTable

_PACKAGES = ("kg2instruct", "mwparserfromhell", "daachorse", "rjieba", "OpenCC", "msgspec", "numpy", "duckdb")

console = Console(width=None if os.isatty(1) else 120, highlight=False)


def describe_machine() -> str:
    """Processor, cores, memory, versions and load, in two lines."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    cpu = names[0].partition(": ")[2] if names else platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{cpu}, {cores()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}\n"
        f"{versions}\n{load()}"
    )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_beside(folder: Path) -> tuple[int, int]:
    """Bytes that this process holds beside mapped files of a folder: all, and those it shares with nobody."""
    held = [
        part for part in psutil.Process().memory_maps() if not part.path.startswith(str(folder.resolve()))
    ]
    return sum(part.rss for part in held), sum(part.private_clean + part.private_dirty for part in held)


def load() -> str:
    """The load, and whether it spoils measurements."""
    one, five, fifteen = os.getloadavg()
    busy = "; BUSY: others compute too, compare ratios only" if one > 0.5 * cores() else ""
    return f"load {one:.2f} {five:.2f} {fifteen:.2f}{busy}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """One table with the load at this moment; all columns but the first are numbers."""
    console.print(f"\n{title}; {load()}")
    table = RichTable()
    for number, name in enumerate(header):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    if note:
        console.print(note)
