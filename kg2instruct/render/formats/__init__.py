"""Output formats, each a render and parse pair that works for every task."""

from __future__ import annotations

from kg2instruct.registry import Registry
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.brackets import Brackets
from kg2instruct.render.formats.keyed import KeyedJson

__all__ = ["FORMATS", "Format", "Parsed"]

_ALL: tuple[Format, ...] = (
    KeyedJson("json"),
    KeyedJson("oneke", ("subject", "object")),
    Brackets("tuple", "(", ")"),
    Brackets("square", "[", "]"),
    Brackets("curly", "{", "}"),
    Brackets("angle", "<", ">"),
)

FORMATS: Registry[Format] = Registry("output format", {x.name: x for x in _ALL})
