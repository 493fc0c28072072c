"""Which corpus a file is of, by its first rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cached_property
from itertools import islice
from typing import Any

from kg2instruct.convert.formats.columns import split_line
from kg2instruct.convert.formats.jsonrows import is_parquet, raw_rows
from kg2instruct.convert.formats.tags import is_tag
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source

_FIRST_LINES = 50
_FIRST_ROWS = 20
_BETWEEN = re.compile(r"[\s,\[\]]*")


class Head:
    """The begin of a file: its first lines and, of JSON, its first rows."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @cached_property
    def text(self) -> str:
        """The first characters of the file; none of a Parquet file."""
        if is_parquet(self.source):
            return ""
        return self.source.head.decode(self.source.encoding, "ignore").lstrip("\ufeff")

    @cached_property
    def lines(self) -> list[str]:
        """The first lines that are not blank."""
        found = [line.rstrip("\r") for line in self.text.split("\n")[: 2 * _FIRST_LINES]]
        return [line for line in found if line.strip()][:_FIRST_LINES]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The first rows of JSON, those that are whole; a file of one object is one row."""
        if is_parquet(self.source):
            return [json.loads(raw) for _, raw in islice(raw_rows(self.source, Report()), _FIRST_ROWS)]
        text, scan, found = self.text, json.JSONDecoder().raw_decode, list[dict[str, Any]]()
        position = _BETWEEN.match(text, 0).end()  # type: ignore[union-attr]
        while len(found) < _FIRST_ROWS and position < len(text):
            try:
                value, position = scan(text, position)
            except (ValueError, RecursionError):
                position = text.find("\n", position) + 1 or len(text)
                value = None
            if isinstance(value, dict):
                found.append(value)
            position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]
        return found

    def has(self, *keys: str) -> bool:
        """True when most of the first rows have all of these keys."""
        return _most(self.rows, lambda row: all(key in row for key in keys))

    def has_any(self, *keys: str) -> bool:
        """True when most of the first rows have one of these keys."""
        return _most(self.rows, lambda row: any(key in row for key in keys))

    def items(self, key: str) -> list[dict[str, Any]]:
        """The objects in a list of the first rows."""
        lists = [row.get(key) for row in self.rows]
        return [x for items in lists if isinstance(items, list) for x in items if isinstance(x, dict)]

    def most(self, key: str, test: Callable[[dict[str, Any]], bool]) -> bool:
        """True when most of the objects in a list of the first rows pass a test, and there are any."""
        return _most(self.items(key), test)

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


def _most(found: list[dict[str, Any]], test: Callable[[dict[str, Any]], bool]) -> bool:
    return 2 * sum(map(test, found)) > len(found)
