"""What one `-{flags|rules}-` says: MediaWiki's conversion rules, read and applied to one variant.

The behaviour follows MediaWiki's language converter for Chinese, with two differences on purpose: rules
for the whole page also hold in zh-hans and zh-hant, where MediaWiki leaves regional words alone, and a text
that is given for other regions only is shown where MediaWiki shows an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ALL = ("zh", "zh-hans", "zh-hant", "zh-cn", "zh-hk", "zh-mo", "zh-my", "zh-sg", "zh-tw")
_FALLBACKS: dict[str, tuple[str, ...]] = {
    "zh": ("zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk", "zh-sg", "zh-mo", "zh-my"),
    "zh-hans": ("zh-cn", "zh-sg", "zh-my"),
    "zh-hant": ("zh-tw", "zh-hk", "zh-mo"),
    "zh-cn": ("zh-hans", "zh-sg", "zh-my"),
    "zh-sg": ("zh-my", "zh-hans", "zh-cn"),
    "zh-my": ("zh-sg", "zh-hans", "zh-cn"),
    "zh-tw": ("zh-hant", "zh-hk", "zh-mo"),
    "zh-hk": ("zh-mo", "zh-hant", "zh-tw"),
    "zh-mo": ("zh-hk", "zh-hant", "zh-tw"),
}
_NAMES = {
    "zh": "中文",
    "zh-hans": "简体",
    "zh-hant": "繁體",
    "zh-cn": "大陆",
    "zh-tw": "臺灣",
    "zh-hk": "香港",
    "zh-mo": "澳門",
    "zh-sg": "新加坡",
    "zh-my": "大马",
}
# The same variants by their standard language tags.
_TAGS = {
    "zh-hans-cn": "zh-cn",
    "zh-hans-sg": "zh-sg",
    "zh-hans-my": "zh-my",
    "zh-hant-tw": "zh-tw",
    "zh-hant-hk": "zh-hk",
    "zh-hant-mo": "zh-mo",
}
_CODES = "|".join(sorted((*_ALL, *_TAGS), key=len, reverse=True))
_FLAGS = re.compile(r"([\sA-Za-z;+-]*)\|")
_ENTITY = re.compile(r"(&[#a-zA-Z0-9]+);")
_SEPARATOR = re.compile(rf";\s*(?=(?:{_CODES})\s*:|[^;]*?=>\s*(?:{_CODES})\s*:|\s*\Z)", re.IGNORECASE)
_LONGEST_RULE = 20_000  # characters; what is longer is text, not a list of variants
_MARKUP = re.compile(r"\[\[|\{\{|<|'''?|\n")

Table = dict[str, str]


@dataclass(slots=True)
class Rule:
    """A parsed `-{…}-`: what it shows, whether that is final, and what it changes for the page."""

    shown: str
    protected: bool = True
    add: Table = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    title: str | None = None


def parse_rule(text: str, code: str) -> Rule:
    """Parse what stands between `-{` and `}-`, for a variant's code."""
    flags, variants, body = _parse_flags(text)
    if variants:
        return _filtered(variants, body, code)
    two_way: Table = {}
    one_way: dict[str, Table] = {}
    if "R" not in flags and "N" not in flags:
        body = body.replace("=&gt;", "=>")
        two_way, one_way = _parse_body(body)
    if not two_way and not one_way:
        if flags & {"+", "-"}:
            two_way = dict.fromkeys(_ALL, body) if body else {}
        elif not flags & {"N", "T"}:
            return Rule(body)
    shown = _shown_text(two_way, one_way, body, code)
    rule = Rule("")
    if "T" in flags:
        rule.title = _title(two_way, one_way, shown, code)
    elif "N" in flags:
        rule.shown = _NAMES.get(_code(body) or "", "")
    elif "D" in flags and ("+" not in flags or "H" in flags):
        rule.shown = _description(two_way, one_way)
    elif "S" in flags:
        rule.shown = shown
    words = _page_words(two_way, one_way, code)
    if "-" in flags:
        rule.remove = tuple(words)
    elif "+" in flags:
        rule.add = words
        rule.shown = shown if "A" in flags and "D" not in flags else rule.shown
    return rule


