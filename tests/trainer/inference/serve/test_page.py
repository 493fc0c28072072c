"""The page in a real browser: instructions built, answers streamed and drawn, nothing asked of the network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import Kg2InstructError
from trainer.inference.decoding import Decoding
from trainer.inference.serve.builder import Schemas
from trainer.inference.serve.page import Page
from trainer.prompts import Conversation

from ..conftest import ROOT

pytest.importorskip("gradio", reason="gradio is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
# What Gradio and the servers below it do with each other is none of ours.
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium"),
    pytest.mark.filterwarnings("default"),
]
TEXT = "林岚生于青川市，2019年就任市长。"
ANSWER = '{"出生地": [{"head": "林岚", "tail": "青川市"}], "职位": [{"head": "林岚", "tail": "省长"}]}'


class Scripted:
    """Says what it is told to, in pieces, and keeps what it was asked."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[tuple[Conversation, Decoding]] = []

    def __call__(self, turns: Conversation, decoding: Decoding) -> Iterator[str]:
        self.asked.append((turns, decoding))
        if not self.answer:
            raise Kg2InstructError("the model is out for lunch")
        for i in range(0, len(self.answer), 8):
            yield self.answer[i : i + 8]


class Endless:
    """Never comes to an end; `left` says that nobody reads on and that it has noticed."""

    def __init__(self) -> None:
        self.left = threading.Event()

    def __call__(self, turns: Conversation, decoding: Decoding) -> Iterator[str]:  # noqa: ARG002
        self.left.clear()
        try:
            while True:
                yield "啊"
                time.sleep(0.02)
        finally:
            self.left.set()


@pytest.fixture(scope="module")
def endless() -> Endless:
    return Endless()


@pytest.fixture(scope="module")
def models() -> dict[str, Scripted]:
    return {"tuned": Scripted(ANSWER), "base": Scripted("我不知道。"), "away": Scripted("")}


