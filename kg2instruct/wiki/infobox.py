"""Parameters of infoboxes → visible text with links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from kg2instruct.wiki.cleanup import tidy
from kg2instruct.wiki.data_files import load_data
from kg2instruct.wiki.expand import Fields
from kg2instruct.wiki.rich import EMPTY, Rich, joined
from kg2instruct.wiki.strip import strip_files, strip_tables
from kg2instruct.wiki.wikitext import render_line

_MARKUP = re.compile(r"[\[\]<&{}_'\n\ue000-\ue002]|://|-\{|  ")
_LINE_BREAK = re.compile(r"<br\b[^<>]*>|</?(?:li|p|div)\b[^<>]*>|\n", re.IGNORECASE)


def render_fields(infoboxes: Iterable[Fields], *, trails: bool) -> list[tuple[str, str, Rich]]:
    """Template, field and value of all fields that show something; the lines of a value are kept apart."""
    values: list[tuple[str, str, Rich]] = []
    for fields in infoboxes:
        for name, value in fields.values:
            rich = Rich(value, [], []) if _MARKUP.search(value) is None else _render(value, trails)
            if rich.text:
                values.append((fields.template, name, rich))
    return values


def _render(value: str, trails: bool) -> Rich:
    rich = EMPTY
    for line in _LINE_BREAK.split(strip_files(strip_tables(value), file_opener())):
        part = tidy(render_line(line.lstrip("*#:; "), trails=trails))
        if part.text:
            rich = joined([rich, part], ["\n"]) if rich.text else part
    return rich


@lru_cache(maxsize=1)
def file_opener() -> re.Pattern[str]:
    """Where an embedded file begins."""
    names = "|".join(re.escape(name) for name in load_data("prefixes.yaml")["file"])
    return re.compile(rf"\[\[[ _]*(?:{names})[ _]*:", re.IGNORECASE)
