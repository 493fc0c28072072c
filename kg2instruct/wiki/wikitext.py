"""One line of wikitext without templates → visible text with links and bold spans, in one pass.

`render_line("'''A''' is in [[B|the B]].")` gives `A is in the B.`, a link at 8–13 and a bold span at 0–1.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from kg2instruct.wiki.marks import HOLE, PROTECT_END, PROTECT_START, SUPERSCRIPT
from kg2instruct.wiki.quotes import resolve_quotes
from kg2instruct.wiki.rich import Rich, RichLink
from kg2instruct.wiki.titles import Target, parse_target

_TAGS = (
    "a|abbr|b|bdi|bdo|big|blockquote|br|caption|center|cite|code|data|dd|del|dfn|div|dl|dt|em|font|h[1-6]|hr|i|img|ins|kbd"
    "|langconvert|li|link|mark|meta|noinclude|nowiki|ol|onlyinclude|p|poem|q|rb|rbc|rp|rt|rtc|ruby|s|samp|small|span|strike"
    "|strong|sub|sup|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|wbr|ref|references|math|gallery|pre|source"
    "|syntaxhighlight|includeonly|section|timeline|score|chem|ce|poem|templatestyles|indicator|noindex"
)
# Every alternative begins with a plain character: the regular expression engine then skips other text fast.
_PATTERN = (
    r"\[\[([^\[\]{}|<>\n]*)(?:\|([^\[\]|{}<>'&\n]*))?\]\]"
    r"|'('+)"
    r"|\[(\[)([^\[\]|{}<>\n]*)(\|?)"
    r"|\](\]?)"
    rf"|<(/?)((?i:{_TAGS}))(?=[\s/>])[^<>]*>"
    r"|&(\#\d{1,7};|\#[xX][\da-fA-F]{1,6};|\w{2,32};)"
    r"|\[((?:[a-zA-Z]{3,6}:)?//|mailto:)[^\s\]<>\[]*[ \t]*"
    r"|_(_[A-Z]{3,}__|_[\u4e00-\u9fff]{2,8}__)|\{(\{+|\|)|\}(\}+|-)|-(\{)"
)
_TOKEN = re.compile(_PATTERN)
_TOKEN_WITH_URLS = re.compile(_PATTERN + r"|[hf]((?<![\w/].)t(?:tps?|ps?)://[^\s<>\[\]\"|{}\u2e80-\uffef]+)")
_EXPONENT = re.compile(r"[-−–+]?\d{1,4}")
_TRAIL = re.compile(r"[a-z]+")
_PIPE_TRICK = re.compile(r"^:?(?:[^:]*:)?(.*?)(?: ?[(（][^()（）]*[)）])?(?:[,，] .*)?$", re.DOTALL)

_LINK, _LINK_TEXT, _QUOTES, _OPEN, _OPEN_TARGET, _OPEN_BAR, _CLOSE, _SLASH, _TAG, _ENTITY, _EXTERNAL = range(
    1, 12
)
_SPACES = dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\n\t", " ")
_NOTHING = dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", "")
_WHITE = _SPACES | _NOTHING


@dataclass(slots=True)
class _Line:
    """What has been written of a line so far."""

    trails: bool
    out: list[str] = field(default_factory=list)
    length: int = 0
    links: list[RichLink] = field(default_factory=list)
    bold: list[tuple[int, int]] = field(default_factory=list)
    bold_start: int = -1
    tag_bold: int = -1
    power: int = -1
    """Where in `out` an exponent began."""
    external: int = 0
    open: list[tuple[Target | None, int, int]] = field(default_factory=list)
    """Open links: target (None for a file), length of the text and of `out` where it began."""

    def write(self, text: str) -> None:
        self.out.append(text)
        self.length += len(text)


def render_line(line: str, *, trails: bool = False) -> Rich:
    """Visible text of a line; with `trails`, letters right after a link belong to it (English)."""
    quotes = resolve_quotes(line) if "''" in line else []
    quote = position = 0
    pattern = _TOKEN_WITH_URLS if "://" in line else _TOKEN
    match = pattern.search(line)
    if match is None:
        return Rich(line, [], [])
    state = _Line(trails)
    while match is not None:
        start, end = match.span()
        if start > position:
            state.out.append(line[position:start])
            state.length += start - position
        kind = match.lastindex
        if kind in (_LINK, _LINK_TEXT):
            end = _simple_link(state, line, match[1], match[2], end)
        elif kind == _QUOTES and len(match[0]) > 1:
            kept, toggles = quotes[quote]
            quote += 1
            _quote(state, kept, toggles)
        elif kind == _OPEN_BAR:
            end = _open_link(state, match, end)
        elif kind == _CLOSE:
            end = _close(state, line, match, end)
        elif kind == _TAG:
            _tag(state, match[_TAG].lower(), bool(match[_SLASH]))
        elif kind == _ENTITY:
            state.write(_entity(match[0]))
        elif kind == _EXTERNAL:
            state.external += 1
            if line.startswith("]", end):
                state.external -= 1
                state.write(HOLE)
                end += 1
        else:
            state.write(HOLE)
        position = end
        match = pattern.search(line, end)
    state.write(line[position:])
    return _finish(state)


def _finish(state: _Line) -> Rich:
    if state.bold_start >= 0:
        state.bold.append((state.bold_start, state.length))
    if state.tag_bold >= 0:
        state.bold.append((state.tag_bold, state.length))
    # A file whose end is missing takes its caption with it; of other unclosed links the text stays.
    for target, _, index in state.open:
        if target is None:
            del state.out[index:]
            break
    text = "".join(state.out)
    size = len(text)
    state.links.sort()
    links = [link for link in state.links if link.start < link.end <= size]
    bold = [(start, end) for start, end in sorted(state.bold) if start < end <= size]
    return Rich(text, links, bold)


def _simple_link(state: _Line, line: str, raw: str, shown: str | None, end: int) -> int:
    target = parse_target(raw)
    if target.kind == "page" and target.shown:
        text = raw.lstrip(":： ").replace("_", " ") if shown is None else shown
        if not text.strip():
            text = _pipe_trick(raw)
    elif target.kind == "self" or target.kind == "other" or target.shown:
        text = raw.lstrip("#:： ").replace("_", " ") if shown is None else shown
    else:
        # Categories, files and links to the same page of other languages.
        state.write(HOLE if target.kind == "file" else "")
        return end
    if "&" in text:
        text = html.unescape(text)
    if state.trails:
        trail = _TRAIL.match(line, end)
        if trail is not None:
            text += trail[0]
            end = trail.end()
    start = state.length
    state.out.append(text)
    state.length += len(text)
    shows = target.kind == "page" or (target.kind == "category" and target.shown)
    if target.title and shows and target.is_named(text):
        state.links.append(RichLink(start, state.length, target.title, target.lang))
    return end


def _pipe_trick(raw: str) -> str:
    match = _PIPE_TRICK.match(raw)
    return (match[1] if match else raw).replace("_", " ")


def _quote(state: _Line, kept: int, toggles: bool) -> None:
    if kept:
        state.write("'" * kept)
    if not toggles:
        return
    if state.bold_start < 0:
        state.bold_start = state.length
    else:
        state.bold.append((state.bold_start, state.length))
        state.bold_start = -1


def _open_link(state: _Line, match: re.Match[str], end: int) -> int:
    raw, bar = match[_OPEN_TARGET], match[_OPEN_BAR]
    target = parse_target(raw)
    if target.kind == "file" and not target.shown:
        state.open.append((None, state.length, len(state.out)))
        return end
    if not bar:
        # A bracket that opens nothing: its text is kept.
        return match.end(_OPEN)
    state.open.append((target, state.length, len(state.out)))
    return end


def _close(state: _Line, line: str, match: re.Match[str], end: int) -> int:
    if not match[_CLOSE] or (state.external and not state.open):
        if state.external:
            state.external -= 1
        elif not match[_CLOSE]:
            state.write("]")
        return match.start() + 1
    if not state.open:
        return end
    target, start, index = state.open.pop()
    if target is None or (target.kind in ("category", "file") and not target.shown):
        _discard(state, start, index)
        return end
    if state.trails:
        trail = _TRAIL.match(line, end)
        if trail is not None:
            state.write(trail[0])
            end = trail.end()
    holds_link = bool(state.links) and state.links[-1].start >= start
    if (
        target.kind == "page"
        and state.length > start
        and not holds_link
        and not (target.lang and not target.shown)
        and target.is_named("".join(state.out[index:]))
    ):
        state.links.append(RichLink(start, state.length, target.title, target.lang))
    return end


def _discard(state: _Line, start: int, index: int) -> None:
    """Take back what was written inside a file or category link."""
    del state.out[index:]
    state.length = start
    while state.links and state.links[-1].end > start:
        state.links.pop()
    while state.bold and state.bold[-1][1] > start:
        state.bold.pop()
    state.bold_start = min(state.bold_start, start)
    state.write(HOLE)


def _tag(state: _Line, tag: str, closing: bool) -> None:
    if tag == "br" or tag == "hr":
        state.write("\n")
    elif tag == "b" or tag == "strong":
        if not closing and state.tag_bold < 0:
            state.tag_bold = state.length
        elif closing and state.tag_bold >= 0:
            state.bold.append((state.tag_bold, state.length))
            state.tag_bold = -1
    elif tag == "sup":
        # 10<sup>27</sup> is 10²⁷, not 1027; after a letter (km<sup>2</sup>) the text stays as it is.
        if not closing:
            state.power = len(state.out) if state.out and state.out[-1][-1:].isdigit() else -1
        elif state.power >= 0:
            exponent = "".join(state.out[state.power :])
            if _EXPONENT.fullmatch(exponent):
                state.out[state.power :] = [exponent.translate(SUPERSCRIPT)]
            state.power = -1


def _entity(text: str) -> str:
    char = html.unescape(text)
    if char in (PROTECT_START, PROTECT_END, HOLE) or "\ue000" <= char <= "\uf8ff" or char < " ":
        return " " if char in "\n\t" else ""
    return _WHITE.get(char, char)