@pytest.fixture(scope="module")
def address(models: dict[str, Scripted], endless: Endless) -> Iterator[str]:
    server = Page({**models, "endless": endless}, Schemas()).launch(block=False)
    yield server.local_url
    server.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Any, address: str, lang: str = "zh-CN") -> Any:
    """The page, ready to be used."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale=lang)
    page.goto(address)
    first = "出生地" if lang.startswith("zh") else "place of birth"
    sync_api.expect(page.locator("#instruction textarea")).to_have_value(re.compile(first), timeout=30_000)
    return page


def choose(page: Any, field: str, option: str) -> None:
    """Take an option of a drop-down."""
    page.click(f"#{field} input")
    page.get_by_role("option", name=option, exact=True).click()


def test_an_instruction_is_built_and_answered_without_the_network(
    browser: Any, address: str, models: dict[str, Scripted]
) -> None:
    page, expect, visited = opened(browser, address), sync_api.expect, list[str]()
    page.on("request", lambda request: visited.append(request.url))
    page.reload()
    expect(page.locator("#instruction textarea")).to_have_value(re.compile("出生地"))
    page.fill("#text textarea", TEXT)
    page.fill("#instruction textarea", page.input_value("#instruction textarea") + "务必简短。")
    choose(page, "compare", "base")
    page.get_by_role("button", name="抽取").click()
    expect(page.locator("#answer_a textarea")).to_have_value(ANSWER)
    expect(page.locator("#view_a .kg-table tbody tr")).to_have_count(2)
    assert page.locator("#view_a .kg-table th").all_inner_texts() == ["头实体", "关系", "尾实体"]
    assert page.locator("#view_a td").all_inner_texts() == [
        "林岚",
        "出生地",
        "青川市",
        "林岚",
        "职位",
        "省长",
    ]
    assert page.locator("#view_a .kg-mark").all_inner_texts() == ["林岚", "青川市"]
    assert page.locator("#view_a .kg-missing").all_inner_texts() == ["省长"]
    names = page.locator("#view_a .kg-node text").all_text_contents()
    assert sorted(names) == sorted(["林岚", "青川市", "省长"])
    assert sorted(page.locator("#view_a .kg-edge-label").all_text_contents()) == ["出生地", "职位"]
    expect(page.locator("#view_b")).to_contain_text("未能读懂")
    turns, decoding = models["tuned"].asked[-1]
    assert [x["role"] for x in turns] == ["user"]
    assert turns[0]["content"].endswith(f"务必简短。\n\n{TEXT}")
    assert decoding == Decoding()
    assert len(visited) > 10
    assert [url for url in visited if not url.startswith((address, "data:", "blob:"))] == []
    page.close()


def test_task_format_language_labels_and_wording_change_the_instruction(browser: Any, address: str) -> None:
    page, expect = opened(browser, address, "en-US"), sync_api.expect
    box = page.locator("#instruction textarea")
    expect(page.locator("#text textarea")).to_have_value(re.compile("Ada Lind"))
    choose(page, "format", "xml")
    expect(box).to_have_value(re.compile("<"))
    before = box.input_value()
    page.click("#another")
    expect(box).not_to_have_value(before)
    choose(page, "task", "named entity recognition (ner)")
    expect(box).not_to_have_value(re.compile("place of birth"))
    page.fill("#labels input", "recipe")
    page.press("#labels input", "Enter")
    expect(box).to_have_value(re.compile("recipe"))
    choose(page, "task", "event extraction (ee)")
    expect(page.locator("#schema input")).to_have_value(re.compile("casie|ace2005|duee"))
    page.get_by_role("radio", name="中文").click()
    expect(box).to_have_value(re.compile("事件|角色|论元"))
    expect(page.locator("#text textarea")).to_have_value(re.compile("林岚"))
    page.close()


def test_what_goes_wrong_is_told_on_the_page(browser: Any, address: str) -> None:
    page, expect = opened(browser, address), sync_api.expect
    choose(page, "model", "away")
    page.click("#run")
    expect(page.get_by_text("the model is out for lunch")).to_be_visible()
    page.close()


@pytest.mark.parametrize("how", ["stop", "close"])
def test_an_answer_nobody_waits_for_is_given_up(
    browser: Any, address: str, endless: Endless, how: str
) -> None:
    page, expect = opened(browser, address), sync_api.expect
    choose(page, "model", "endless")
    page.click("#run")
    expect(page.locator("#answer_a textarea")).to_have_value(re.compile("啊啊"))
    assert not endless.left.is_set()
    if how == "stop":
        page.click("#stop")
        assert endless.left.wait(30)
    page.close()
    assert endless.left.wait(30)


@pytest.mark.slow
def test_the_program_serves_a_model_and_its_adapter(browser: Any, adapter: Path) -> None:
    command = [
        *(sys.executable, "-m", "kg2instruct", "serve", "--model", str(adapter)),
        *("--device", "cpu", "--port", "0", "--lang", "zh"),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            told: list[str] = []
            while not (found := re.search(r"http://\S+", told[-1] if told else "")):
                told.append(server.stderr.readline())
                assert told[-1], told
            page = opened(browser, found[0])
            page.fill("#text textarea", TEXT)
            page.click("#compare input")
            options = page.get_by_role("option").all_inner_texts()
            assert [x.replace("✓", "").strip() for x in options] == ["—", "tuned", "base"]
            page.get_by_role("option", name="base", exact=True).click()
            page.get_by_text("解码与系统提示").click()
            page.get_by_role("spinbutton", name=re.compile("最多新词元")).fill("16")
            page.click("#run")
            sync_api.expect(page.locator("#view_b .kg-result")).to_be_visible(timeout=60_000)
            said = [page.input_value(f"#answer_{side} textarea") for side in "ab"]
            assert all(said)
            assert said[0] != said[1]
            page.close()
        finally:
            server.terminate()
            server.wait(20)
