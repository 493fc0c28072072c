"""Which label languages and which wiki stand for a language of the store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from kg2instruct.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the store: its wiki and its label languages, the best first.

    The order is MediaWiki's fallback chain for a reader of the language, up to the label for all languages
    (`mul`); the first label found is *the* label, the others are further names.
    """

    code: str
    site: str
    labels: tuple[str, ...]


@cache
def _chains() -> dict[str, dict[str, str | list[str]]]:
    table = (files(__package__) / "languages.json").read_bytes()
    return msgspec.json.decode(table, type=dict[str, dict[str, str | list[str]]])


def language(code: str) -> Language:
    """The language of that code; one without a chain of its own falls back to `mul` (all languages).

    Raises ConfigError for something that is not a language code.
    """
    if not re.fullmatch(r"[a-z]{2,}(-[a-z0-9]+)*", code):
        raise ConfigError(f"{code!r} is not a language code; right would be: zh, en")
    chain = _chains().get(code)
    if chain is None:
        return Language(code, code.replace("-", "_") + "wiki", (code, "mul"))
    return Language(code, str(chain["site"]), tuple(chain["labels"]))


def languages(codes: tuple[str, ...]) -> tuple[Language, ...]:
    """The languages of several codes, in their order; raises ConfigError for none or a repeated one."""
    if not codes or len(set(codes)) != len(codes):
        raise ConfigError(f"languages {','.join(codes) or '(none)'}: name at least one, and each once")
    return tuple(language(code) for code in codes)


def label_languages(langs: tuple[Language, ...]) -> tuple[str, ...]:
    """The label languages of all these languages, each once."""
    return tuple(dict.fromkeys(label for lang in langs for label in lang.labels))
