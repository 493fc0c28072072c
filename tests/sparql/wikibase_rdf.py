"""Entities as JSON has them, as the RDF that a Wikibase exports (the format of Wikidata's RDF dumps).

Written from the description of the format, not from what the library asks for: days in the Gregorian calendar, a year
0 before Christ, statement and value nodes, ranks, sitelinks, redirects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

WD = "http://www.wikidata.org/entity/"
PROP = "http://www.wikidata.org/prop/"
WIKIBASE = "http://wikiba.se/ontology#"
SCHEMA = "http://schema.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
ALIAS = NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")
SAME = NamedNode("http://www.w3.org/2002/07/owl#sameAs")
JULIAN = "Q1985786"
TYPES = {
    "wikibase-item": "WikibaseItem", "time": "Time", "quantity": "Quantity", "string": "String",
    "monolingualtext": "Monolingualtext", "wikibase-property": "WikibaseProperty", "external-id": "ExternalId",
    "globe-coordinate": "GlobeCoordinate", "url": "Url", "commonsMedia": "CommonsMedia",
}  # fmt: skip
RANKS = {"normal": "NormalRank", "preferred": "PreferredRank", "deprecated": "DeprecatedRank"}


def n(uri: str) -> NamedNode:
    return NamedNode(uri)


def typed(text: object, kind: str) -> Literal:
    return Literal(str(text), datatype=n(XSD + kind))


def quads(entities: Iterable[dict[str, Any]], *, munged: bool = True) -> Iterator[Quad]:
    """All triples. `munged`: revisions stand on the entity, as in the query service, not on a data node."""
    for entity in entities:
        for s, p, o in _entity(entity, munged):
            yield Quad(s, p, o)


def redirect(source: str, target: str) -> Quad:
    return Quad(n(WD + source), SAME, n(WD + target))


def _entity(entity: dict[str, Any], munged: bool) -> Iterator[tuple[Any, Any, Any]]:
    subject = n(WD + entity["id"])
    about = subject if munged else n(f"https://www.wikidata.org/wiki/Special:EntityData/{entity['id']}")
    if not munged:
        yield about, n(SCHEMA + "about"), subject
    yield about, n(SCHEMA + "version"), typed(entity.get("lastrevid", 0), "integer")
    if "modified" in entity:
        yield about, n(SCHEMA + "dateModified"), typed(entity["modified"], "dateTime")
    if entity["type"] == "item":
        yield about, n(WIKIBASE + "sitelinks"), typed(len(entity.get("sitelinks") or {}), "integer")
    else:
        yield from _property(subject, entity)
    for term in (entity.get("labels") or {}).values():
        yield subject, LABEL, Literal(term["value"], language=term["language"])
    for terms in (entity.get("aliases") or {}).values():
        for term in terms:
            yield subject, ALIAS, Literal(term["value"], language=term["language"])
    for site, link in (entity.get("sitelinks") or {}).items():
        yield from _sitelink(subject, site, link["title"])
    for property_id, statements in (entity.get("claims") or {}).items():
        for statement in statements:
            yield from _statement(subject, property_id, statement)


def _property(subject: NamedNode, entity: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    pid = entity["id"]
    yield subject, RDF_TYPE, n(WIKIBASE + "Property")
    yield subject, n(WIKIBASE + "propertyType"), n(WIKIBASE + TYPES[entity["datatype"]])
    for name, path in (
        ("directClaim", "direct/"), ("claim", ""), ("statementProperty", "statement/"),
        ("statementValue", "statement/value/"), ("qualifier", "qualifier/"), ("novalue", "novalue/"),
    ):  # fmt: skip
        yield subject, n(WIKIBASE + name), n(f"{PROP}{path}{pid}")


def _sitelink(subject: NamedNode, site: str, title: str) -> Iterator[tuple[Any, Any, Any]]:
    lang = site.removesuffix("wiki").replace("_", "-")
    wiki = f"https://{lang}.wikipedia.org/"
    article = n(f"{wiki}wiki/{hashlib.md5(title.encode()).hexdigest()}")
    yield article, RDF_TYPE, n(SCHEMA + "Article")
    yield article, n(SCHEMA + "about"), subject
    yield article, n(SCHEMA + "isPartOf"), n(wiki)
    yield article, n(SCHEMA + "name"), Literal(title, language=lang)


def _statement(subject: NamedNode, pid: str, statement: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    node = n(WD + "statement/" + statement["id"].replace("$", "-"))
    yield subject, n(f"{PROP}{pid}"), node
    yield node, n(WIKIBASE + "rank"), n(WIKIBASE + RANKS[statement["rank"]])
    yield from _snak(node, "statement/", pid, statement["mainsnak"])
    value = next((o for _, p, o in _snak(node, "statement/", pid, statement["mainsnak"])
                  if p.value == f"{PROP}statement/{pid}"), None)  # fmt: skip
    if value is not None and statement["rank"] != "deprecated":
        yield subject, n(f"{PROP}direct/{pid}"), value
    for qualifier, snaks in (statement.get("qualifiers") or {}).items():
        for snak in snaks:
            yield from _snak(node, "qualifier/", qualifier, {"datatype": "time"} | snak)


def _snak(node: NamedNode, path: str, pid: str, snak: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    if snak["snaktype"] == "novalue":
        yield node, RDF_TYPE, n(f"{PROP}novalue/{pid}")
        return
    predicate = n(f"{PROP}{path}{pid}")
    if snak["snaktype"] == "somevalue":
        yield node, predicate, BlankNode(hashlib.md5(f"{node}{pid}".encode()).hexdigest())
        return
    value = snak["datavalue"]["value"]
    kind = snak["datatype"]
    if kind in ("wikibase-item", "wikibase-property"):
        letter = "P" if kind == "wikibase-property" else "Q"
        yield node, predicate, n(WD + (value.get("id") or f"{letter}{value['numeric-id']}"))
    elif kind == "monolingualtext":
        yield node, predicate, Literal(value["text"], language=value["language"])
    elif kind == "time":
        yield node, predicate, rdf_time(value)
        yield from _full(node, f"{PROP}{path}value/{pid}", value, {
            "timeValue": rdf_time(value), "timePrecision": typed(value["precision"], "integer"),
            "timeTimezone": typed(0, "integer"), "timeCalendarModel": n(value["calendarmodel"]),
        })  # fmt: skip
    elif kind == "quantity":
        unit = WD + "Q199" if value["unit"] == "1" else value["unit"]
        parts: dict[str, Any] = {"quantityAmount": typed(value["amount"], "decimal"), "quantityUnit": n(unit)}
        for name, key in (("quantityUpperBound", "upperBound"), ("quantityLowerBound", "lowerBound")):
            if key in value:
                parts[name] = typed(value[key], "decimal")
        yield node, predicate, parts["quantityAmount"]
        yield from _full(node, f"{PROP}{path}value/{pid}", value, parts)
    elif isinstance(value, str):
        yield node, predicate, Literal(value)


def _full(
    node: NamedNode, predicate: str, value: Any, parts: dict[str, Any]
) -> Iterator[tuple[Any, Any, Any]]:
    """The node of a value in full; equal values share one."""
    full = n("http://www.wikidata.org/value/" + hashlib.md5(repr(sorted(value.items())).encode()).hexdigest())
    yield node, n(predicate), full
    for name, part in parts.items():
        yield full, n(WIKIBASE + name), part


def rdf_time(value: dict[str, Any]) -> Literal:
    """A time as a date of XSD 1.1, where it is one; else as JSON has it."""
    text, precision = value["time"], value["precision"]
    bce, (year, month, day) = text[0] == "-", map(int, text[1:].partition("T")[0].split("-"))
    if year == 0:
        return Literal(text)
    if precision >= 11 and value["calendarmodel"].endswith(JULIAN):
        year, month, day = gregorian(1 - year if bce else year, month or 1, day or 1)
        return typed(f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day:02d}T00:00:00Z", "dateTime")
    month, day = (month or 1 if precision >= 10 else 1), (day or 1 if precision >= 11 else 1)
    if bce and precision >= 9:
        year, bce = year - 1, year > 1
    return typed(f"{'-' if bce else ''}{year:04d}-{month:02d}-{day:02d}T00:00:00Z", "dateTime")


def gregorian(year: int, month: int, day: int) -> tuple[int, int, int]:
    """The Gregorian day of a Julian one, years with a year 0: by counting days, unlike the library's way back."""
    march = month - 3 if month > 2 else month + 9
    y = year if month > 2 else year - 1
    days = 365 * y + y // 4 + (153 * march + 2) // 5 + day - 1 - 2  # since 1 March of year 0, Gregorian
    era, of_era = divmod(days, 146097)
    of_year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    rest = of_era - (365 * of_year + of_year // 4 - of_year // 100)
    months = (5 * rest + 2) // 153
    month = months + 3 if months < 10 else months - 9
    return of_year + 400 * era + (month <= 2), month, rest - (153 * months + 2) // 5 + 1
