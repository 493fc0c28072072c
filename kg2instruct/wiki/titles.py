"""What a link target is: a page, a file, a category, a page of another wiki."""

from __future__ import annotations

import html
import re
import urllib.parse
from functools import lru_cache
from typing import NamedTuple

from kg2instruct.lang.fold import fold
from kg2instruct.wiki.data_files import load_data
from kg2instruct.wiki.marks import GAP, HOLE, PROTECT_END, PROTECT_START

_NEEDS_CARE = re.compile(rf"[:：#_%&{PROTECT_START}{PROTECT_END}{HOLE}{GAP}\n]|  ")
_MARKS = re.compile(f"[{PROTECT_START}{PROTECT_END}{HOLE}{GAP}]")
_LIST_TITLE = re.compile(
    r"列表(?: ?[(（][^()（）]*[)）])?$|^(?:Lists?|Index|Outline|Glossary|Timeline) of ", re.IGNORECASE
)
_DISAMBIGUATION = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


class Target(NamedTuple):
    """A link target taken apart: kind is page, file, category, self (a section of the same page) or other.

    `lang` is the language of another Wikipedia; `other` means another project, which has no page here.
    `shown` says that the link stands in the text even where its kind would hide it (`[[:Category:X]]`), `section` that
    it leads to a section of the page.
    """

    kind: str
    title: str
    lang: str = ""
    shown: bool = True
    section: bool = False

    def is_named(self, words: str) -> bool:
        """Whether the words of a link are a name of its page: those of `[[Kirkcaldy#Parks|Robbie's Park]]` are not."""
        return not self.section or fold(words) in (fold(self.title), fold(bare_title(self.title)))


@lru_cache(maxsize=65536)
def parse_target(raw: str) -> Target:
    """Take a link target apart as MediaWiki does: fragment cut off, `_` to space, prefixes known."""
    if _NEEDS_CARE.search(raw) is None:
        title = raw.strip()
        return Target("page" if title else "self", title)
    return _parse(raw)


def _parse(raw: str) -> Target:
    title = _MARKS.sub("", raw)
    if "%" in title:
        title = urllib.parse.unquote(title)
    if "&" in title:
        title = html.unescape(title)
    title, _, fragment = title.partition("#")
    title = " ".join(title.replace("_", " ").split())
    section = bool(fragment.strip())
    shown = title.startswith((":", "："))
    title = title.lstrip(":： ")
    if not title:
        return Target("self", "")
    kind, lang = "page", ""
    while True:
        prefix, colon, rest = title.partition(":") if ":" in title else title.partition("：")
        role = _prefixes().get(prefix.strip().lower().replace(" ", "_")) if colon else None
        if role is None:
            break
        rest = rest.strip()
        if role in ("file", "category"):
            # A category or file of another wiki is nothing to this page.
            return Target("other" if kind == "interwiki" else role, title, lang, shown)
        if role == "wikipedia":
            kind = "interwiki" if lang else kind
        elif role == "project":
            return Target("other", rest, "", True)
        else:
            kind, lang = "interwiki", role
            if not shown and not rest:
                return Target("self", "")
        title = rest
    if kind == "interwiki":
        return Target("page", title, lang, shown, section) if title else Target("self", "")
    return Target("page", title, section=section) if title else Target("self", "")


@lru_cache(maxsize=1)
def _prefixes() -> dict[str, str]:
    """Lower-case prefix to file, category, project (of another kind), wikipedia, or a language code."""
    data = load_data("prefixes.yaml")
    table = {code: code for code in data["languages"].split()}
    for role in ("file", "category", "project", "wikipedia"):
        table.update({name.lower(): role for name in data[role]})
    table.update(data["language_aliases"])
    return table


def is_language(code: str) -> bool:
    """Whether there is a Wikipedia under this code."""
    return _prefixes().get(code) == code


def bare_title(title: str) -> str:
    """A title without its disambiguation: `九里站 (京畿道)` → `九里站`."""
    return _DISAMBIGUATION.sub("", title) or title


def is_list_title(title: str) -> bool:
    """Whether a page's title says that it is a list (中国城市列表, List of rivers)."""
    return _LIST_TITLE.search(title) is not None
