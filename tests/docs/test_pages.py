"""Pages hold together: links lead somewhere, examples can be read, both READMEs say the same."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import msgspec
import pytest
import yaml

from kg2instruct.records import Event, Example, InstructionRow
from kg2instruct.render.formats import FORMATS

from .conftest import PAGES, ROOT, blocks

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
ALL = [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]


@pytest.mark.parametrize("page", ALL, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(_CODE.sub("", page.read_text("utf-8"))) if "://" not in link]
    broken = [
        link
        for link in links
        if link.partition("#")[0] and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", ALL, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_can_be_read(page: Path) -> None:
    for block in blocks(page):
        if block.kind == "python":
            for node in ast.walk(ast.parse(block.body)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                    ("kg2instruct.", "trainer.")
                ):
                    missing = {x.name for x in node.names} - _names(node.module or "")
                    assert not missing, f"{node.module} has no {missing}"
        elif block.kind == "yaml":
            yaml.safe_load(block.body)
        elif block.kind == "json" and "…}" not in block.body and ", …" not in block.body:
            json.loads(block.body)


def _names(module: str) -> set[str]:
    """What a module of ours defines or imports at its top, without importing what it needs."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            found |= {x.asname or x.name for x in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {x.id for x in node.targets if isinstance(x, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


@pytest.mark.parametrize("name", ["README", "docs/tutorial"])
def test_both_languages_have_the_same_commands_and_parts(name: str) -> None:
    english, chinese = ROOT / f"{name}.md", ROOT / f"{name}.zh.md"
    shown = [
        [c.split("#")[0].split() for b in blocks(page) if b.kind == "sh" for c in b.commands()]
        for page in (english, chinese)
    ]
    assert shown[0] == shown[1]
    parts = [
        [line.split()[0] for line in page.read_text("utf-8").splitlines() if line.startswith(("#", "| `"))]
        for page in (english, chinese)
    ]
    assert len(parts[0]) == len(parts[1])


def test_the_records_that_are_described_are_records() -> None:
    shown = [block.body for block in blocks(ROOT / "docs" / "records.md") if block.kind == "json"]
    example = msgspec.json.decode(shown[0], type=Example)
    assert all(example.text[x.start : x.end] == x.entity for x in example.entity)
    assert example.text[example.relation[0].head_start :].startswith(example.relation[0].head)
    msgspec.json.decode(shown[1], type=Event)
    row = msgspec.json.decode(shown[2], type=InstructionRow)
    assert {*json.loads(shown[0])} == {field.name for field in msgspec.structs.fields(Example)}
    assert {*json.loads(shown[2])} == {field.name for field in msgspec.structs.fields(InstructionRow)}
    assert row.format in FORMATS
