"""Dataclasses from placed YAML values: types checked, unknown keys told with the nearest known one."""

from __future__ import annotations

import difflib
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

from kg2instruct.errors import Kg2InstructError
from kg2instruct.mix.placed import Mistakes, Placed

T = TypeVar("T")


def fill(kind: type[T], placed: Placed, mistakes: Mistakes) -> T | None:
    """An instance of a dataclass; None with at least one mistake noted."""
    if not isinstance(placed.value, dict):
        mistakes.add(placed.where, f"expected keys and values, found {_kind_of(placed.value)}")
        return None
    hints = typing.get_type_hints(kind)
    before = len(mistakes.told)
    values: dict[str, Any] = {}
    for key, inner in placed.value.items():
        if key not in hints:
            mistakes.add(inner.where, unknown("key", key, hints))
        elif inner.value is not None:  # `key:` with nothing behind it is the default
            values[key] = _value(hints[key], inner, key, mistakes)
    for needed in fields(kind):  # type: ignore[arg-type]
        if needed.default is MISSING and needed.default_factory is MISSING and needed.name not in values:
            mistakes.add(placed.where, f"{needed.name} is missing")
    if len(mistakes.told) > before:
        return None
    try:
        return kind(**values)
    except Kg2InstructError as error:
        mistakes.add(placed.where, str(error))
        return None


def unknown(kind: str, name: str, known: typing.Iterable[str]) -> str:
    """What to say of a name that does not exist."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f", did you mean {close[0]!r}?" if close else f"; known: {', '.join(names)}"
    return f"unknown {kind} {name!r}{hint}"


def _value(hint: Any, placed: Placed, key: str, mistakes: Mistakes) -> Any:
    origin, value = typing.get_origin(hint), placed.value
    if is_dataclass(hint):
        return fill(hint, placed, mistakes)  # type: ignore[arg-type]
    if origin is tuple:
        items = value if isinstance(value, list) else [placed]
        inner = typing.get_args(hint)[0]
        return tuple(_value(inner, item, key, mistakes) for item in items)
    if origin is typing.Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            mistakes.add(placed.where, unknown(key, str(value), map(str, allowed)))
        return value
    if origin in (typing.Union, types.UnionType):
        inner = next(arg for arg in typing.get_args(hint) if arg is not type(None))
        return _value(inner, placed, key, mistakes)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            mistakes.add(placed.where, f"{key}: expected keys and values, found {_kind_of(value)}")
            return {}
        inner = typing.get_args(hint)[1]
        return {name: _value(inner, item, f"{key}.{name}", mistakes) for name, item in value.items()}
    return _scalar(hint, placed, key, mistakes)


def _scalar(hint: Any, placed: Placed, key: str, mistakes: Mistakes) -> Any:
    value = placed.value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if hint is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        mistakes.add(placed.where, f"{key}: expected {hint.__name__}, found {_kind_of(value)}")
        return value
    if hint in (int, float) and not 0 <= value < math.inf:
        told = "not below 0" if value < 0 else "expected a finite number"
        mistakes.add(placed.where, f"{key}: {told}, found {placed.value}")
    return value


def _kind_of(value: Any) -> str:
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    return repr(value)


def assign(tree: Placed, key: str, value: Placed, mistakes: Mistakes) -> None:
    """Set `a.b.c` in a tree; the first step may be the name of a source.

    A mapping is laid over the one that is there: `run={steps: 80}` leaves the other settings of a run.
    """
    steps = key.split(".")
    place = tree
    sources = tree.value.get("sources")
    named = [x for x in sources.value if _name(x) == steps[0]] if sources and len(steps) > 1 else []
    if named:
        place, steps = named[0], steps[1:]
    for step in steps[:-1]:
        inner = place.value.get(step)
        if inner is None or not isinstance(inner.value, dict):
            names = [_name(x) for x in sources.value] if sources and place is tree else []
            if names and step not in ("split", "dedup", "decontaminate"):
                mistakes.add(value.where, unknown("source", step, names))
                return
            inner = place.value[step] = Placed({}, value.where)
        place = inner
    known = place.value.get(steps[-1])
    if known is not None and isinstance(known.value, dict) and isinstance(value.value, dict):
        lay_over(known, value)
    else:
        place.value[steps[-1]] = value


def lay_over(below: Placed, above: Placed) -> None:
    """Put the values of one tree over another's, key by key."""
    below.where = above.where
    for key, inner in above.value.items():
        known = below.value.get(key)
        if known is not None and isinstance(known.value, dict) and isinstance(inner.value, dict):
            lay_over(known, inner)
        elif inner.value is not None:
            below.value[key] = inner


def _name(placed: Placed) -> str:
    if not isinstance(placed.value, dict):
        return ""
    name = placed.value.get("name")
    return str(name.value) if name else ""
