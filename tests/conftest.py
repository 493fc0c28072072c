"""Fixtures that tests of several packages use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from kg2instruct.jsonl import read_jsonl
from kg2instruct.records import Example
from kg2instruct.render.labels import LabelSchema, schemas_of

_RECORDS = Path(__file__).parent / "data" / "render" / "records.jsonl"

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


class Make:
    """How tests make inputs and look at outputs."""

    page = staticmethod(page_xml)
    export = staticmethod(export_xml)
    entity = staticmethod(entity)
    bytes_of = staticmethod(folder_bytes)


@pytest.fixture(scope="session")
def make() -> type[Make]:
    """Pages, exports and entities for tests."""
    return Make


class Towns:
    """A small made-up country: exports of its towns, in several files and so several units, and the entities."""

    def __init__(self, folder: Path, files: int = 6, pages_a_file: int = 8) -> None:
        names = town_names(files * pages_a_file)
        self.entities = folder / "entities.jsonl"
        self.pages: list[Path] = []
        self.names = names
        for number in range(files):
            first = number * pages_a_file
            pages = [_town(i, names) for i in range(first, first + pages_a_file)]
            if number == 0:
                pages.insert(2, page_xml(900, "歌国", "#重定向 [[长歌国]]", redirect="长歌国"))
                pages.insert(3, page_xml(901, "Talk:长歌国", "讨论", ns=1))
            path = folder / f"pages-{number}.xml"
            path.write_text(export_xml(pages), encoding="utf-8")
            self.pages.append(path)
        lines = [
            entity("Q900001", "长歌国", claims={"P31": "Q6256"}),
            entity("Q6256", "国家"),
            entity("Q515", "城市"),
        ]
        for i, name in enumerate(names):
            near = f"Q{910000 + (i - 1) % len(names)}"
            lines.append(
                entity(f"Q{910000 + i}", name, claims={"P31": "Q515", "P17": "Q900001", "P47": near})
            )
        self.entities.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def flags(self) -> list[str]:
        """The command line's flags for these inputs."""
        pages = [part for path in self.pages for part in ("--wikipedia", str(path))]
        return ["--lang", "zh", *pages, "--wikidata", str(self.entities)]

    @property
    def options(self) -> dict[str, tuple[str, ...]]:
        """The configuration for these inputs."""
        return {"wikipedia": tuple(map(str, self.pages)), "wikidata": (str(self.entities),)}


def _town(i: int, names: list[str]) -> str:
    name, near = names[i], names[i - 1]
    text = f"'''{name}'''是[[长歌国]]的城市。{name}与[[{near}]]相邻。\n\n城里有许多桥，河水从城中流过。"
    return page_xml(1000 + i, name, text)


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """The country of the towns; not to be changed by tests."""
    return Towns(tmp_path_factory.mktemp("towns"))


@pytest.fixture(scope="session")
def records() -> list[Example]:
    """Records made up for tests: both languages, all tasks, awkward names, texts with nothing in them."""
    return list(read_jsonl(_RECORDS, Example))


@pytest.fixture(scope="session")
def schemas(records: list[Example]) -> dict[tuple[str, str], LabelSchema]:
    """The label schemas that these records show."""
    return schemas_of(records)
