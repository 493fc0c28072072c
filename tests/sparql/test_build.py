"""`build` without dumps: pages of a list from a wiki's API or a dump, the knowledge base from an endpoint."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cli.app import run
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.pipeline.again import explain
from kg2instruct.records import Page
from kg2instruct.retry import Backoff
from kg2instruct.sample import sample_paths
from kg2instruct.web import Web, WebError
from kg2instruct.wiki.api import WikiApi
from kg2instruct.wiki.dump import Problems, plan_units, read_pages
from kg2instruct.wiki.links import redirect_target
from kg2instruct.wiki.write_xml import export_lines

LAG = json.dumps({"error": {"code": "maxlag", "info": "Waiting for a server: 6.1 seconds lagged."}}).encode()


@pytest.fixture(scope="session")
def sample_pages() -> list[Page]:
    units = plan_units([sample_paths("zh").wikipedia])
    return [page for unit in units for page in read_pages(unit, Problems())]


@pytest.fixture
def wiki(sample_pages: list[Page], sample_entities: list[dict[str, Any]], wiki_server: Any) -> Iterator[Any]:
    items: dict[str, str] = {}
    redirects: dict[str, str] = {}
    for entity in sample_entities:
        names = [term["value"] for code, term in entity["labels"].items() if code.startswith("zh")]
        if entity["type"] == "item" and names:
            title = entity["sitelinks"].get("zhwiki", {"title": names[0]})["title"]
            items.setdefault(title, entity["id"])
            names += [term["value"] for term in entity["aliases"].get("zh", ())]
            redirects |= dict.fromkeys(names, title)
    # Every page that there is an entity of exists, if only as a stub, and other names lead to it.
    pages = {name: (0, 1, f"#REDIRECT [[{title}]]") for name, title in redirects.items()}
    pages |= {title: (10_000_000 + int(qid[1:]), 1, "小作品") for title, qid in items.items()}
    served = wiki_server.Wiki(pages | wiki_server.titles_of(sample_pages), items)
    stop = wiki_server.serve(served)
    yield served
    stop()


@pytest.fixture
def titles(sample_pages: list[Page], tmp_path: Path) -> Path:
    path = tmp_path / "titles.txt"
    articles = [page.title for page in sample_pages if page.ns == 0 and redirect_target(page) is None]
    path.write_text("\n".join(articles), "utf-8")
    return path


def build(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(
        sys, "argv", ["kg2instruct", "align", "--lang", "zh", "--workers", "1", *map(str, arguments)]
    )
    return run()


def records(out: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in sorted(out.glob("aligned/*")) for line in path.read_bytes().splitlines()
    ]


def without_values(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"entity": [mention for mention in record["entity"] if mention["qid"]]}


def test_pages_of_an_api_and_entities_of_an_endpoint_give_the_records_of_dumps(
    engine: Any, wiki: Any, titles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = {1: (200, LAG, {"Retry-After": "0"}), 3: (503, b"<html>busy</html>", {"Retry-After": "0"})}
    wiki.spoil = lambda number: busy.get(number)
    assert build(monkeypatch, "--out", tmp_path / "dumps", "--quiet") == 0
    apis = ["--wiki-api", wiki.url, "--sparql", engine.url, "--titles", titles]
    assert build(monkeypatch, *apis, "--out", tmp_path / "apis", "--quiet") == 0
    expected, found = records(tmp_path / "dumps"), records(tmp_path / "apis")
    assert len(found) > 100
    assert [record["id"] for record in found] == [record["id"] for record in expected]
    # A store with fewer names takes an amount for one whose unit is, as a word, the name of something.
    assert list(map(without_values, found)) == list(map(without_values, expected))
    assert sum(len(record["relation"]) for record in found) > 300
    assert (tmp_path / "apis" / "pages" / "zh.xml").exists()
    assert explain(tmp_path / "apis", found[0]["id"]).differs == ""
    asked = len(wiki.asked), len(engine.queries)
    assert build(monkeypatch, *apis, "--out", tmp_path / "apis", "--quiet") == 0
    assert (len(wiki.asked), len(engine.queries)) == asked


def test_a_build_that_broke_off_asks_the_wiki_only_for_the_rest(
    engine: Any, wiki: Any, titles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = titles.read_text("utf-8").splitlines()
    assert len(names) > 50
    whole_batch = -(-50 // 7)  # requests
    wiki.spoil = lambda number: (403, b"banned", {}) if number > whole_batch else None
    arguments = [
        "--wiki-api",
        wiki.url,
        "--sparql",
        engine.url,
        "--titles",
        titles,
        "--out",
        tmp_path / "out",
    ]
    assert build(monkeypatch, *arguments, "--quiet") == 1
    wiki.spoil = lambda _number: None
    wiki.asked.clear()
    assert build(monkeypatch, *arguments, "--quiet") == 0
    asked = [form["titles"].split("|") for form in wiki.asked if "revisions" in form["prop"]]
    assert asked and all(batch[0] in names[50:] for batch in asked)
    assert len({record["page"]["title"] for record in records(tmp_path / "out")}) > 40


def test_titles_pick_pages_of_a_dump_and_redirects_stand_for_their_pages(
    engine: Any, sample_pages: list[Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = [Page(900, "居里夫人小姐", 0, 9, "#REDIRECT [[玛丽·居里]]", "玛丽·居里")]
    dump = tmp_path / "dump.xml"
    dump.write_bytes(b"".join(export_lines([*sample_pages, *extra], "zh")))
    extra.append(Page(901, "IPHONE", 0, 9, "IPHONE是另一页。"))
    listed = ["居里夫人小姐", "汞", "没有这一页", "魯迅", "蘋果", "iPhone"]
    (tmp_path / "titles.txt").write_text("\n".join(listed), "utf-8")
    out = tmp_path / "out"
    arguments = [
        "--wikipedia",
        dump,
        "--sparql",
        engine.url,
        "--titles",
        tmp_path / "titles.txt",
        "--out",
        out,
    ]
    assert build(monkeypatch, *arguments, "--quiet") == 0
    expected = {"玛丽·居里", "汞", "鲁迅", "苹果", "IPhone"}
    assert {record["page"]["title"] for record in records(out)} == expected
    stats = json.loads((out / "stats.json").read_text())
    assert stats["problems"]["title without a page (zh)"] == {"count": 1, "examples": ["没有这一页"]}
    relations = {(r["head"], r["property"]) for record in records(out) for r in record["relation"]}
    assert ("玛丽·居里", "P166") in relations


def test_what_does_not_go_together_is_told() -> None:
    from kg2instruct.config import BuildConfig

    wrong = {
        "need a list of pages": {"sparql": "http://x", "wikipedia": ("a.xml",)},
        "give only one of kb": {"sparql": "http://x", "kb": "kb", "wikipedia": ("a.xml",), "titles": ("t",)},
        "either wikipedia .* or wiki_api": {
            "wiki_api": ("u",),
            "wikipedia": ("a",),
            "kb": "kb",
            "titles": ("t",),
        },
        "--titles needs pages": {"titles": ("t",)},
    }
    for said, options in wrong.items():
        with pytest.raises(ConfigError, match=said):
            BuildConfig(**options)  # type: ignore[arg-type]


def test_titles_that_are_no_pages_at_all_end_the_build(
    engine: Any,
    wiki: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "titles.txt").write_text("没有这一页\n", "utf-8")
    arguments = ["--wiki-api", wiki.url, "--sparql", engine.url, "--titles", tmp_path / "titles.txt"]
    assert build(monkeypatch, *arguments, "--out", tmp_path / "out") == 1
    assert "none of the 1 titles is a page" in capsys.readouterr().err


@pytest.fixture
def api(wiki: Any) -> Iterator[WikiApi]:
    with Web(contact="ada@example.org", backoff=Backoff(first=0.001, longest=0.01, tries=4)) as web:
        yield WikiApi(wiki.url, web)


def test_texts_that_come_in_several_parts_are_put_together(wiki: Any, api: WikiApi, titles: Path) -> None:
    asked = titles.read_text("utf-8").splitlines()[:30]
    found = api.pages(asked)
    assert {title: page.text for title, page in found.pages.items()} == {t: wiki.pages[t][2] for t in asked}
    assert len(wiki.asked) == 5
    assert all(form["maxlag"] == "5" for form in wiki.asked)
    assert all("(ada@example.org)" in agent for agent in wiki.agents)


def test_redirects_variants_and_spellings_lead_to_the_page(wiki: Any, api: WikiApi) -> None:
    wiki.pages["居礼夫人"] = (1, 1, "#REDIRECT [[玛丽·居里]]")
    wiki.variants["居禮夫人"] = "居礼夫人"
    found = api.resolve(["居禮夫人", "华沙", "没有"])
    assert found.leads == {"居禮夫人": "玛丽·居里", "华沙": "华沙"}
    assert found.items["玛丽·居里"] == "Q7186"
    assert found.redirects == {"居礼夫人": "玛丽·居里"}
    assert found.missing == ["没有"]


@pytest.mark.parametrize("answer", [LAG, b"<html>502</html>", b'{"query": {"pa', b""])
def test_what_may_pass_is_asked_again_and_at_last_told(wiki: Any, api: WikiApi, answer: bytes) -> None:
    wiki.spoil = lambda number: (200, answer, {}) if number < 3 else None
    assert api.resolve(["华沙"]).items
    wiki.spoil = lambda _number: (200, answer, {})
    with pytest.raises(WebError, match="failed 4 times"):
        api.resolve(["华沙"])


def test_what_the_wiki_refuses_is_told_at_once(wiki: Any, api: WikiApi) -> None:
    with pytest.raises(WebError, match="toomanyvalues"):
        api.resolve([str(n) for n in range(51)])
    assert len(wiki.asked) == 1
    assert not isinstance(InputError("x"), WebError)


def test_pages_survive_being_written_as_an_export(tmp_path: Path) -> None:
    pages = [
        Page(1, 'A & B "<x>"', 0, 2, 'a]]>&amp;<ref name="x">\n\x07 b\r\n  c </text>'),
        Page(3, "R", 0, 4, "#REDIRECT [[A & B]]", 'A & B "<x>"'),
    ]
    path = tmp_path / "pages.xml"
    path.write_bytes(b"".join(export_lines(pages, "zh")))
    problems = Problems()
    (first, second) = [page for unit in plan_units([path]) for page in read_pages(unit, problems)]
    assert (first.title, first.id, first.revision) == (pages[0].title, 1, 2)
    assert first.text == pages[0].text.replace("\x07", "").replace("\r\n", "\n")
    assert second.redirect == pages[1].redirect
    assert not problems.counts
