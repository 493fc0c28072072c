"""The queries, each a text with a place for keys: entities, titles or classes.

The rows of an answer are told apart by their key, so an answer can be kept by key, whatever batches the keys
were asked in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from kg2instruct.sparql.answers import Row
from kg2instruct.sparql.dialect import Dialect
from kg2instruct.wikidata.languages import Language, label_languages

KEYS = "$KEYS"

# Data types as JSON writes them, and as RDF does.
DATATYPES = {
    "WikibaseItem": "wikibase-item",
    "Time": "time",
    "Quantity": "quantity",
    "Monolingualtext": "monolingualtext",
    "String": "string",
    "WikibaseProperty": "wikibase-property",
}
# Those whose values the store does not keep.
OTHER_DATATYPES = {
    "CommonsMedia": "commonsMedia",
    "EntitySchema": "entity-schema",
    "ExternalId": "external-id",
    "GeoShape": "geo-shape",
    "GlobeCoordinate": "globe-coordinate",
    "Math": "math",
    "MusicalNotation": "musical-notation",
    "TabularData": "tabular-data",
    "Url": "url",
    "WikibaseForm": "wikibase-form",
    "WikibaseLexeme": "wikibase-lexeme",
    "WikibaseSense": "wikibase-sense",
}
VALUED = ("Time", "Quantity")


@dataclass(frozen=True, slots=True)
class Query:
    """A query by keys. `term` writes a key as SPARQL, `key` reads it from a row; without keys both are idle."""

    name: str
    text: str
    term: Callable[[str], str] = str
    key: Callable[[Row], str] = lambda _: ""
    order: str = ""
    """The variables that rows are sorted by where an answer has to be asked for in pages."""
    most_keys: int = 1_000_000

    def of(self, keys: Sequence[str]) -> str:
        """The query for some keys."""
        return self.text.replace(KEYS, " ".join(map(self.term, keys)))

    def page(self, keys: Sequence[str], *, size: int, number: int) -> str:
        """A page of the answer for some keys."""
        return f"{self.of(keys)}\nORDER BY {self.order} LIMIT {size} OFFSET {number * size}"


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries for one Wikibase."""

    dialect: Dialect

    def terms(self, langs: tuple[Language, ...]) -> Query:
        """Labels and aliases in all label languages: `e`, `kind`, `term`."""
        codes = ", ".join(f'"{code}"' for code in label_languages(langs))
        return self._by_entity(
            "names",
            "?e ?kind ?term",
            f"""VALUES ?e {{ {KEYS} }} VALUES ?kind {{ rdfs:label skos:altLabel }}
  ?e ?kind ?term . FILTER(LCASE(LANG(?term)) IN ({codes}))""",
        )

    def sitelinks(self, langs: tuple[Language, ...]) -> Query:
        """Pages in the languages' wikis: `e`, `wiki`, `title`."""
        wikis = " ".join(f"<{self.dialect.wiki(lang)}>" for lang in langs)
        return self._by_entity(
            "titles",
            "?e ?wiki ?title",
            f"""VALUES ?e {{ {KEYS} }} VALUES ?wiki {{ {wikis} }}
  ?article schema:about ?e ; schema:isPartOf ?wiki ; schema:name ?title .""",
        )

    def about(self) -> Query:
        """Revision, its time, and how many pages: `e`, `version`, `modified`, `links`.

        The facts hang on the entity in the query service, and on a node of their own in dumps.
        """
        more = "OPTIONAL { %s schema:dateModified ?modified } OPTIONAL { %s wikibase:sitelinks ?links }"
        entity, node = more.replace("%s", "?e"), more.replace("%s", "?node")
        return self._by_entity(
            "revisions",
            "?e ?version ?modified ?links",
            f"""{{ VALUES ?e {{ {KEYS} }} ?e schema:version ?version . {entity} }} UNION
  {{ VALUES ?e {{ {KEYS} }} ?node schema:about ?e ; schema:version ?version . {node} }}""",
        )

    def claims(self, properties: Iterable[str] | None) -> Query:
        """Statements of the properties (None: of all): `e`, `property`, `s`, `rank`, `value`, `end`.

        Without a value it says "no value"; with a blank one "some value".
        """
        return self._by_entity(
            "claims",
            "?e ?property ?s ?rank ?value ?end",
            f"""VALUES ?e {{ {KEYS} }} {self._of(properties, DATATYPES)}
  ?property wikibase:claim ?p ; wikibase:statementProperty ?ps .
  ?e ?p ?s . ?s wikibase:rank ?rank .
  OPTIONAL {{ ?s ?ps ?value }} OPTIONAL {{ ?s pq:{self.dialect.own("P582")} ?end }}""",
        )

    def values(self, properties: Iterable[str] | None) -> Query:
        """Times and amounts in full: `e`, `s`, and `time`, `precision`, `calendar` or `amount`, `unit`, bounds."""
        return self._by_entity(
            "values",
            "?e ?s ?time ?precision ?calendar ?amount ?unit ?upper ?lower",
            f"""VALUES ?e {{ {KEYS} }} {self._of(properties, VALUED)}
  ?property wikibase:claim ?p ; wikibase:statementValue ?psv .
  ?e ?p ?s . ?s ?psv ?node .
  OPTIONAL {{ ?node wikibase:timeValue ?time ; wikibase:timePrecision ?precision ;
    wikibase:timeCalendarModel ?calendar }}
  OPTIONAL {{ ?node wikibase:quantityAmount ?amount ; wikibase:quantityUnit ?unit .
    OPTIONAL {{ ?node wikibase:quantityUpperBound ?upper ; wikibase:quantityLowerBound ?lower }} }}""",
        )

    def datatypes(self) -> Query:
        """The data type of properties: `e`, `type`."""
        return self._by_entity(
            "data types", "?e ?type", f"VALUES ?e {{ {KEYS} }} ?e wikibase:propertyType ?type"
        )

    def all_properties(self) -> Query:
        """Properties whose values are of use: `property`, `type`."""
        text = self._select("?property ?type", self._of(None, DATATYPES))
        return Query("properties", text, order="?property ?type")

    def redirected(self) -> Query:
        """Where redirected entities lead: `e`, `to`."""
        return self._by_entity("redirects", "?e ?to", f"VALUES ?e {{ {KEYS} }} ?e owl:sameAs ?to")

    def redirects(self) -> Query:
        """What is redirected to entities: `e`, `source`."""
        return self._by_entity("redirects to", "?e ?source", f"VALUES ?e {{ {KEYS} }} ?source owl:sameAs ?e")

    def titled(self, lang: Language) -> Query:
        """The entities that pages of a wiki are about: `title`, `e`; keys are titles."""
        wiki = self.dialect.wiki(lang)
        text = self._select(
            "?title ?e",
            f"""VALUES ?title {{ {KEYS} }}
  ?article schema:name ?title ; schema:about ?e ; schema:isPartOf <{wiki}> .""",
        )
        return Query(
            f"titles {lang.code}", text, lambda title: f"{literal(title)}@{lang.code}",
            lambda row: row["title"].value, "?title ?e",
        )  # fmt: skip

    def members(self, limit: int = 0) -> Query:
        """The entities of classes and of the classes below them: `e`, `member`; keys are classes."""
        is_a = "wdt:{}/wdt:{}*".format(*map(self.dialect.own, ("P31", "P279")))
        pattern = f"VALUES ?e {{ {KEYS} }} ?member {is_a} ?e ."
        if limit:
            pattern = f"{{ SELECT DISTINCT ?e ?member WHERE {{ {pattern} }} LIMIT {limit} }}"
        return replace(self._by_entity("members", "?e ?member", pattern), most_keys=1)

    def _of(self, properties: Iterable[str] | None, types: Iterable[str]) -> str:
        if properties is None:
            listed = " ".join(f"wikibase:{name}" for name in types)
            return f"VALUES ?type {{ {listed} }} ?property wikibase:propertyType ?type ."
        return f"VALUES ?property {{ {' '.join(map(self._entity, properties))} }}"

    def _by_entity(self, name: str, variables: str, pattern: str) -> Query:
        return Query(
            name, self._select(variables, pattern), self._entity,
            lambda row: self.dialect.entity(row["e"].value), variables,
        )  # fmt: skip

    def _entity(self, key: str) -> str:
        return f"wd:{self.dialect.own(key)}"

    def _select(self, variables: str, pattern: str) -> str:
        return f"{self.dialect.header()}SELECT DISTINCT {variables} WHERE {{\n  {pattern}\n}}"


def literal(text: str) -> str:
    """A text as a SPARQL string."""
    escaped = text.translate({34: '\\"', 92: "\\\\", 10: "\\n", 13: "\\r", 9: "\\t"})
    return f'"{escaped}"'
