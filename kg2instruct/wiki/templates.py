"""What a template shows to a reader: rules from data files, looked up by name.

A rule file is a YAML list. Each entry has `names`, the template's name and its aliases (`*` stands for any
characters), and one of

- `drop: true`: it shows nothing in running text;
- `text: "{2|1}[（{note}）]"`: parameters in braces, the first non-empty of those separated by `|`; a part in
  square brackets is shown when one of its parameters has a value;
- `join: "、"`: its unnamed parameters, joined;
- `link: {target: "{2}", text: "{3|1}", lang: en}`: a link, to a page of another wiki where `lang` is given;
- `code: convert`, with optional `with: {…}`: a function of `renderers.py`.

`infobox: true` marks templates whose parameters are fields, `disambiguation: true` those of such pages, and
`note: true` those that stand beside the text, as references do: where they show nothing, nothing is missing.
Later files override earlier ones: common, the language's own, the user's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kg2instruct.errors import ConfigError
from kg2instruct.lang.fold import fold
from kg2instruct.wiki.calls import Call, Render, wikilink
from kg2instruct.wiki.data_files import load_data
from kg2instruct.wiki.marks import HOLE
from kg2instruct.wiki.render_names import country, country_codes
from kg2instruct.wiki.renderers import RENDERERS

_CACHE_LIMIT = 100_000
_PIECE = re.compile(r"\{([^{}]*)\}|([\[\]])|\\(.)|([^{}\[\]\\]+)", re.DOTALL)
_KINDS = ("drop", "text", "join", "link", "code")
_FLAGS = ("note", "infobox", "disambiguation")


@dataclass(frozen=True, slots=True)
class TemplateRule:
    """How one template is rendered; `render` is None where it shows nothing."""

    render: Render | None
    note: bool = False
    infobox: bool = False
    disambiguation: bool = False


def template_key(name: str) -> str:
    """The form under which template names are compared: folded, underscores as single spaces."""
    return fold(" ".join(name.replace("_", " ").split()))


@dataclass(slots=True)
class TemplateTable:
    """Rules by template name; a look-up costs one dictionary access for a name seen before."""

    rules: dict[str, TemplateRule]
    patterns: list[tuple[list[str], TemplateRule]] = field(default_factory=list)
    codes: dict[str, TemplateRule] = field(default_factory=dict)
    """Country codes, where case counts: {{KOR}} is a flag and {{kor}} is Korean."""
    _seen: dict[str, tuple[TemplateRule | None, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, lang: str, extra: Path | None = None) -> TemplateTable:
        """Built-in rules of a language and those of a user's file on top.

        Raises ConfigError that names the file and the entry which is not a rule.
        """
        table = cls({}, codes=_country_rules())
        for file in ("templates.common.yaml", f"templates.{lang}.yaml"):
            entries = load_data(file)
            table.add(entries if isinstance(entries, list) else [], file)
        if extra is not None:
            try:
                entries = yaml.safe_load(extra.read_text(encoding="utf-8"))
            except OSError as error:
                raise ConfigError(f"{extra}: {error.strerror or error}") from error
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                raise ConfigError(f"{extra}: not a YAML file: {error}") from error
            if not isinstance(entries, list):
                raise ConfigError(f"{extra}: should be a list of entries with names and how to render them")
            table.add(entries, str(extra))
        return table

    def add(self, entries: list[Any], source: str) -> None:
        """Add rules; the last one for a name wins, and any full name wins over a pattern."""
        for number, entry in enumerate(entries, 1):
            rule = _compile(entry, f"{source}: entry {number}")
            for name in entry["names"]:
                if not isinstance(name, str):
                    raise ConfigError(f"{source}: entry {number}: put quotes around the name {name!r}")
                key = template_key(name)
                self.codes.pop(name, None)
                if "*" in key:
                    self.patterns.append((key.split("*"), rule))
                else:
                    self.rules[key] = rule
        self._seen.clear()

    def find(self, name: str) -> tuple[TemplateRule | None, str]:
        """Rule of a template and what `*` stood for in its name; None where it is unknown."""
        found = self._seen.get(name)
        if found is None:
            if len(self._seen) > _CACHE_LIMIT:
                self._seen.clear()
            code = self.codes.get(name)
            found = self._seen[name] = (code, "") if code else self._find(template_key(name))
        return found

    def _find(self, key: str) -> tuple[TemplateRule | None, str]:
        rule = self.rules.get(key)
        if rule is not None:
            return rule, ""
        for parts, rule in reversed(self.patterns):
            star = _star(key, parts)
            if star is not None:
                return rule, star.strip()
        return None, ""


def _country_rules() -> dict[str, TemplateRule]:
    def rule(code: str) -> TemplateRule:
        return TemplateRule(lambda call: country(call, {"code": code}))

    return {code: rule(code) for code in country_codes()}


def _star(key: str, parts: list[str]) -> str | None:
    """What lies between the first and the last part of a pattern; None where the pattern does not fit."""
    first, *middle, last = parts
    if len(key) < len(first) + len(last) or not (key.startswith(first) and key.endswith(last)):
        return None
    star = key[len(first) : len(key) - len(last)]
    position = 0
    for part in middle:
        position = star.find(part, position) + len(part)
        if position < len(part):
            return None
    return star


def _compile(entry: Any, where: str) -> TemplateRule:
    if not isinstance(entry, dict) or not isinstance(entry.get("names"), list):
        raise ConfigError(f"{where}: should have `names`, a list, and one of {', '.join(_KINDS)}")
    unknown = sorted(set(entry) - {"names", "with", *_KINDS, *_FLAGS})
    kinds = [kind for kind in _KINDS if kind in entry]
    if unknown or len(kinds) > 1 or not (kinds or any(flag in entry for flag in _FLAGS)):
        told = f"unknown key {unknown[0]!r}" if unknown else f"has {kinds or 'no way to render'}"
        raise ConfigError(f"{where}: {told}; give one of {', '.join(_KINDS)}")
    flags = {flag: bool(entry.get(flag, False)) for flag in _FLAGS}
    return TemplateRule(_renderer(entry, where), **flags)


def _renderer(entry: Mapping[str, Any], where: str) -> Render | None:
    if "text" in entry:
        return _compile_text(str(entry["text"]), where)
    if "join" in entry:
        glue = str(entry["join"])
        return lambda call: glue.join(value for value in call.positional() if value)
    if "link" in entry:
        spec = entry["link"]
        if not isinstance(spec, dict) or "target" not in spec:
            raise ConfigError(f"{where}: link should have target, and text and lang where they differ")
        target = _compile_text(str(spec["target"]), where)
        text = _compile_text(str(spec.get("text", spec["target"])), where)
        lang = _compile_text(str(spec.get("lang", "")), where)
        return lambda call: _render_link(call, target, text, lang)
    if "code" in entry:
        function = RENDERERS[str(entry["code"])]
        options = {str(key): str(value) for key, value in (entry.get("with") or {}).items()}
        return lambda call: function(call, options)
    return None


def _render_link(call: Call, target: Render, text: Render, lang: Render) -> str:
    shown = text(call).replace(HOLE, "").strip()
    page = target(call).replace(HOLE, "").strip()
    code = lang(call).replace(HOLE, "").strip().lower()
    return wikilink(page or shown, shown, code if page else "")


def _compile_text(spec: str, where: str) -> Render:
    """A function that fills the parameters of `spec`; an empty one leaves a hole for the clean-up to mend."""
    root: list[Any] = []
    stack: list[list[Any]] = [root]
    position = 0
    while position < len(spec):
        piece = _PIECE.match(spec, position)
        if piece is None or (piece[2] == "]" and len(stack) == 1):
            raise ConfigError(f"{where}: cannot read {spec!r} at {spec[position : position + 10]!r}")
        position = piece.end()
        if piece[1] is not None:
            stack[-1].append(tuple(key.strip() for key in piece[1].split("|")))
        elif piece[2] == "[":
            group: list[Any] = []
            stack[-1].append(group)
            stack.append(group)
        elif piece[2] == "]":
            stack.pop()
        else:
            stack[-1].append(piece[3] or piece[4])
    if len(stack) != 1:
        raise ConfigError(f"{where}: unclosed [ in {spec!r}")
    if len(root) == 1 and isinstance(root[0], tuple):
        keys = root[0]
        return lambda call: _first(call, keys)
    return lambda call: _fill(call, root)[0]


def _first(call: Call, keys: tuple[str, ...]) -> str:
    for key in keys:
        value = call.get(key)
        if value:
            return value
    return HOLE


def _fill(call: Call, parts: list[Any]) -> tuple[str, bool]:
    """Text of the parts, and whether any parameter in them had a value."""
    out: list[str] = []
    filled = False
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, tuple):
            value = _first(call, part)
            filled |= value != HOLE
            out.append(value)
        else:
            text, some = _fill(call, part)
            if some:
                filled = True
                out.append(text)
    return "".join(out), filled
