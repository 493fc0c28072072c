"""Comments, references, galleries and other extension tags, and tables: out, in linear time; formulas as text."""

from __future__ import annotations

import re

from kg2instruct.wiki.formulas import chemistry_text, formula_text
from kg2instruct.wiki.gaps import beside_word
from kg2instruct.wiki.marks import GAP, HOLE, PROTECT_END, PROTECT_START

_DROPPED = (
    "ref|references|gallery|math|chem|ce|timeline|score|syntaxhighlight|source|graph|mapframe|maplink|imagemap|hiero"
    "|templatestyles|templatedata|inputbox|categorytree|section|indicator|includeonly|phonos|pre|charinsert|dynamicpagelist"
    "|rss|quiz|listen|videoflash|style|script"
)
_OPENER = re.compile(rf"<(?:!--|(nowiki|{_DROPPED})(?=[\s/>]))", re.IGNORECASE)
_CAPITAL_END = re.compile(rf"</(?=\w*[A-Z])(?i:nowiki|{_DROPPED})\b")
_FORMULAS = {"math": formula_text, "chem": chemistry_text, "ce": chemistry_text}
_TAG_END = re.compile(r"[^<>]*>")
_PRIVATE = re.compile(f"[{PROTECT_START}{PROTECT_END}{HOLE}{GAP}]")
_INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ESCAPED = {ord(char): f"&#{ord(char)};" for char in "[]{}|='<>&*#:;-_~!\n"}

_APART = "&#8203;"
"""Nothing to see, but apostrophes on either side of it are two runs."""

_LINK_BRACKET = re.compile(r"\[\[|\]\]|\n=")
_MAX_LINKS_IN_CAPTION = 200
_RUBY_TEXT = re.compile(r"<(rp|rt|rtc)(?:\s[^<>]*)?>[^<]*(?:</\1\s*>)?", re.IGNORECASE)
_NO_SPACE_BEFORE = set(" ,.;:!?)，。、；：！？）」』\n")
_HIDDEN = re.compile(r"""<(span|div|p|small)\s[^<>]*display\s*:\s*none[^<>]*>[^<]*</\1\s*>""", re.IGNORECASE)
_TABLE = re.compile(r"\n(?:[ \t:*#;]*\{\||[ \t]*\|\}(?!\})|={2,6}[^=\n])|<(?i:/?table\b[^<>]*>)")


def clean_source(text: str) -> str:
    """Normalise line ends; remove invisible formatting characters and those that the parser uses as marks."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if PROTECT_START in text or PROTECT_END in text or HOLE in text or GAP in text:
        text = _PRIVATE.sub("", text)
    for char in _INVISIBLE:
        if char in text:
            text = text.replace(char, "")
    if "\u00a0" in text:
        text = text.replace("\u00a0", " ")
    return text


def strip_extensions(text: str) -> str:
    """Remove comments and the tags whose content is no prose; what nowiki and formulas show stays, as entities.

    An unclosed comment runs to the end of the text, as in MediaWiki; an unclosed tag to the end of its line.
    """
    opener = _OPENER.search(text)
    if opener is None:
        return text
    # `<REF>…</REF>`: an end is looked for as it is nearly always written.
    text = _CAPITAL_END.sub(lambda found: found[0].lower(), text)
    out: list[str] = []
    unclosed: set[str] = set()
    position = 0
    while opener is not None:
        start, tag = opener.start(), opener[1]
        if tag is None:
            end = text.find("-->", start + 4)
            end = len(text) if end < 0 else end + 3
            # A comment alone on its line takes the line with it.
            line_start = start == 0 or text[start - 1] == "\n"
            if line_start and text.startswith("\n", end):
                end += 1
            replacement = ""
        else:
            end, replacement = _tag_extent(text, opener.end(), tag.lower(), unclosed)
        if (
            tag is not None
            and tag.lower() in _FORMULAS
            and replacement == HOLE
            and beside_word(text, start, end)
        ):
            replacement = GAP
        if tag is not None and len(tag) == 3 and start and text[start - 1] == " " and _tight(text, end):
            start -= 1
        if tag is not None and not replacement and text[start - 1 : start] == "'" == text[end : end + 1]:
            replacement = _APART
        out.append(text[position:start])
        out.append(replacement)
        position = end
        opener = _OPENER.search(text, end)
    out.append(text[position:])
    return "".join(out)


def _tight(text: str, end: int) -> bool:
    """Whether no space belongs before what follows at `end`."""
    return text[end : end + 1] in _NO_SPACE_BEFORE or text.startswith("<ref", end)


def _tag_extent(text: str, name_end: int, tag: str, unclosed: set[str]) -> tuple[int, str]:
    """End of the extension tag whose name ends at `name_end`, and what takes its place."""
    shown = "" if tag in ("ref", "nowiki", "templatestyles", "section", "style") else HOLE
    opened = _TAG_END.match(text, name_end)
    if opened is None:
        return name_end, ""
    content = opened.end()
    if text[content - 2] == "/":
        return content, shown
    close = -1 if tag in unclosed else text.find(f"</{tag}", content)
    if close < 0:
        unclosed.add(tag)
        line_end = text.find("\n", content)
        return (len(text) if line_end < 0 else line_end), shown
    close_end = text.find(">", close)
    end = len(text) if close_end < 0 else close_end + 1
    if tag == "nowiki":
        return end, text[content:close].translate(_ESCAPED)
    if tag in _FORMULAS:
        return end, _FORMULAS[tag](text[content:close]).translate(_ESCAPED) or shown
    return end, shown


def strip_tables(text: str) -> str:
    """Remove tables, nested ones and HTML ones too; an unclosed one ends before the next heading."""
    if "{|" not in text and "<table" not in text and "<TABLE" not in text:
        return text
    text = "\n" + text
    out: list[str] = []
    position = depth = 0
    for token in _TABLE.finditer(text):
        mark = token[0]
        if mark[-2:] == "{|" or mark[1] in "tT":
            if not depth:
                out.append(text[position : token.start()])
                out.append("\n")
            depth += 1
        elif mark[-2:] == "|}" or mark[0] == "<":
            if depth:
                depth -= 1
            else:
                out.append(text[position : token.start()])
            position = token.end()
        elif depth:
            depth, position = 0, token.start()
    if not depth:
        out.append(text[position:])
    return "".join(out)[1:]


def strip_hidden(text: str) -> str:
    """Remove elements that the page hides by style, and the readings above ruby text."""
    if "display" in text:
        text = _HIDDEN.sub("", text)
    if "<rt" in text or "<rp" in text:
        text = _RUBY_TEXT.sub("", text)
    return text


def strip_files(text: str, opener: re.Pattern[str]) -> str:
    """Remove embedded files with their captions; of one that never ends, the rest of its line goes."""
    found = opener.search(text)
    if found is None:
        return text
    out: list[str] = []
    position = 0
    while found is not None:
        start = found.start()
        out.append(text[position:start])
        out.append(HOLE)
        position = _link_end(text, found.end())
        found = opener.search(text, position)
    out.append(text[position:])
    return "".join(out)


def _link_end(text: str, position: int) -> int:
    """End of the link whose `[[` lies before `position`; the end of the line where it does not end soon."""
    depth = 1
    for count, token in enumerate(_LINK_BRACKET.finditer(text, position)):
        if token[0] == "[[":
            depth += 1
        elif token[0] == "]]":
            depth -= 1
            if not depth:
                return token.end()
        else:
            break
        if count > _MAX_LINKS_IN_CAPTION:
            break
    line_end = text.find("\n", position)
    return len(text) if line_end < 0 else line_end
