"""Code without a fence: which lines of a text are code.

Use this function:          prose
def f(x):                   code, by itself
    return x + 1            code, because it is indented behind code
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

import yaml

_STATEMENTS = (
    ast.Assign, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
    ast.Import, ast.ImportFrom, ast.For, ast.While, ast.With, ast.If, ast.Try, ast.Return, ast.Raise, ast.Delete,
)  # fmt: skip
_LONGEST_PARSED = 20_000


def code_spans(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of lines of code in `text[start:end]`, without blank lines around it."""
    end = len(text) if end is None else end
    part = text[start:end]
    if is_python(part):
        lead = len(part) - len(part.lstrip("\n"))
        yield start + lead, start + len(part.rstrip())
        return
    first = last = None
    position = start
    for line in part.splitlines(keepends=True):
        stripped = line.rstrip()
        if _lines("by_itself").match(stripped) and not _lines("prose").match(stripped):
            first, last = (position if first is None else first), position + len(stripped)
        elif first is not None and _continues(stripped):
            last = position + len(stripped) if stripped else last
        elif first is not None and last is not None:
            yield first, last
            first = last = None
        position += len(line)
    if first is not None and last is not None:
        yield first, last


def _continues(line: str) -> bool:
    return _lines("goes_on").search(line) is not None and not _lines("prose").match(line)


@lru_cache(maxsize=4)
def _lines(kind: str) -> re.Pattern[str]:
    text = (files("kg2instruct.translate") / "data" / "code_lines.yaml").read_text(encoding="utf-8")
    patterns = "|".join(f"(?:{pattern})" for pattern in yaml.safe_load(text)[kind])
    return re.compile(rf"\s*(?:{patterns})" if kind == "by_itself" else patterns)


@lru_cache(maxsize=64)  # readers and masks ask for the same texts, one after the other
def is_python(text: str) -> bool:
    """Whether the whole text is Python that does something: a word or a list of words is prose."""
    if not text.strip() or len(text) > _LONGEST_PARSED or not any(mark in text for mark in "=(:"):
        return False
    tree = parsed(text.strip("\n"))
    return tree is not None and any(
        isinstance(node, _STATEMENTS) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        for node in tree.body
    )


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of Python code, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the code's own, such as invalid escapes
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
