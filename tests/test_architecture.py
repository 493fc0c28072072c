"""What the code looks like as a whole: who imports whom, how long files are, what help loads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kg2instruct"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 500
# What stands beside the list in ARCHITECTURE.md: data and entry points that only commands use.
BESIDE = {"__init__": "errors", "__main__": "cli", "sample": "pipeline"}


def order() -> list[str]:
    """The parts of the package from the bottom up, as ARCHITECTURE.md lists them."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    listed = re.search(r"Imports point down this list only[^:]*:\n([^.]+)\.", text)
    assert listed, "ARCHITECTURE.md lost its list of parts"
    return [name.strip() for name in listed[1].replace("\n", " ").split(",")]


def part(file: Path) -> str:
    """The part of the package that a file belongs to."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(file: Path) -> Iterator[tuple[int, str]]:
    """Line and part of every import from the package, also of those inside functions."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("kg2instruct."):
                yield node.lineno, name.split(".")[1]


def imported_files(file: Path) -> Iterator[str]:
    """The modules of the package that a file imports, but for those that only type checkers look at."""
    tree = ast.parse(file.read_text("utf-8"))
    checks = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    for check in checks:
        if ast.unparse(check.test) == "TYPE_CHECKING":
            check.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            yield from (name for name in names if (ROOT / f"{name.replace('.', '/')}.py").is_file())


def test_every_part_stands_in_the_list() -> None:
    known = {*order(), *BESIDE}
    assert sorted({part(file) for file in FILES} - known) == []


def test_imports_point_down() -> None:
    rank = {name: number for number, name in enumerate(order())}
    rank |= {name: rank[level] for name, level in BESIDE.items()}
    upward = [
        f"{file.relative_to(ROOT)}:{line}: {part(file)} imports {name}"
        for file in FILES
        for line, name in imported_parts(file)
        if name in rank and part(file) in rank and rank[name] > rank[part(file)]
    ]
    assert upward == []


@pytest.mark.parametrize("folder", ["kg2instruct", "trainer", "tests", "benchmarks"])
def test_no_file_is_too_long(folder: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_the_library_does_not_print() -> None:
    prints = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert prints == []


def test_no_two_files_import_each_other() -> None:
    graph = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): set(imported_files(file)) for file in FILES
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the files
