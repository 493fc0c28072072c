"""Which corpus a file is of, by its first rows."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

from kg2instruct.convert.formats.columns import split_line
from kg2instruct.convert.formats.tags import is_tag
from kg2instruct.convert.source import Source

_FIRST_LINES = 50


class Head:
    """The begin of a file: its first lines and, of JSON, its first row."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @cached_property
    def text(self) -> str:
        """The first characters of the file."""
        return self.source.head.decode(self.source.encoding, "ignore").lstrip("\ufeff")

    @cached_property
    def lines(self) -> list[str]:
        """The first lines that are not blank."""
        found = [line.rstrip("\r") for line in self.text.split("\n")[: 2 * _FIRST_LINES]]
        return [line for line in found if line.strip()][:_FIRST_LINES]

    @cached_property
    def row(self) -> dict[str, Any]:
        """The first row of JSON, or the only one; empty where there is none to read."""
        text = self.text.lstrip()
        try:
            value, _ = json.JSONDecoder().raw_decode(text[1:].lstrip() if text.startswith("[") else text)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def has(self, *keys: str) -> bool:
        """True when the first row has all of these keys."""
        return bool(self.row) and all(key in self.row for key in keys)

    def first(self, key: str) -> dict[str, Any]:
        """The first element of a list in the first row, or in its first lines that has one; else empty."""
        for line in [self.row, *self._rows]:
            items = line.get(key)
            if isinstance(items, list) and items and isinstance(items[0], dict):
                return items[0]
        return {}

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        found = []
        for line in self.lines:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                found.append(value)
        return found

    def matches(self, pattern: str) -> bool:
        """True when the file begins as the pattern says."""
        return re.match(pattern, self.text) is not None

    @cached_property
    def columns(self) -> int:
        """How many columns a file of tokens and tags has; 0 where it is none."""
        rows = [split_line(line) for line in self.lines if not line.startswith(("-DOCSTART-", "#"))]
        tagged = [row for row in rows if len(row) > 1 and is_tag(row[-1])]
        return len(tagged[0]) if rows and len(tagged) * 10 >= len(rows) * 9 else 0

    @cached_property
    def cells(self) -> list[list[str]]:
        """The first lines, parted at tabs."""
        return [line.split("\t") for line in self.lines]
