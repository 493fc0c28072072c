"""What a Wikibase calls its entities and properties: prefixes, and the addresses of its wikis."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from kg2instruct.errors import ConfigError
from kg2instruct.wikidata.languages import Language

WIKIDATA = "http://www.wikidata.org/"
_ID = re.compile(r"[QP][1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Prefixes by name, and addresses of wikis (`https://zh.wikipedia.org/`) by site (`zhwiki`).

    `properties` says which number a property of Wikidata's has here, where it has another one.
    """

    prefixes: Mapping[str, str]
    wikis: Mapping[str, str]
    properties: Mapping[str, str] = field(default_factory=dict)

    def header(self) -> str:
        """The PREFIX lines of a query."""
        return "".join(f"PREFIX {name}: <{uri}>\n" for name, uri in self.prefixes.items())

    def entity(self, uri: str) -> str:
        """`Q64` of an entity's URI, in Wikidata's numbers; empty for anything else."""
        found = uri.removeprefix(self.prefixes["wd"])
        return self._wikidata(found) if _ID.fullmatch(found) and found != uri else ""

    def own(self, key: str) -> str:
        """What an id of Wikidata's is here."""
        return self.properties.get(key, key)

    def _wikidata(self, own: str) -> str:
        return next((key for key, value in self.properties.items() if value == own), own)

    def wiki(self, lang: Language) -> str:
        """The address of a language's wiki."""
        return self.wikis.get(lang.site) or f"https://{lang.code}.wikipedia.org/"


def load_dialect(path: Path | None = None) -> Dialect:
    """Wikidata's own names, or what a YAML file puts in their place; ConfigError tells all its mistakes."""
    table = yaml.safe_load((files(__package__) / "data/prefixes.yaml").read_text("utf-8"))
    given = _read(path) if path is not None else {}
    wikis, base = given.pop("wikis", {}), given.pop("base", WIKIDATA)
    properties = given.pop("properties", {})
    wrong = [_unknown(key, [*table, "base", "properties", "wikis"]) for key in given if key not in table]
    places = {"base": base, **given, **(wikis if isinstance(wikis, dict) else {"wikis": wikis})}
    wrong += [f"{key}: {uri!r} is not a URI" for key, uri in places.items() if not _is_uri(uri)]
    if not isinstance(properties, dict) or not all(map(_is_property, (*properties, *properties.values()))):
        wrong.append("properties: expected Wikidata's numbers with one's own, as in {P31: P1}")
    elif len(set(properties.values())) < len(properties):
        wrong.append("properties: the same number stands for two properties")
    if wrong:
        raise ConfigError(f"{path}: {'; '.join(wrong)}")
    base = base if base.endswith("/") else base + "/"
    prefixes = {name: uri.replace(WIKIDATA, base) for name, uri in table.items()} | given
    return Dialect(prefixes, wikis, _exchanged(properties))


def _exchanged(numbers: Mapping[str, str]) -> dict[str, str]:
    """The numbers, and for properties whose own ones are taken by these, those that became free."""
    taken = sorted(set(numbers.values()) - set(numbers), key=lambda pid: int(pid[1:]))
    free = sorted(set(numbers) - set(numbers.values()), key=lambda pid: int(pid[1:]))
    return {**numbers, **dict(zip(taken, free, strict=True))}


def _is_property(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"P[1-9][0-9]*", text) is not None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: expected names and URIs, as in `base: https://wikibase.example/`")
    return found


def _unknown(key: object, known: list[str]) -> str:
    close = difflib.get_close_matches(str(key), known, n=1)
    return f"unknown key {key}" + (
        f", did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
    )


def _is_uri(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", text) is not None
