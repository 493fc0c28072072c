"""Values as bare words where that is safe, else as JSON strings: the escaping of all line-based formats.

A value is written as it is unless it is empty, begins or ends with white space, begins with a single quote,
holds a double quote, a backslash, a control character or one of the format's own delimiters, or is a word for
"nothing found" (a song called 无), which is no value where it stands bare. Such a value is written as a JSON
string:

    周星驰 -> 周星驰        Washington, D.C. -> "Washington, D.C."        say "hi" -> "say \"hi\""
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from kg2instruct.render.formats.nothing import means_nothing
from kg2instruct.render.json_text import json_text

JSON_STRING = r'"(?:[^"\\\x00-\x1f]|\\.)*"'


def quoter(delimiters: str) -> Callable[[str], str]:
    """A function that writes a value so that it can be told from these delimiters."""
    marks = re.escape(delimiters)
    safe = re.compile(rf"""(?![\s'])[^{marks}"\\\x00-\x1f\x7f\x85\u2028\u2029]+(?<!\s)""").fullmatch

    def quote(value: str) -> str:
        return value if safe(value) and not means_nothing(value) else json_text(value)

    return quote


def tokens(text: str, delimiters: str) -> Iterator[tuple[str, str]]:
    """Delimiters as (itself, itself) and values as ("", value); white space around values means nothing.

    Raises ValueError at a quote that is not closed or stands inside a bare value, and at a word for nothing.
    """
    scan = _scanner(delimiters)
    position = 0
    while position < len(text):
        match = scan.match(text, position)
        if match is None:
            if text[position:].isspace():
                return
            raise ValueError(f"stray quote at {position}: {text[position : position + 20]!r}")
        quoted, delimiter, bare = match.groups()
        position = match.end()
        if quoted:
            yield "", json.loads(quoted)
        elif delimiter:
            yield delimiter, delimiter
        elif bare.strip():
            if bare.lstrip()[0] == "'":
                raise ValueError(f"a single quote begins a value: {bare[:20]!r}")
            value = bare.strip()
            if means_nothing(value):
                raise ValueError(f"a bare word for nothing: {value!r}")
            yield "", value


@lru_cache(maxsize=32)
def _scanner(delimiters: str) -> re.Pattern[str]:
    marks = re.escape(delimiters)
    delimiter = f"[{marks}]" if delimiters else "(?!)"
    return re.compile(rf'\s*(?:({JSON_STRING})\s*|({delimiter})|([^"{marks}]+))')
