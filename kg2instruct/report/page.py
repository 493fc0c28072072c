"""The report's page: one HTML file with style, program and data inside, that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.jsonl import atomic_writer

_STYLES = ("report.css", "record.css")
_SCRIPTS = ("app.js", "overview.js", "arcs.js", "records.js", "start.js")
_TITLES = {
    "build": ("数据集报告 · kg2instruct", "Dataset report · kg2instruct"),
    "align": ("对齐报告 · kg2instruct", "Alignment report · kg2instruct"),
    "mix": ("混合数据集报告 · kg2instruct", "Mixture report · kg2instruct"),
}


def write_page(path: Path, data: Mapping[str, Any]) -> None:
    """Write the page whole or not at all. Raises OutputError."""
    content = report_page(data).encode()
    with atomic_writer(path) as out:
        out.write(content)


def report_page(data: Mapping[str, Any]) -> str:
    """The page as HTML. All that is in `data` is shown as text: the page may run its own program only."""
    lang = "zh-Hans" if data["facts"].get("lang") == "zh" else "en"
    script = "\n".join(asset(name) for name in _SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "LANG": lang,
        "TITLE": html.escape(_TITLES[data["kind"]][lang == "en"]),
        "HASH": f"sha256-{digest}",
        "STYLE": "\n".join(asset(name) for name in _STYLES),
        "WORDS": _json(msgspec.json.decode(asset("words.json"))),
        "DATA": _json(data),
        "SCRIPT": script,
    }
    page = asset("report.html")
    pieces = []
    while "{{" in page:  # piece by piece, so that what is put in is never looked at again
        before, _, page = page.partition("{{")
        name, _, page = page.partition("}}")
        pieces += [before, parts[name]]
    return "".join([*pieces, page])


@cache
def asset(name: str) -> str:
    """A file of the page."""
    return (files("kg2instruct.report") / "page" / name).read_text(encoding="utf-8")


def _json(data: Any) -> str:
    """JSON that cannot end the element it stands in."""
    text = msgspec.json.encode(data).decode()
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
