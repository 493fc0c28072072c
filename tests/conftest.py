"""Fixtures that tests of several packages use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

Program = Callable[..., subprocess.CompletedProcess[str]]

_HEAD = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="zh">\n'
_PAGE = """  <page>
    <title>{title}</title>
    <ns>{ns}</ns>
    <id>{id}</id>
    {redirect}<revision>
      <id>{revision}</id>
      <text bytes="{size}" xml:space="preserve">{text}</text>
    </revision>
  </page>
"""


def page_xml(number: int, title: str, text: str, *, ns: int = 0, redirect: str = "") -> str:
    """One page of an export."""
    mark = f'<redirect title="{redirect}" />\n    ' if redirect else ""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return _PAGE.format(
        title=title, ns=ns, id=number, revision=number * 10, size=len(text), text=escaped, redirect=mark
    )


def export_xml(pages: Iterable[str]) -> str:
    """A whole export."""
    return _HEAD + "".join(pages) + "</mediawiki>\n"


def entity(qid: str, zh: str, *, claims: dict[str, str] | None = None) -> str:
    """A line of an entity dump: an item with a name, its page, and claims of items."""
    statements = {
        pid: [
            {
                "mainsnak": {
                    "snaktype": "value",
                    "property": pid,
                    "datatype": "wikibase-item",
                    "datavalue": {
                        "type": "wikibase-entityid",
                        "value": {"entity-type": "item", "numeric-id": int(target[1:]), "id": target},
                    },
                },
                "type": "statement",
                "rank": "normal",
            }
        ]
        for pid, target in (claims or {}).items()
    }
    return json.dumps(
        {
            "type": "item",
            "id": qid,
            "labels": {"zh": {"language": "zh", "value": zh}},
            "descriptions": {},
            "aliases": {},
            "claims": statements,
            "sitelinks": {"zhwiki": {"site": "zhwiki", "title": zh, "badges": []}},
        },
        ensure_ascii=False,
    )


def town_names(count: int) -> list[str]:
    """Names of towns that do not exist, no two alike."""
    first, second = "青白赤金石林水云山海", "川城原泉桥港湾岭溪谷"
    return [f"{first[i % 10]}{second[i // 10 % 10]}{first[i // 100 % 10]}市" for i in range(count)]


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small made-up country: an export of 60 towns, padded to several units of a small size, and their entities."""
    folder = tmp_path_factory.mktemp("towns")
    names = town_names(60)
    texts = [
        f"'''{name}'''是[[长歌国]]的城市，位于[[长歌国]]东部。{name}与[[{names[i - 1]}]]相邻。\n\n" + "城里有许多桥。" * 40
        for i, name in enumerate(names)
    ]
    pages = [page_xml(i, name, text) for i, (name, text) in enumerate(zip(names, texts, strict=True), 10)]
    pages.insert(3, page_xml(900, "歌国", "#重定向 [[长歌国]]", redirect="长歌国"))
    pages.insert(5, page_xml(901, "Talk:长歌国", "讨论", ns=1))
    wiki, kb = folder / "pages.xml", folder / "entities.jsonl"
    wiki.write_text(export_xml(pages), encoding="utf-8")
    lines = [entity("Q900001", "长歌国", claims={"P31": "Q6256"}), entity("Q6256", "国家"), entity("Q515", "城市")]
    lines += [
        entity(f"Q{910000 + i}", name, claims={"P31": "Q515", "P17": "Q900001", "P47": f"Q{910000 + (i - 1) % 60}"})
        for i, name in enumerate(names)
    ]
    kb.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return wiki, kb


@pytest.fixture
def program() -> Program:
    """Run `python -m kg2instruct ARGS…` as a process of its own."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        settings: dict[str, object] = {
            "env": {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
            "timeout": 120,
            "cwd": ROOT,
            **options,
        }
        command = [sys.executable, "-m", "kg2instruct", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, **settings)  # type: ignore[call-overload, no-any-return]

    return run


def folder_bytes(folder: Path, *names: str) -> dict[str, bytes]:
    """The content of all files in the named folders."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for name in names
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }
    assert found, f"nothing in {folder}"
    return found
