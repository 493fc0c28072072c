"""One line of a Wikidata dump to the fields that the store needs.

Two paths: typed decoding of lines that are as documented (nearly all, at several hundred MB/s), and a
tolerant reading of what real dumps also hold: `[]` for `{}`, lists for objects, missing keys, single broken
statements.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta, Raw, Struct

from kg2instruct.wikidata.languages import Language, label_languages, languages
from kg2instruct.wikidata.packing import natural

Rank = Literal["normal", "preferred", "deprecated"]
_NOTHING = Raw(b"")
# PHP writes an empty object as an empty list.
Empty = Annotated[list[Any], Meta(max_length=0)]


class Term(Struct, gc=False):
    """A label or alias; `for_language` is set where the API filled in another language."""

    value: str
    for_language: str | None = msgspec.field(default=None, name="for-language")


class Sitelink(Struct, gc=False):
    """A page of a wiki about the entity."""

    title: str


class Value(Struct, gc=False):
    """Any value that is an object: entity, time, quantity, text in a language, place on a globe."""

    numeric_id: int = msgspec.field(default=-1, name="numeric-id")
    id: str = ""
    time: str = ""
    precision: int | float | None = -1
    calendarmodel: str = ""
    amount: str = ""
    unit: str = ""
    text: str | None = None
    language: str = ""


class DataValue(Struct, gc=False):
    """The value of a claim."""

    value: Value | str


class Snak(Struct, gc=False):
    """The main part of a claim; without a `datavalue` it says "some value" or "no value"."""

    datavalue: DataValue | None = None
    datatype: str = ""


class Qualifiers(Struct, gc=False):
    """The one qualifier that matters: the end time."""

    P582: Raw = _NOTHING


class Statement(Struct, gc=False):
    """A claim with its rank."""

    mainsnak: Snak
    rank: Rank = "normal"
    qualifiers: Qualifiers | Empty | None = None


class Entity(Struct, gc=False):
    """An item or property, or one of the other things that stand where entities are expected.

    `entities` is set for an answer of the API, `missing` where it knows no such entity, `entity` and `redirect`
    for a redirect line. `sitelink_count` is ours: on how many wikis the entity has a page, where only some of
    the pages are listed.
    """

    type: str = ""
    id: str = ""
    datatype: str = ""
    lastrevid: int = 0
    modified: str = ""
    labels: Any = None
    aliases: Any = None
    sitelinks: dict[str, Sitelink] | Empty | None = None
    claims: dict[str, list[Statement]] | Empty | None = None
    entity: str = ""
    redirect: str = ""
    redirects: Any = None
    missing: Any = None
    sitelink_count: int = 0
    entities: Raw = _NOTHING


def field_name(label_language: str) -> str:
    """The attribute of a label language: `zh_hans` for `zh-hans`."""
    return label_language.replace("-", "_")


class EntityDecoder:
    """Decodes lines for given languages; other languages' names are skipped, not decoded.

    `decode(line)` raises `msgspec.DecodeError` (of which `ValidationError` is a child) for a line that is not
    as documented; `decode_tolerantly` reads what it can of it.
    """

    def __init__(self, langs: tuple[Language, ...]) -> None:
        self.label_languages = label_languages(langs)
        labels = self._terms("Labels", Term)
        aliases = self._terms("Aliases", list[Term])
        fields = [("labels", labels | Empty | None, None), ("aliases", aliases | Empty | None, None)]
        entity = msgspec.defstruct("Entity", fields, bases=(Entity,), gc=False)
        self.decode: Callable[[bytes | memoryview], Entity] = msgspec.json.Decoder(
            cast(type[Entity], entity)
        ).decode
        self._labels, self._aliases = labels, aliases

    def _terms(self, name: str, kind: Any) -> Any:
        fields = [(field_name(code), kind | None, None) for code in self.label_languages]
        rename = {field_name(code): code for code in self.label_languages}
        return msgspec.defstruct(name, fields, rename=rename, gc=False)

    def decode_tolerantly(self, line: bytes | memoryview) -> tuple[Entity, int]:
        """Read an entity from JSON of whatever shape; also return how many parts of it were left out.

        Raises `msgspec.DecodeError` for what is not JSON, and `msgspec.ValidationError` for what is no
        object.
        """
        found = msgspec.json.decode(line, type=dict[str, Any])
        repair = _Repair(self.label_languages)
        entity = Entity(
            labels=self._labels(**repair.labels(found.get("labels"))),
            aliases=self._aliases(**repair.aliases(found.get("aliases"))),
            sitelinks=repair.sitelinks(found.get("sitelinks")),
            claims=repair.claims(found.get("claims")),
            redirects=found.get("redirects"),
            missing=found.get("missing"),
        )
        for name in ("type", "id", "datatype", "modified", "entity", "redirect"):
            if isinstance(found.get(name), str):
                setattr(entity, name, found[name])
        if not entity.id and isinstance(found.get("title"), str):
            entity.id = found["title"].rpartition(":")[2]
        entity.lastrevid = natural(str(found.get("lastrevid", "")))
        if isinstance(found.get("entities"), dict | list):
            entity.entities = Raw(msgspec.json.encode(found["entities"]))
        return entity, repair.dropped


@lru_cache(maxsize=8)
def entity_decoder(codes: tuple[str, ...]) -> EntityDecoder:
    """The decoder for languages of these codes."""
    return EntityDecoder(languages(codes))


class _Repair:
    """Reads parts of an entity from JSON of another shape, and counts what could not be read."""

    def __init__(self, label_languages: tuple[str, ...]) -> None:
        self.label_languages = label_languages
        self.dropped = 0

    def labels(self, found: Any) -> dict[str, Term]:
        terms: dict[str, Term] = {}
        for code in self.label_languages:
            term = self._term(found.get(code)) if isinstance(found, dict) else None
            if term is not None:
                terms[field_name(code)] = term
        return terms

    def aliases(self, found: Any) -> dict[str, list[Term]]:
        terms: dict[str, list[Term]] = {}
        for code in self.label_languages:
            listed = found.get(code) if isinstance(found, dict) else None
            if listed is None:
                continue
            entries = listed if isinstance(listed, list) else [listed]
            if isinstance(listed, dict) and "value" not in listed:
                entries = list(listed.values())
            terms[field_name(code)] = [term for term in map(self._term, entries) if term is not None]
        return terms

    def _term(self, found: Any) -> Term | None:
        if isinstance(found, str):
            return Term(found)
        return None if found is None else self._convert(found, Term)

    def sitelinks(self, found: Any) -> dict[str, Sitelink]:
        if isinstance(found, list):
            found = {link["site"]: link for link in found if isinstance(link, dict) and "site" in link}
        if not isinstance(found, dict):
            return {}
        links = {site: Sitelink(link) if isinstance(link, str) else self._convert(link, Sitelink)
                 for site, link in found.items()}  # fmt: skip
        return {site: link for site, link in links.items() if link is not None}

    def claims(self, found: Any) -> dict[str, list[Statement]]:
        """Statements by property, from an object of lists, an object of objects, or a plain list."""
        groups = list(found.values()) if isinstance(found, dict) else [found]
        statements: dict[str, list[Statement]] = {}
        for group in groups:
            listed = list(group.values()) if isinstance(group, dict) and "mainsnak" not in group else group
            for entry in listed if isinstance(listed, list) else [listed]:
                statement = None if entry is None else self._convert(entry, Statement)
                if statement is not None:
                    statements.setdefault(str(entry["mainsnak"].get("property", "")), []).append(statement)
        return statements

    def _convert(self, found: Any, kind: Any) -> Any:
        try:
            return msgspec.convert(found, kind, strict=False)
        except msgspec.ValidationError:
            self.dropped += 1
            return None
