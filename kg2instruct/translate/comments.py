"""Comments and strings of code: where they stand, and whether code is the same apart from them.

    total = 0  # the sum so far        "the sum so far" may be translated
    print("The total is", total)       so may "The total is", but not a string of one word, which may be a key

Python is read by its own parser. For other languages a scanner of comments and quotes decides, and where
tree-sitter and a grammar are installed the code must also parse as well as it did before.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from kg2instruct.translate.code import parsed

_FENCE_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*([\w+#-]*)[^\n]*\n?", re.MULTILINE)
_FENCED = re.compile(
    r"(?ms)^[ \t]*(`{3,}|~{3,})[ \t]*(?P<name>[\w+#-]*)[^\n]*\n(?P<code>.*?)^[ \t]*\1[ \t]*$"
)

_STRING = r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
_PYTHON = re.compile(
    rf"(?P<string>[rRbBuUfF]{{0,2}}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|{_STRING}))|(?P<comment>\#[^\n]*)",
    re.DOTALL,
)
_C_LIKE = re.compile(
    rf"(?P<string>{_STRING}|`(?:[^`\\]|\\.)*`)|(?P<comment>//[^\n]*|/\*.*?\*/|<!--.*?-->)", re.DOTALL
)
_SQL = re.compile(rf"(?P<string>{_STRING})|(?P<comment>--[^\n]*|/\*.*?\*/)", re.DOTALL)
_SHELL = re.compile(rf"(?P<string>{_STRING})|(?P<comment>(?:(?<=\s)|^)\#[^\n]*)", re.DOTALL | re.MULTILINE)
_SCANNERS = {"python": _PYTHON, "sql": _SQL, "bash": _SHELL, "ruby": _SHELL, "c": _C_LIKE}

_NAMES = {
    "py": "python", "python3": "python", "js": "javascript", "jsx": "javascript", "ts": "javascript",
    "typescript": "javascript", "c++": "cpp", "sh": "bash", "shell": "bash", "rb": "ruby",
}  # fmt: skip
# How code without a name is told; the first that fits.
_SIGNS = (
    ("sql", re.compile(r"(?im)^\s*(?:select\b.*\bfrom\b|insert\s+into|create\s+table|update\s+\w+\s+set)")),
    ("cpp", re.compile(r"#include\s*<\w+>|std::|\bcout\b")),
    ("c", re.compile(r"#include\b|\bprintf\s*\(\"")),
    ("java", re.compile(r"\bpublic\s+(?:static|class)\b|\bSystem\.out\b")),
    ("javascript", re.compile(r"\b(?:const|let|var)\s+\w+\s*=|=>|\bfunction\b|console\.log")),
    ("bash", re.compile(r"^#!.*sh\b|\becho\b|^\s*fi\b", re.MULTILINE)),
    ("python", re.compile(r"(?m)^\s*(?:def|class)\s+\w+.*:|^\s*import\s+\w+\s*$|\bprint\b")),
)
# A string is prose if it has two words side by side; escapes and templates are left alone.
_PROSE = re.compile(r"[^\W\d_]{2,}[,:]? +[^\W\d_]|[\u4e00-\u9fff]{2,}")
_NO_PROSE = re.compile(r"[\\{}%<>]|://")


def comment_spans(code: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of the text of comments and of strings that are prose, without their signs."""
    for name, start, end in _blocks(code):
        part = code[start:end]
        for match in _scanner(name or guess(part)).finditer(part):
            for a, b in _inner(match):
                if _PROSE.search(match.string, a, b) and not (
                    match["string"] and _NO_PROSE.search(match.string, a, b)
                ):
                    yield start + a, start + b


def _blocks(code: str) -> Iterator[tuple[str, int, int]]:
    """Language and place of the code within fences, or of all of it."""
    found = False
    for match in _FENCED.finditer(code):
        found = True
        name = match["name"].lower()
        yield _NAMES.get(name, name), match.start("code"), match.end("code")
    if not found and not _FENCE_LINE.match(code):
        yield "", 0, len(code)


def guess(code: str) -> str:
    """The language of code by what stands in it; Python where it parses as such."""
    if parsed(code) is not None:
        return "python"
    return next((name for name, sign in _SIGNS if sign.search(code)), "c")


def _scanner(name: str) -> re.Pattern[str]:
    return _SCANNERS.get(name, _C_LIKE)


def _inner(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Lines of a comment or string, each without signs and white space."""
    text, offset = match[0], match.start()
    if match["string"]:
        lead = re.match(r"[rRbBuUfF]{0,2}(\"\"\"|'''|[\"'`])", text)
        if lead is None or "f" in lead[0].lower() or "b" in lead[0].lower():
            return
        inner, offset = text[lead.end() : -len(lead[1])], offset + lead.end()
    else:
        inner = text.removesuffix("*/").removesuffix("-->")
    position = 0
    for line in inner.split("\n"):
        words = re.fullmatch(r"(\s*(?:#+|//+|/\*+|<!--|--|\*+)?\s*)(.*?)(\s*)", line)
        if words and words[2]:
            yield offset + position + words.end(1), offset + position + words.end(2)
        position += len(line) + 1


def changed_code(before: str, after: str) -> str | None:
    """What differs between the code of two texts apart from comments and strings, or None."""
    blocks, changed = list(_blocks(before)), list(_blocks(after))
    if len(blocks) != len(changed):
        return "the number of code blocks has changed"
    for (name, a, b), (_, c, d) in zip(blocks, changed, strict=True):
        old, new = before[a:b], after[c:d]
        if old == new:
            continue
        language = name or guess(old)
        if not _same(old, new, language):
            return "the code has changed, not only its comments and strings"
        if (parse := _parser(language)) and parse(old) and not parse(new):
            return f"the code is no longer {language}"
    return None


def _same(old: str, new: str, language: str) -> bool:
    if language == "python" and (tree := parsed(old)) is not None:
        other = parsed(new)
        return other is not None and _bare(tree) == _bare(other)
    scanner = _scanner(language)
    return _skeleton(old, scanner) == _skeleton(new, scanner)


def _skeleton(code: str, scanner: re.Pattern[str]) -> str:
    return scanner.sub(lambda match: "''" if match["string"] else "/**/", code)


def _bare(tree: ast.AST) -> str:
    """A syntax tree as text, its strings empty."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@lru_cache(maxsize=16)
def _parser(language: str) -> Callable[[str], bool] | None:
    """Whether code parses, by tree-sitter; None without the grammar."""
    try:
        binding, grammar = import_module("tree_sitter"), import_module(f"tree_sitter_{language}")
    except ImportError:
        return None
    parser: Any = binding.Parser(binding.Language(grammar.language()))
    return lambda code: not parser.parse(code.encode()).root_node.has_error
