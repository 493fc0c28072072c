"""The documentation site builds without a warning, loads nothing from elsewhere, and has every page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

_LOADED = re.compile(
    r"<(?:script|img|iframe|source)[^>]+src=\"(https?:)?//|<link[^>]+rel=\"(?:stylesheet|preload|preconnect)\"[^>]+href=\"(https?:)?//"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("site")
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {
        "NO_MKDOCS_2_WARNING": "1",
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    built = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_page_is_on_the_site(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    missing = [page for page in pages if page.name != "index" and not (site / page / "index.html").exists()]
    assert missing == []


def test_notebooks_are_pages_with_their_tables_and_pictures(site: Path) -> None:
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        page = site / "notebooks" / notebook.stem / "index.html"
        text = page.read_text("utf-8")
        assert "<table" in text
        pictures = re.findall(r'<img[^>]*src="([^"]+\.png)"', text)
        assert pictures
        assert all((page.parent / picture).resolve().exists() for picture in pictures)


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert [path for path in site.rglob("*.html") if _LOADED.search(path.read_text("utf-8"))] == []


def test_the_reference_has_what_docstrings_say(site: Path) -> None:
    text = (site / "reference" / "rendering" / "index.html").read_text("utf-8")
    assert "RenderOptions" in text
    assert "Share of records whose instruction lists no labels." in text
