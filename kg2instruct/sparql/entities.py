"""The rows of one entity to the JSON that a dump has for it.

RDF knows no order of aliases and statements: they are sorted, statements by property and id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg2instruct.sparql.answers import Node, Row
from kg2instruct.sparql.dialect import Dialect
from kg2instruct.sparql.queries import DATATYPES, OTHER_DATATYPES
from kg2instruct.sparql.times import json_time

# The unit of what has none.
ONE = "http://www.wikidata.org/entity/Q199"
_RANKS = {"PreferredRank": "preferred", "DeprecatedRank": "deprecated"}


@dataclass(slots=True)
class EntityRows:
    """What was answered about one entity, by query."""

    about: Sequence[Row] = ()
    names: Sequence[Row] = ()
    titles: Sequence[Row] = ()
    claims: Sequence[Row] = ()
    values: Sequence[Row] = ()


def entity_json(
    key: str, rows: EntityRows, dialect: Dialect, *, sites: Mapping[str, str], datatypes: Mapping[str, str]
) -> dict[str, Any] | None:
    """The entity `key`; None when nothing was answered about it.

    `sites` maps addresses of wikis to sites, `datatypes` properties to data types as RDF names them.
    """
    if not (rows.about or rows.names or rows.titles or rows.claims):
        return None
    entity: dict[str, Any] = {"type": "property" if key[0] == "P" else "item", "id": key}
    if entity["type"] == "property":
        kind = datatypes.get(key, "")
        entity["datatype"] = DATATYPES.get(kind) or OTHER_DATATYPES.get(kind, kind)
    entity |= _about(rows.about)
    entity |= _names(rows.names)
    entity["sitelinks"] = {
        sites[row["wiki"].value]: {"site": sites[row["wiki"].value], "title": row["title"].value}
        for row in sorted(rows.titles, key=lambda row: row["wiki"].value)
        if row["wiki"].value in sites
    }
    entity["claims"] = _claims(rows, dialect, datatypes)
    return entity


def _about(rows: Sequence[Row]) -> dict[str, Any]:
    """Of several answers the newest."""
    newest = max(rows, key=lambda row: _number(row.get("version")), default=None)
    if newest is None:
        return {}
    modified = newest.get("modified")
    found: dict[str, Any] = {"lastrevid": _number(newest.get("version"))}
    if modified is not None:
        found["modified"] = modified.value
    if links := _number(newest.get("links")):
        found["sitelink_count"] = links
    return found


def _names(rows: Sequence[Row]) -> dict[str, Any]:
    labels: dict[str, dict[str, str]] = {}
    aliases: dict[str, list[dict[str, str]]] = {}
    for row in sorted(rows, key=lambda row: row["term"].value):
        term = row["term"]
        name = {"language": term.lang.lower(), "value": term.value}
        if row["kind"].value.endswith("#label"):
            labels[name["language"]] = name
        else:
            aliases.setdefault(name["language"], []).append(name)
    return {"labels": labels, "aliases": aliases}


def _claims(
    rows: EntityRows, dialect: Dialect, datatypes: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    # A statement has a row for each of its end times.
    statements = {row["s"].value: row for row in sorted(rows.claims, key=lambda row: "end" in row)}
    values = {row["s"].value: row for row in rows.values}
    claims: dict[str, list[dict[str, Any]]] = {}
    for uri in sorted(statements):
        row = statements[uri]
        property_id = dialect.entity(row["property"].value)
        kind = datatypes.get(property_id)
        if kind not in DATATYPES:
            continue
        snak = {"property": property_id, "datatype": DATATYPES[kind]}
        snak |= _snak(kind, row.get("value"), values.get(uri, {}), dialect)
        statement: dict[str, Any] = {
            "mainsnak": snak,
            "type": "statement",
            "id": uri.rpartition("/")[2].replace("-", "$", 1),
            "rank": _RANKS.get(row["rank"].value.rpartition("#")[2], "normal"),
        }
        if "end" in row:
            kind_of_end = "somevalue" if row["end"].blank else "value"
            statement["qualifiers"] = {"P582": [{"snaktype": kind_of_end, "property": "P582"}]}
        claims.setdefault(property_id, []).append(statement)
    return dict(sorted(claims.items(), key=lambda claim: int(claim[0][1:])))


def _snak(kind: str, value: Node | None, full: Row, dialect: Dialect) -> dict[str, Any]:
    if value is None:
        return {"snaktype": "novalue"}
    found = None if value.blank else _value(kind, value, full, dialect)
    if found is None:
        return {"snaktype": "somevalue"}
    return {"snaktype": "value", "datavalue": {"value": found}}


def _value(kind: str, value: Node, full: Row, dialect: Dialect) -> dict[str, Any] | str | None:
    if kind == "String":
        return value.value
    if kind == "Monolingualtext":
        return {"text": value.value, "language": value.lang.lower()}
    if kind == "Time":
        return _time(full)
    if kind == "Quantity":
        return _quantity(full)
    entity = dialect.entity(value.value)
    if not entity:
        return None
    name = "item" if entity[0] == "Q" else "property"
    return {"entity-type": name, "numeric-id": int(entity[1:]), "id": entity}


def _time(full: Row) -> dict[str, Any] | None:
    if "time" not in full:
        return None
    precision, calendar = _number(full.get("precision")), full["calendar"].value
    # A time that is no date of RDF is written as in JSON, without the type of a date.
    dated = full["time"].datatype.endswith("#dateTime")
    text = json_time(full["time"].value, precision, calendar) if dated else full["time"].value
    return {"time": text, "precision": precision, "calendarmodel": calendar} if text else None


def _quantity(full: Row) -> dict[str, Any] | None:
    if "amount" not in full:
        return None
    unit = full["unit"].value if "unit" in full else ONE
    found = {"amount": _signed(full["amount"].value), "unit": "1" if unit == ONE else unit}
    if "upper" in full and "lower" in full:
        found |= {
            "upperBound": _signed(full["upper"].value),
            "lowerBound": _signed(full["lower"].value),
        }
    return found


def _signed(amount: str) -> str:
    return amount if amount[:1] in ("+", "-") else f"+{amount}"


def _number(node: Node | None) -> int:
    try:
        return int(float(node.value)) if node is not None else 0
    except ValueError:
        return 0
