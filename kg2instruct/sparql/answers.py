"""An endpoint's answer as rows, or what it is instead: a page of HTML, half an answer, a time-out.

{"results": {"bindings": [{"e": {"type": "uri", "value": "http://…/Q64"}}]}}  ->  [{"e": Node("uri", …)}]
"""

from __future__ import annotations

import re
import zlib

import msgspec
from msgspec import Struct

_TIMED_OUT = re.compile(
    rb"time[d ]?-?\s?out|TimeoutException|exceeds the limit of|deadline exceeded", re.IGNORECASE
)
_SHOWN = 160


class Node(Struct, frozen=True, gc=False):
    """A term of RDF: its kind (uri, literal, bnode), its text, language and data type."""

    type: str
    value: str
    lang: str = msgspec.field(default="", name="xml:lang")
    datatype: str = ""

    @property
    def blank(self) -> bool:
        """Whether it stands for something that nobody has named."""
        return self.type == "bnode" or "/.well-known/genid/" in self.value


Row = dict[str, Node]


class _Results(Struct):
    bindings: list[Row]


class _Answer(Struct):
    results: _Results


class BadAnswerError(Exception):
    """What came is not an answer; worth asking again."""


class TooSlowError(Exception):
    """The endpoint gave up on a query because it took too long; a smaller one may do."""


_decode = msgspec.json.Decoder(_Answer).decode


def read_rows(body: bytes) -> list[Row]:
    """The rows of a whole answer; raises TooSlowError or BadAnswerError for everything else.

    Some engines send their status before they begin to search, and break off in the middle of a good answer
    with the report of a time-out.
    """
    body = unpacked(body)
    try:
        return _decode(body).results.bindings
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # What names may hold does not count: the report stands at the end.
        if timed_out(body[-20_000:]) and not body.rstrip().endswith(b"}"):
            raise TooSlowError(shown(body[-2000:])) from error
        raise BadAnswerError(_what(body, error)) from error


def unpacked(body: bytes) -> bytes:
    """The content of a body that came packed (gzip); BadAnswerError where it is cut off."""
    if body[:2] != b"\x1f\x8b":
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(body)
    except zlib.error as error:
        raise BadAnswerError(f"a packed answer that is damaged: {error}") from error
    if not unpacker.eof:
        raise BadAnswerError("an answer that breaks off")
    return content


def timed_out(body: bytes) -> bool:
    """Whether an error page or report speaks of a time-out."""
    return _TIMED_OUT.search(body) is not None


def shown(body: bytes) -> str:
    """What an error page says, in a line."""
    text = re.sub(rb"(?is)<(style|script)\b.*?</\1>|<[^>]*>", b" ", body).decode("utf-8", "replace")
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _what(body: bytes, error: Exception) -> str:
    start = body.lstrip()[:200].lower()
    if not start:
        return "an empty answer"
    if start.startswith((b"<!doctype", b"<html", b"<head")):
        return f"a page of HTML instead of an answer: {shown(body)}"
    if start.startswith(b"{"):
        return f"an answer that breaks off or is no list of results ({error})"
    if start.startswith(b"<"):
        return "an answer in XML, not in JSON"
    return f"something else than JSON: {shown(body)}"
