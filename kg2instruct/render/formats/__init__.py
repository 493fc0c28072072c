"""Output formats, each a render and parse pair that works for every task."""

from __future__ import annotations

from kg2instruct.registry import Registry
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.brackets import Brackets
from kg2instruct.render.formats.inline import Inline
from kg2instruct.render.formats.keyed import KeyedJson
from kg2instruct.render.formats.lines import Lines
from kg2instruct.render.formats.objects import JsonList
from kg2instruct.render.formats.python import Python
from kg2instruct.render.formats.sentences import Sentences
from kg2instruct.render.formats.table import Table
from kg2instruct.render.formats.xml import Xml

__all__ = ["FORMATS", "Format", "Parsed"]

_ALL: tuple[Format, ...] = (
    KeyedJson("json"),
    KeyedJson("oneke", ("subject", "object")),
    JsonList(),
    Brackets("tuple", "(", ")"),
    Brackets("square", "[", "]"),
    Brackets("curly", "{", "}"),
    Brackets("angle", "<", ">"),
    Lines(),
    Sentences(),
    Table(),
    Xml(),
    Inline(),
    Python(),
)

FORMATS: Registry[Format] = Registry("output format", {x.name: x for x in _ALL})
