"""The conversion rules of one page, its own and those of the word groups that `{{NoteTA}}` names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml

from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.lang.script import VARIANTS, Variant
from kg2instruct.wiki.variant_rules import Rule, Table, parse_rule

Changes = dict[str, str | None]
Entries = tuple[tuple[str, str], ...]


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
        self._entries: Entries | None = None

    @property
    def entries(self) -> Entries:
        """The words and what they become, sorted: the key under which a set of rules is compiled once."""
        if self._entries is None:
            self._entries = sorted_entries(self.words)
        return self._entries

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
            self._entries = None

    def apply(self, rule: Rule) -> Changes:
        """Let a rule change the table; return what changed, with None for words that were removed."""
        if rule.title is not None:
            self.title = rule.title
        if self.variant == "none":
            return {}
        changes: Changes = {a: b for a, b in rule.add.items() if self.words.get(a) != b}
        changes |= {word: None for word in rule.remove if word in self.words}
        apply_changes(self.words, changes)
        self._entries = None
        return changes

    def _add_group(self, name: str) -> None:
        for folder in self._folders:
            if (path := folder / f"{name}.yaml").is_file():
                rules = _load_group(path)
                break
        else:
            known = _built_in_groups().get(name.lower())
            if known is None:
                self.unknown_groups[name] += 1
                return
            rules = known
        if self.variant != "none":
            for word, to in _group_words(rules, self.code).items():
                self.words.setdefault(word, to)


def sorted_entries(words: Table) -> Entries:
    return tuple(sorted(words.items()))


def apply_changes(words: Table, changes: Changes) -> None:
    """Bring a table up to date, in place."""
    for word, to in changes.items():
        if to is None:
            words.pop(word, None)
        else:
            words[word] = to


def _unwrapped(value: str) -> str:
    value = value.strip()
    return value[2:-2].strip() if value.startswith("-{") and value.endswith("}-") else value


@cache
def _built_in_groups() -> Mapping[str, tuple[str, ...]]:
    """The rules of each group by its names in lower case."""
    folder = files("kg2instruct.wiki") / "data" / "note_ta"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")}
    aliases: dict[str, str] = yaml.safe_load(texts.pop("aliases.yaml"))
    groups = {
        name.removesuffix(".yaml").lower(): _rules_of(name, text) for name, text in sorted(texts.items())
    }
    return groups | {alias.lower(): groups[name.lower()] for alias, name in aliases.items()}


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
