"""Bytes of an export, in pieces as they come, to whole `<page>` elements."""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Note = Callable[[int, str, str], None]
"""Told the position in the content, the kind and the details of a problem."""

MAX_PAGE = 1 << 27  # bytes; no page of a wiki comes near it

PAGE_OPEN = re.compile(rb"<page(?=[\s/>])")
MAX_SECTION = 1 << 24  # bytes; a comment or CDATA section that is longer is taken for broken

_SECTIONS = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_OUTSIDE = re.compile(rb"<page(?=[\s/>])|<!--|<!\[CDATA\[")
_INSIDE = re.compile(rb"</page\s*>|<page(?=[\s/>])|<!--|<!\[CDATA\[")
_TEXT_WITHIN = 1 << 14  # bytes from the start of a usual page to its text, and from there to its end
_SELF_CLOSED = re.compile(rb"<page(?:\s[^<>]*)?/>")
_OPEN, _CLOSE = b"<page", b"</page>"


@dataclass(frozen=True, slots=True)
class Break:
    """What comes next does not go on with what came before, because of damage."""

    reason: str


class OwnEnd:
    """A page that starts after this is another unit's; what follows only ends a page begun before."""


Event = bytes | Break | OwnEnd


def split_pages(events: Iterable[Event], note: Note) -> Iterator[tuple[int, bytes]]:
    """Yield position and bytes of each page; pages without an end are told to `note` and left out.

    `<page>` and `</page>` inside comments and CDATA sections are content. A page belongs to who holds its
    first byte: what stands before the first `<page` is skipped, and a page is read to its end behind OwnEnd.
    """
    return _Splitter(events, note).pages()


def noting_breaks(events: Iterable[Event], note: Callable[[str], None]) -> Iterator[Event]:
    """The same events; `note` is told the reason of each Break."""
    for event in events:
        if isinstance(event, Break):
            note(event.reason)
        yield event


def section_at(content: mmap.mmap, start: int, at: int) -> int | None:
    """The end of the comment or CDATA section that covers `at`, or None; `start` is outside of any."""
    while (start := content.find(b"<!", start, at)) >= 0:
        opening = next((o for o in _SECTIONS if content[start : start + len(o)] == o), None)
        if opening is None:
            start += 2
            continue
        end = content.find(_SECTIONS[opening], start + len(opening), start + MAX_SECTION)
        if end > at:
            return end
        start = start + len(opening) if end < 0 else end
    return None


