"""Any other corpus by a mapping file: which part of a row is the text, an entity, a relation, an event.

    source: my_corpus            # name of the corpus in the records
    format: json                 # json (lines or an array), csv, tsv or columns; json if not given
    lang: zh                     # else told by the characters
    text: content                # or `tokens`, a list; offsets then count tokens
    tags: ner_tags               # of the tokens, BIO or any other scheme; numbers are those of `tag_names`
    tag_names: [O, B-PER, I-PER]
    entity: {items: "labels[]", entity: word, entity_type: kind, start: "span[0]", end: "span[1]"}
    relation: {items: "facts[]", head: "subject.name", relation: predicate, tail: object}
    event: {items: "events[]", event_type: type, event_trigger: word,
            arguments: {items: "roles[]", role: name, argument: value}}

Values are JMESPath expressions, those beside `items` on each item; mind that `a[]` flattens lists of lists,
whose items are `a`. Ends of relations may name entities by
`head_id` and `tail_id`, which the entities' `id` is looked up for. `end_inclusive: true` counts the ends of
`entity` as their last characters or tokens. Without `start`, mentions are placed where they stand first. Of
csv and tsv, a row is an object by the names in the first line, or by `columns: [name, …]`; of columns,
`token` and `tag` are numbers of columns, from 0 or, negative, from the last.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import jmespath  # type: ignore[import-untyped, unused-ignore]
import jmespath.exceptions  # type: ignore[import-untyped, unused-ignore]
import msgspec
import yaml

from kg2instruct.errors import ConfigError, InputError
from kg2instruct.records import Lang

# Fields whose values are no expressions.
NAMES = ("source", "format", "lang")


class EntityFields(msgspec.Struct, forbid_unknown_fields=True):
    items: str
    entity: str = ""
    entity_type: str = ""
    start: str = ""
    end: str = ""
    id: str = ""
    qid: str = ""
    end_inclusive: bool = False


class RelationFields(msgspec.Struct, forbid_unknown_fields=True):
    items: str
    relation: str
    head: str = ""
    head_type: str = ""
    head_start: str = ""
    head_id: str = ""
    tail: str = ""
    tail_type: str = ""
    tail_start: str = ""
    tail_id: str = ""
    property: str = ""


class ArgumentFields(msgspec.Struct, forbid_unknown_fields=True):
    items: str
    role: str
    argument: str
    start: str = ""


class EventFields(msgspec.Struct, forbid_unknown_fields=True):
    items: str
    event_type: str
    event_trigger: str = ""
    start: str = ""
    arguments: ArgumentFields | None = None


class FieldMapping(msgspec.Struct, forbid_unknown_fields=True):
    """A mapping file."""

    source: str
    format: Literal["json", "csv", "tsv", "columns"] = "json"
    lang: Lang | None = None
    text: str = ""
    tokens: str = ""
    tags: str = ""
    tag_names: list[str] = msgspec.field(default_factory=list)
    id: str = ""
    cate: str = ""
    entity: EntityFields | None = None
    relation: RelationFields | None = None
    event: EventFields | None = None
    columns: list[str] | None = None
    token: int = 0
    tag: int = -1


def read_mapping(path: Path, *, columns: bool = False) -> FieldMapping:
    """Read a mapping file, of columns where that is all it can be.

    Raises InputError where there is none, ConfigError where it makes no sense.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    try:
        mapping = msgspec.convert(yaml.safe_load(text), FieldMapping)
        mapping.format = "columns" if columns else mapping.format
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: is no mapping: {error}") from error
    if mapping.format != "columns" and bool(mapping.text) == bool(mapping.tokens):
        raise ConfigError(f"{path}: expected one of text and tokens, to say where the text is")
    if mapping.tags and not mapping.tokens:
        raise ConfigError(f"{path}: tags are of tokens; expected tokens beside them")
    for name, expression in expressions(mapping):
        try:
            jmespath.compile(expression)
        except jmespath.exceptions.JMESPathError as error:
            told = str(error).splitlines()[0]
            raise ConfigError(f"{path}: {name}: {expression!r} is no JMESPath expression: {told}") from error
    return mapping


def expressions(fields: msgspec.Struct, within: str = "") -> list[tuple[str, str]]:
    """All expressions of a mapping, with their names."""
    found = []
    for field in msgspec.structs.fields(fields):
        value = getattr(fields, field.name)
        name = f"{within}{field.name}"
        if isinstance(value, msgspec.Struct):
            found += expressions(value, f"{name}.")
        elif isinstance(value, str) and value and name not in NAMES:
            found.append((name, value))
    return found
