"""What one `-{flags|rules}-` says: MediaWiki's conversion rules, and the table of those of a page.

The behaviour follows MediaWiki's language converter for Chinese, with two differences on purpose: rules
for the whole page also hold in zh-hans and zh-hant, where MediaWiki leaves regional words alone, and a text
that is given for other regions only is shown where MediaWiki shows an error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml

from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.lang.script import VARIANTS, Variant

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
Changes = dict[str, str | None]


@dataclass(slots=True)
class Rule:
    """A parsed `-{…}-`: what it shows, whether that is final, and what it changes for the page."""

    shown: str
    protected: bool = True
    add: Table = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    title: str | None = None


class RuleTable:
    """The conversion rules of a page for one variant: words as they stand, and what they become.

    `groups` are folders with further word groups, one file `<group>.yaml` each, a list of rules like
    `zh-cn:软件;zh-tw:軟體`; they come before the built-in ones. Groups that are in none are counted in
    `unknown_groups`. Raises UnknownName for a variant that does not exist.
    """

    def __init__(self, variant: str, groups: Iterable[Path] = ()) -> None:
        if variant not in VARIANTS:
            raise UnknownName("variant", variant, VARIANTS)
        self.variant = cast(Variant, variant)
        self.code = "zh" if variant == "none" else variant
        self.words: Table = {}
        self.title: str | None = None
        self.unknown_groups: Counter[str] = Counter()
        self._folders = tuple(groups)

    def add_note_ta(self, params: Mapping[str, str]) -> None:
        """Add the rules of a `{{NoteTA|T=title|1=rule|G1=group}}`, which hold for the whole page."""
        numbered: Table = {}
        for name, value in params.items():
            name, value = name.strip(), _unwrapped(value)
            if name == "T":
                self.apply(parse_rule(f"T|{value}", self.code))
            elif name.isdecimal():
                numbered |= parse_rule(f"H|{value}", self.code).add
            elif name[:1] in ("G", "g") and name[1:].isdecimal() and value:
                self._add_group(value)
        if self.variant != "none":
            self.words |= numbered

    def apply(self, rule: Rule) -> Changes:
        """Let a rule change the table; return what changed, with None for words that were removed."""
        if rule.title is not None:
            self.title = rule.title
        if self.variant == "none":
            return {}
        changes: Changes = {a: b for a, b in rule.add.items() if self.words.get(a) != b}
        changes |= {word: None for word in rule.remove if word in self.words}
        apply_changes(self.words, changes)
        return changes

    def _add_group(self, name: str) -> None:
        for folder in self._folders:
            if (path := folder / f"{name}.yaml").is_file():
                rules = _load_group(path)
                break
        else:
            known = _built_in_groups()
            if name.lower() not in known:
                self.unknown_groups[name] += 1
                return
            rules = known[name.lower()]
        if self.variant != "none":
            for word, to in _group_words(rules, self.code).items():
                self.words.setdefault(word, to)


def apply_changes(words: Table, changes: Changes) -> None:
    """Bring a table up to date, in place."""
    for word, to in changes.items():
        if to is None:
            words.pop(word, None)
        else:
            words[word] = to


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
        texts = dict.fromkeys(text for v in _ALL if (text := _of(two_way, v)) is not None)
        words = dict.fromkeys(texts, to) if len(texts) > 1 or len(two_way) == len(_ALL) else {}
    if code != "zh":
        words |= one_way.get(code, {})
    return {word: text for word, text in words.items() if not _MARKUP.search(word + text)}


def _unwrapped(value: str) -> str:
    value = value.strip()
    return value[2:-2].strip() if value.startswith("-{") and value.endswith("}-") else value


@cache
def _built_in_groups() -> Mapping[str, tuple[str, ...]]:
    folder = files("kg2instruct.wiki") / "data" / "note_ta"
    found = (file for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {
        file.name.removesuffix(".yaml").lower(): _rules_of(file.name, file.read_text("utf-8"))
        for file in found
    }


@cache
def _load_group(path: Path) -> tuple[str, ...]:
    return _rules_of(str(path), path.read_text("utf-8"))


def _rules_of(name: str, text: str) -> tuple[str, ...]:
    rules: Any = yaml.safe_load(text)
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise ConfigError(f"{name}: a list of rules like 'zh-cn:软件;zh-tw:軟體' is expected")
    return tuple(rules)


@cache
def _group_words(rules: tuple[str, ...], code: str) -> Table:
    words: Table = {}
    for rule in rules:
        words |= parse_rule(f"H|{rule}", code).add
    return words
