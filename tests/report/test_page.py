"""The report in a browser: it shows what the build counted, can be used by all, and runs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.pipeline.report import report_facts
from kg2instruct.records import Dropped, Example, InstructionRow, Mention, PageRef, Triple
from kg2instruct.report.data import build_data, mix_data, record_data
from kg2instruct.report.page import write_page
from kg2instruct.report.sample import Sampled

Visit = Callable[..., Any]
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


def selected(page: Any) -> str:
    return str(page.locator("#list [aria-current]").get_attribute("data-id"))


def listed(page: Any) -> int:
    return int(page.locator("#list li").count())


def test_the_overview_shows_the_counts_of_the_build(
    sample: Path, visit: Visit, inside: Callable[[Path], dict[str, Any]]
) -> None:
    page = visit(sample / "report.html")
    text = page.locator("main").inner_text()
    for _, n in inside(sample / "report.html")["figures"]:
        assert f"{n:,}" in text
    assert "1,876" in text or "," in text
    assert page.locator("h1").inner_text() == "数据集报告"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["#overview", "#records"])
def test_axe_finds_nothing_to_complain_of(sample: Path, visit: Visit, view: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    page = visit(sample / "report.html", view, color_scheme=scheme)
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in found] == []


def test_every_name_of_the_page_is_there_in_both_languages(sample: Path, visit: Visit) -> None:
    import json
    import re

    from kg2instruct.align.rules import RULES
    from kg2instruct.mix.decide import REASONS
    from kg2instruct.render.tasks import TASKS
    from kg2instruct.report.page import asset

    words = json.loads(asset("words.json"))
    assert all(set(told) == {"zh", "en"} for told in words.values())
    scripts = "".join(asset(name) for name in ("app.js", "overview.js", "records.js", "arcs.js"))
    used = set(re.findall(r"""\bt\("([^"]+)"\)""", scripts)) | {f"task {name}" for name in TASKS}
    used |= {f"reason {rule.__name__.replace('_', ' ')}" for rule in RULES} | {
        f"reason {x}" for x in REASONS[1:]
    }
    assert sorted(used - set(words)) == []
    page = visit(sample / "report.html")
    page.keyboard.press("l")
    assert not re.search(
        "[\u4e00-\u9fff]", page.locator(".tools, nav, h2").first.inner_text().replace("中文", "")
    )


def test_the_keyboard_does_all(sample: Path, visit: Visit) -> None:
    page = visit(sample / "report.html")
    page.keyboard.press("2")
    first = selected(page)
    page.keyboard.press("ArrowDown")
    second = selected(page)
    assert second != first
    page.keyboard.press("k")
    assert selected(page) == first
    page.keyboard.press("/")
    page.keyboard.type("居里")
    everything = listed(page)
    assert 0 < everything < 100
    page.keyboard.press("ArrowDown")
    assert selected(page) != first
    page.keyboard.press("Escape")
    assert listed(page) > everything
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")  # the page takes it away once the browser has closed it
    page.keyboard.press("l")
    assert page.locator("h1").inner_text() == "Dataset report"
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_the_focus_stays_where_the_keyboard_is(sample: Path, visit: Visit) -> None:
    page = visit(sample / "report.html")
    for name in ("lang", "theme", "to-records", "to-overview"):
        page.locator(f"#{name}").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == name
    page.locator("button.link:not(.more)").first.focus()
    page.keyboard.press("Enter")  # goes to the records
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("address", ["#%", "#records/%E4%zz", "#nothing", "#records/zhwiki-1-1-0"])
def test_an_address_of_nothing_shows_no_other_record(sample: Path, visit: Visit, address: str) -> None:
    page = visit(sample / "report.html", address)
    assert page.locator("#main").is_visible()
    if address.startswith("#records"):
        assert page.locator("#record .empty").is_visible()
        page.keyboard.press("Escape")
        assert listed(page) > 100


def test_rows_of_a_mixture_are_found_by_all_their_texts_and_their_address(
    tmp_path: Path, visit: Visit
) -> None:
    rows = [
        InstructionRow(
            f"来源/{n} %{n}-0", "general", "zh", "来源", None, f"问{n}", f"文{n}", f"答{n}", "[]", "", ""
        )
        for n in range(3)
    ]
    stats = {"rows": {"train": 3}, "sources": {"来源": {"read": 3, "kept": 3, "left out": {}}}}
    facts = report_facts(["zh"], 0, ["来源"])
    write_page(tmp_path / "report.html", mix_data(stats, facts, [("train", row) for row in rows]))
    page = visit(tmp_path / "report.html", "#records")
    for text in ("问1", "文1", "答1"):
        page.fill("#search", text)
        assert (listed(page), selected(page)) == (1, rows[1].id)
    address = page.evaluate("location.hash")
    assert selected(visit(tmp_path / "report.html", address)) == rows[1].id