class _Splitter:
    def __init__(self, events: Iterable[Event], note: Note) -> None:
        self.events = events
        self.note = note
        self.buffer = bytearray()
        self.base = 0  # position in the content of the buffer's first byte
        self.limit: int | None = None  # where OwnEnd stands
        self.in_page = False  # the buffer then starts with `<page`
        # The next `</page>`, `-->` or `]]>` is not before this position of the content, so that nothing is
        # searched for twice in the same bytes.
        self.searched: dict[bytes, int] = {}
        self.final = False  # nothing follows that could close what is open
        self.done = False

    def pages(self) -> Iterator[tuple[int, bytes]]:
        for event in self.events:
            if isinstance(event, OwnEnd):
                self.limit = self.base + len(self.buffer)
            elif isinstance(event, Break):
                yield from self._finish(event.reason)
            else:
                self.buffer += event
            yield from self._whole_pages()
            if self.done:
                return
        yield from self._finish("the data ends within it")

    def _finish(self, reason: str) -> Iterator[tuple[int, bytes]]:
        self.final = True
        yield from self._whole_pages()
        self.final = False
        if self.in_page:
            self.note(self.base, "page_not_closed", reason)
        self._drop(len(self.buffer))

    def _whole_pages(self) -> Iterator[tuple[int, bytes]]:
        while self.in_page or self._seek_page():
            blob = self._take_page()
            if blob is not None:
                yield self.base - len(blob), blob
            elif self.in_page:
                return

    def _drop(self, size: int, *, in_page: bool = False) -> None:
        del self.buffer[:size]
        self.base += size
        self.in_page = in_page

    def _seek_page(self) -> bool:
        """Drop all before the next `<page`; False when the buffer has none or it is another unit's."""
        buffer, at = self.buffer, 0
        while found := _OUTSIDE.search(buffer, at):
            if found[0] == _OPEN:
                if self.limit is not None and self.base + found.start() >= self.limit:
                    self.done = True
                    return False
                self._drop(found.start(), in_page=True)
                return True
            after = self._section_end(found)
            if after is None:
                self._drop(found.start())
                return False
            at = after
        # A tag may have come in part.
        partial = buffer.rfind(b"<", max(at, len(buffer) - 9))
        self._drop(partial if partial >= 0 else len(buffer))
        self.done = self.limit is not None and self.base >= self.limit
        return False

    def _section_end(self, opened: re.Match[bytes]) -> int | None:
        """Behind the comment or CDATA section that starts there; None when more data is needed to tell.

        A section that is never closed is none.
        """
        closing = _SECTIONS[bytes(opened[0])]
        end = self._find(closing, opened.end())
        if end >= 0:
            return end + len(closing)
        waits = not self.final and len(self.buffer) - opened.start() < MAX_SECTION
        return None if waits else opened.end()

    def _take_page(self) -> bytes | None:
        """Cut the page off the buffer's front; None when its end is not there or it has none."""
        buffer = self.buffer
        if empty := _SELF_CLOSED.match(buffer):
            return self._cut(empty.end())
        if size := self._usual_size():
            return self._cut(size)
        end = self._find(_CLOSE, 0)
        if end >= 0 and buffer.find(_OPEN, len(_OPEN), end) < 0 and buffer.find(b"<!", 0, end) < 0:
            return self._cut(end + len(_CLOSE))
        if end >= 0 or self.final:
            return self._take_unusual()
        if len(buffer) > MAX_PAGE:
            self.note(self.base, "page_too_large", f"it has more than {MAX_PAGE >> 20} MB")
            self._drop(len(_OPEN))
        return None

    def _find(self, closing: bytes, start: int) -> int:
        """Where `closing` stands at `start` or later; -1 when it is not in the buffer."""
        at = self.buffer.find(closing, max(start, self.searched.get(closing, 0) - self.base))
        self.searched[closing] = self.base + (at if at >= 0 else max(0, len(self.buffer) - len(closing) + 1))
        return at

    def _usual_size(self) -> int:
        """The size of a page whose `<text>` holds no markup, as none does that MediaWiki wrote; else 0.

        The text, nearly all of a page, is then passed over once, for a single character.
        """
        buffer = self.buffer
        text = buffer.find(b"<text ", 0, _TEXT_WITHIN)
        after = buffer.find(b"<", text + 1)
        if text < 0 or not buffer.startswith(b"</text>", after):
            return 0
        end = buffer.find(_CLOSE, after, after + _TEXT_WITHIN) + len(_CLOSE)
        parts = ((len(_OPEN), text), (after, end))
        if end < after or any(buffer.find(odd, *part) >= 0 for part in parts for odd in (b"<!", _OPEN)):
            return 0
        return end

    def _take_unusual(self) -> bytes | None:
        """Cut off a page that holds comments or CDATA, or that another page follows before its end."""
        first, at = 0, len(_OPEN)
        while found := _INSIDE.search(self.buffer, at):
            if found[0].startswith(b"</"):
                self._drop(first)
                return self._cut(found.end() - first)
            if found[0] == _OPEN:
                self.note(self.base + first, "page_not_closed", "another page starts within it")
                first = found.start()
                after: int | None = found.end()
            else:
                after = self._section_end(found)
            if after is None:
                break
            at = after
        self._drop(first, in_page=True)
        return None

    def _cut(self, size: int) -> bytes:
        blob = bytes(self.buffer[:size])
        self._drop(size)
        return blob
