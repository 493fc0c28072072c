"""Which entities are fetched, and how much of each: a file of entity lines, as a dump has them.

Of the selected entities all claims of the properties wanted are fetched; of their values, and of the classes
above, only what they are (P31, P279); names and pages of all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import atomic_writer, encode
from kg2instruct.lang.script import convert, simplify
from kg2instruct.sparql.answers import Row
from kg2instruct.sparql.client import Client
from kg2instruct.sparql.dialect import Dialect
from kg2instruct.sparql.entities import EntityRows, entity_json
from kg2instruct.sparql.queries import VALUED, Queries, Query
from kg2instruct.wiki.link_table import normalize_title
from kg2instruct.wikidata.languages import languages

CLASSES = ("P31", "P279")
INVERSE = "P1696"
_AT_ONCE = 500
_ID = re.compile(r"[QP][1-9][0-9]{0,11}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Entities by the titles of their pages (by language), by id, and as members of classes."""

    titles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ids: Sequence[str] = ()
    classes: Sequence[str] = ()
    linked_titles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Titles, by language, of what the pages link to: fetched as well, but a title without an entity is not told."""
    linked_ids: Sequence[str] = ()
    limit: int = 0
    """At most so many entities, the lowest numbers first; 0 for all."""

    def __post_init__(self) -> None:
        wrong = [key for key in (*self.ids, *self.classes, *self.linked_ids) if not _ID.fullmatch(key)]
        if wrong:
            raise ConfigError(f"{', '.join(map(repr, wrong[:5]))}: not ids of entities; right would be: Q64")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """Languages of names and pages, properties (None: all), and over how many claims to go on.

    With a `depth` of 1 the values of selected entities' claims are fetched like these themselves.
    """

    langs: tuple[str, ...] = ("zh", "en")
    properties: tuple[str, ...] | None = None
    depth: int = 0


@dataclass(slots=True)
class FetchReport:
    """What was fetched: counts; titles without an entity; entities that were too much for the endpoint."""

    counts: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def fetch(
    client: Client, dialect: Dialect, selection: Selection, out: Path, *, options: FetchOptions
) -> FetchReport:
    """Write the entities of a selection, with what belongs to them, to `out` as JSON lines.

    Asked again, it asks the endpoint only for what the client's cache lacks; the same answers give the same
    bytes. Raises EndpointError when the endpoint fails for good, InputError when nothing is found.
    """
    work = _Fetch(client, dialect, options)
    selected = work.select(selection)
    if not selected:
        raise InputError(f"{client.endpoint.url}: no entity found for the selection")
    whole, partly = work.reach({*selected, *work.linked(selection)})
    with atomic_writer(out) as file:
        for line in work.lines(whole, partly):
            file.write(encode(line))
    report = work.report
    report.counts |= {"selected": len(selected), "with all claims": len(whole), "with classes": len(partly)}
    report.failed = dict(client.failed)
    return report


class _Fetch:
    """One fetch under way."""

    def __init__(self, client: Client, dialect: Dialect, options: FetchOptions) -> None:
        self.client, self.dialect = client, dialect
        self.langs = languages(options.langs)
        self.depth = options.depth
        self.queries = Queries(dialect)
        self.report = FetchReport()
        self.datatypes = self._datatypes(options.properties)
        listed = options.properties is not None
        wanted = sorted({*(options.properties or ()), *CLASSES}, key=_order)
        self.claims = self.queries.claims(wanted if listed else None)
        valued = [pid for pid in wanted if self.datatypes.get(pid) in VALUED]
        self.values = self.queries.values(valued if listed else None)
        self.class_claims = self.queries.claims(CLASSES)

    def _datatypes(self, properties: tuple[str, ...] | None) -> dict[str, str]:
        """Data types of properties, as RDF names them."""
        if properties is None:
            found = {
                self.dialect.entity(row["property"].value): row["type"].value
                for row in self.client.all_rows(self.queries.all_properties())
            }
        else:
            wanted = sorted({*properties, *CLASSES, INVERSE}, key=_order)
            listed = self.client.rows(self.queries.datatypes(), wanted)
            found = {pid: rows[0]["type"].value for pid, rows in listed if rows}
        found.pop("", None)
        if not found:
            raise InputError(
                f"{self.client.endpoint.url}: no properties found; is it the query service of a Wikibase? "
                "Give other prefixes than Wikidata's with --prefixes FILE"
            )
        return {pid: uri.rpartition("#")[2] for pid, uri in found.items()}

    def select(self, selection: Selection) -> list[str]:
        """The ids selected, redirects followed, by number."""
        found = set(selection.ids) | self._titled(selection.titles, self.report.missing)
        for _, rows in self.client.rows(self.queries.members(selection.limit), selection.classes):
            found.update(self.dialect.entity(row["member"].value) for row in rows)
        chosen = sorted(self._resolved(found), key=_order)
        return chosen[: selection.limit] if selection.limit else chosen

    def linked(self, selection: Selection) -> set[str]:
        """The ids of what the selected pages link to."""
        return self._resolved({*selection.linked_ids, *self._titled(selection.linked_titles, [])})

    def _titled(self, titles: Mapping[str, Sequence[str]], missing: list[str]) -> set[str]:
        """The ids of pages' entities; Chinese titles may be in either script."""
        found: set[str] = set()
        for lang in self.langs:
            query = self.queries.titled(lang)
            spellings = {title: [normalize_title(title)] for title in titles.get(lang.code, ())}
            asked = dict(self.client.rows(query, (title for (title,) in spellings.values())))
            if lang.code == "zh":
                for listed in spellings.values():
                    if not asked.get(listed[0]):
                        listed += [simplify(listed[0]), convert(listed[0], (), "zh-hant")[0]]
                asked |= self.client.rows(query, (title for listed in spellings.values() for title in listed))
            for title, listed in spellings.items():
                rows = next(filter(None, map(asked.get, listed)), None)
                found.update(self.dialect.entity(row["e"].value) for row in rows or ())
                if not rows:
                    missing.append(f"{lang.code}: {title}")
        return found

    def _resolved(self, ids: Iterable[str]) -> set[str]:
        """Ids with redirects followed; without what is no item or property."""
        wanted = sorted({key for key in ids if key}, key=_order)
        resolved: set[str] = set()
        for key, rows in self.client.rows(self.queries.redirected(), wanted):
            target = next((self.dialect.entity(row["to"].value) for row in rows), "")
            resolved.add(target or key)
        return resolved

    def reach(self, selected: Iterable[str]) -> tuple[set[str], set[str]]:
        """Entities with all claims, and others of which only the classes are wanted."""
        whole: set[str] = set()
        level = set(selected)
        for _ in range(self.depth + 1):
            whole |= level
            level = self._named(self.claims, level) | self._named(self.values, level, "unit")
            level -= whole
        partly: set[str] = set()
        while level := level - partly - whole:
            partly |= level
            level = self._named(self.class_claims, level)
        return whole, partly

    def _named(self, query: Query, ids: Iterable[str], variable: str = "value") -> set[str]:
        """The items that entities name in their claims."""
        found: set[str] = set()
        for _, rows in self.client.rows(query, sorted(ids, key=_order)):
            nodes = (row[variable] for row in rows if variable in row)
            found.update(self.dialect.entity(node.value) for node in nodes if node.type == "uri")
        return self._resolved(key for key in found if key.startswith("Q"))

    def lines(self, whole: set[str], partly: set[str]) -> Iterator[dict[str, Any]]:
        """The lines of the file: items, properties, redirects."""
        self._note_datatypes(key for key in whole if key[0] == "P")
        properties = {pid for pid in self.datatypes if pid not in whole}
        keys = sorted(whole | partly | properties, key=_order)
        about, names = (
            self._by_key(self.queries.about(), keys),
            self._by_key(self.queries.terms(self.langs), keys),
        )
        titles, values = (
            self._by_key(self.queries.sitelinks(self.langs), keys),
            self._by_key(self.values, whole),
        )
        claims = [
            self._by_key(self.claims, whole),
            self._by_key(self.class_claims, partly),
            self._by_key(self.queries.claims([INVERSE]), properties),
        ]
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            a, n, t, v = about(some), names(some), titles(some), values(some)
            c = {key: rows for of_some in claims for key, rows in of_some(some).items()}
            for key in some:
                line = self._line(key, EntityRows(*(table.get(key, ()) for table in (a, n, t, c, v))))
                if line is not None:
                    # Whatever a dump says of an entity that is not here as a whole is more: there it will be newer.
                    yield line | {"lastrevid": 0} if key in partly else line
        yield from self._redirects(keys)

    def _note_datatypes(self, properties: Iterable[str]) -> None:
        """Of properties whose values are not kept, too: they may be selected as entities."""
        unknown = sorted((pid for pid in properties if pid not in self.datatypes), key=_order)
        for pid, rows in self.client.rows(self.queries.datatypes(), unknown):
            if rows:
                self.datatypes[pid] = rows[0]["type"].value.rpartition("#")[2]

    def _line(self, key: str, rows: EntityRows) -> dict[str, Any] | None:
        sites = {self.dialect.wiki(lang): lang.site for lang in self.langs}
        line = entity_json(key, rows, self.dialect, sites=sites, datatypes=self.datatypes)
        counted = "entities" if line else "not found"
        self.report.counts[counted] = self.report.counts.get(counted, 0) + 1
        return line

    def _redirects(self, keys: Sequence[str]) -> Iterator[dict[str, str]]:
        for key, rows in self.client.rows(self.queries.redirects(), keys):
            for source in sorted({self.dialect.entity(row["source"].value) for row in rows} - {""}):
                yield {"entity": source, "redirect": key}

    def _by_key(self, query: Query, keys: Iterable[str]) -> Callable[[Sequence[str]], dict[str, list[Row]]]:
        """Ask for all keys now, several at once; the rows of some of them are read when needed."""
        own = set(keys)  # the cache may know more, of other fetches
        self.client.fill(query, sorted(own, key=_order))
        return lambda some: dict(self.client.cache.get(query.text, [key for key in some if key in own]))


def _order(key: str) -> tuple[str, int]:
    return key[:1], int(key[1:])