@pytest.mark.parametrize("width", [1280, 360])
def test_the_counts_of_whole_dumps_have_room(tmp_path: Path, visit: Visit, width: int) -> None:
    stats = {
        "rows": {"train": 123_456_789},
        "counts": {"pages read": 123_456_789, "pages": 23_456_789, "candidates": 987_654_321},
        "relations": {"出生地": 223_456_789, "国籍": 3},
    }
    write_page(tmp_path / "report.html", build_data(stats, report_facts(["zh"], 0, ["a"]), []))
    page = visit(tmp_path / "report.html", viewport={"width": width, "height": 800})
    wide = (
        "[...document.querySelectorAll('.bars td.n')].filter((n) => n.scrollWidth > n.clientWidth + 1).length"
    )
    assert page.evaluate(wide) == 0


def test_filters_leave_the_records_that_have_it(sample: Path, visit: Visit) -> None:
    page = visit(sample / "report.html", "#records")
    for name in ("topic", "relation", "reason", "task"):
        choice = page.locator(f"#filter-{name} option").nth(1)
        told = int(choice.inner_text().rsplit("(", 1)[1].rstrip(")"))
        page.select_option(f"#filter-{name}", choice.get_attribute("value"))
        assert listed(page) == told
        page.keyboard.press("Escape")
    page.fill("#search", "no record has this")
    assert listed(page) == 0
    assert page.locator("#record .empty").is_visible()


def test_a_relation_in_a_chart_leads_to_its_records(sample: Path, visit: Visit) -> None:
    page = visit(sample / "report.html")
    relation = page.locator(".panel", has=page.locator("h3", has_text="关系")).locator("button.link").first
    name = relation.inner_text()
    relation.click()
    assert page.locator("#filter-relation").input_value() == name
    assert name in page.locator("#record").inner_text()


@pytest.mark.parametrize("width", [1280, 360])
def test_each_relation_between_named_ends_is_drawn(
    sample: Path, visit: Visit, inside: Callable[[Path], dict[str, Any]], width: int
) -> None:
    records = sorted(inside(sample / "report.html")["records"], key=lambda r: -len(r["arcs"]))[:4]
    for record in records:
        page = visit(
            sample / "report.html", f"#records/{record['id']}", viewport={"width": width, "height": 800}
        )
        drawn = [arc for arc in record["arcs"] if arc[0] != arc[1]]
        assert page.locator(".arcs .head").count() == len(drawn)
        assert sorted(page.locator(".arcs text").all_text_contents()) == sorted(arc[4] for arc in drawn)
        box, text = page.locator(".drawn").bounding_box(), page.locator(".arcs text").all()
        for label in text:  # none is cut off
            at = label.bounding_box()
            assert box["x"] <= at["x"] and at["x"] + at["width"] <= box["x"] + box["width"] + 1
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_texts_are_shown_and_not_run(tmp_path: Path, visit: Visit) -> None:
    end = Mention(EVIL, EVIL, 0, len(EVIL), EVIL, "title")
    t = Triple(EVIL, EVIL, 0, EVIL, EVIL, "P1", EVIL, EVIL, None, "javascript:alert(3)", EVIL)
    example = Example(EVIL, "zh", EVIL, EVIL, EVIL + "\u2028", (end,), (t,), (), PageRef(EVIL, 1, 2, EVIL))
    row = InstructionRow(EVIL, EVIL, "zh", EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL)
    dropped = Dropped(EVIL, "align", EVIL, example.page, t, EVIL)
    stats = {
        "rows": {"train": 1},
        "counts": {"pages": 1, f"dropped: {EVIL}": 1, f"rows of format: {EVIL}": 1, "triples": 1},
        "relations": {EVIL: 1},
        "problems": {EVIL: {"count": 1, "examples": [EVIL]}},
    }
    record = record_data(Sampled(1, "u", example, (dropped,)), [("train", row)])
    facts = report_facts(["zh"], 0, [EVIL])
    write_page(tmp_path / "report.html", build_data(stats, facts, [record]))
    page = visit(tmp_path / "report.html", "#records")
    assert page.locator("#record h3").inner_text() == EVIL
    assert page.locator("img").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    page.keyboard.press("1")
    assert EVIL in page.locator(".problems").inner_text()


def test_printing_shows_the_charts_in_full_and_no_tools(sample: Path, visit: Visit) -> None:
    page = visit(sample / "report.html")
    page.emulate_media(media="print")
    assert not page.locator(".tools").is_visible()
    assert page.locator(".figures").is_visible()