def _parse_flags(text: str) -> tuple[set[str], set[str], str]:
    """The flags, the variants named as flags, and the rest."""
    found = _FLAGS.match(text)
    if found is None:
        return {"S"}, set(), text
    names = {name.strip() for name in found[1].split(";")}
    body = text[found.end() :]
    flags = names & {"A", "T", "R", "D", "-", "H", "N"}
    variants = {code for name in names if (code := _code(name))}
    for alone in ("R", "N", "-"):
        if alone in flags:
            return {alone}, set(), body
    if flags == {"T"} and not variants:
        return {"T", "H"}, set(), body
    if "H" in flags:
        return {"+", "H"} | flags & {"T", "D"}, set(), body
    if variants:
        return set(), variants, body
    if "A" in flags:
        return flags | {"+"}, set(), body
    return flags or {"S"}, set(), body


def _filtered(variants: set[str], body: str, code: str) -> Rule:
    """`-{zh-hans;zh-hant|text}-`: text that is converted in these variants and as it stands in the others."""
    return Rule(body, protected=not any(v in variants for v in (code, *_FALLBACKS[code])))


def _parse_body(body: str) -> tuple[Table, dict[str, Table]]:
    """`zh-cn:A;zh-tw:B` and `A=>zh-cn:B`, by variant; nothing at all where a part names no variant."""
    two_way: Table = {}
    one_way: dict[str, Table] = {}
    if ":" not in body or len(body) > _LONGEST_RULE:
        return two_way, one_way
    for part in _SEPARATOR.split(_ENTITY.sub("\\1\x01", body)):
        head, colon, text = part.replace("\x01", ";").partition(":")
        if not colon:
            continue
        source, arrow, name = head.rpartition("=>")
        code, source, text = _code(name), source.strip(), text.strip()
        if code is None:
            return {}, {}
        if arrow and source:
            one_way.setdefault(code, {})[source] = text
        elif not arrow and text:
            two_way[code] = text
    return two_way, one_way


def _code(name: str) -> str | None:
    name = name.strip().lower()
    name = _TAGS.get(name, name)
    return name if name in _FALLBACKS else None


def _of(two_way: Table, code: str) -> str | None:
    return next((two_way[v] for v in (code, *_FALLBACKS[code]) if v in two_way), None)


def _shown_text(two_way: Table, one_way: dict[str, Table], body: str, code: str) -> str:
    if not two_way and not one_way:
        return body
    text = _of(two_way, code)
    if text is None:
        text = next(
            (next(iter(one_way[v].values())) for v in (code, *_FALLBACKS[code]) if v in one_way), None
        )
    if text is None:
        text = _of(two_way, "zh") or next((next(iter(words.values())) for words in one_way.values()), "")
    return text


def _title(two_way: Table, one_way: dict[str, Table], shown: str, code: str) -> str | None:
    """In the language without a variant only a title for just that is one."""
    if code != "zh":
        return shown
    return two_way.get(code) or next(iter(one_way.get(code, {}).values()), None)


def _description(two_way: Table, one_way: dict[str, Table]) -> str:
    parts = [f"{_NAMES[code]}：{text}；" for code, text in two_way.items()]
    parts += [f"{a}⇒{_NAMES[code]}：{b}；" for code, words in one_way.items() for a, b in words.items()]
    return "".join(parts)


def _page_words(two_way: Table, one_way: dict[str, Table], code: str) -> Table:
    """What the rule changes in the text of the whole page, for one variant."""
    words: Table = {}
    to = _of(two_way, code) if code != "zh" else None
    if to is not None:
        # A text that is the same everywhere is one that the general conversion would get wrong.
        words = dict.fromkeys((text for v in _ALL if (text := _of(two_way, v)) is not None), to)
    if code != "zh":
        words |= one_way.get(code, {})
    return {word: text for word, text in words.items() if not _MARKUP.search(word + text)}
