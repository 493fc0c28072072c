"""A build of the sample, a browser, and pages of made-up data."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kg2instruct.config import BuildConfig
from kg2instruct.pipeline.build import build


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample of both languages, built."""
    out = tmp_path_factory.mktemp("report") / "out"
    build(BuildConfig(lang=("zh", "en")), out)
    return out


def data_of(report: Path) -> dict[str, Any]:
    """The data inside a report's page."""
    text = report.read_text("utf-8").split('id="data">', 1)[1].split("</script>", 1)[0]
    data: dict[str, Any] = msgspec.json.decode(text)
    return data


@pytest.fixture(scope="session")
def inside() -> Callable[[Path], dict[str, Any]]:
    return data_of


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; of a module, since its event loop is in the way of tests that run one of their own."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs chromium")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a report; what the page's console says, and whatever it wants to load, fails the test."""
    contexts, told = [], []

    def visit(report: Path, at: str = "", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith("file:") or told.append(request.url))
        page.goto(f"{report.as_uri()}{at}")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert told == []
