"""Reads schema files (JSON or YAML) and knows at which line each entry stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any

import yaml

SUFFIXES = (".json", ".yaml", ".yml")


class Mistakes:
    """All that is wrong with a set of schema files."""

    def __init__(self) -> None:
        self._noted: list[tuple[str, int, str]] = []

    def note(self, file: str, line: int, what: str) -> None:
        """Note a mistake; line 0 where it is about the file as a whole."""
        self._noted.append((file, line, what))

    def at(self, source: Source, path: tuple[str | int, ...], what: str) -> None:
        """Note a mistake at an entry of a file, `path` being the keys that lead to it."""
        self.note(source.name, source.line_of(path), what)

    def __len__(self) -> int:
        return len(self._noted)

    def __str__(self) -> str:
        """Each as `file:line: what` on its own line, in the order of the files."""
        in_order = sorted(self._noted, key=lambda noted: noted[:2])
        return "\n".join(
            f"{file}:{line}: {what}" if line else f"{file}: {what}" for file, line, what in in_order
        )


@dataclass
class Source:
    """A schema file as it stands."""

    name: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def root(self) -> Any:
        """The file as YAML nodes, which know their lines; wanted only when something is wrong."""
        return _compose(self.text)

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The line, from 1, of the deepest entry on `path` that exists."""
        node = self.root
        line = node.start_mark.line if node else 0
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line + 1


def read_sources(place: Traversable, mistakes: Mistakes) -> list[Source]:
    """Read a schema file, or all of a folder in the order of their names."""
    if place.is_dir():
        files = sorted((f for f in place.iterdir() if f.name.endswith(SUFFIXES)), key=lambda f: f.name)
        if not files:
            mistakes.note(str(place), 0, f"no schema file here; expected {', '.join(SUFFIXES)}")
        return [source for file in files if (source := _read(file, mistakes))]
    source = _read(place, mistakes)
    return [source] if source else []


def _read(file: Traversable, mistakes: Mistakes) -> Source | None:
    name = str(file)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        mistakes.note(name, 0, error.strerror or str(error))
        return None
    except UnicodeDecodeError as error:
        mistakes.note(name, 0, f"not UTF-8 at byte {error.start}")
        return None
    source = Source(name, text)
    data = _parse(source, mistakes)
    if data is None:
        return None
    if not isinstance(data, dict):
        what = f"expected an object with topics, types and relations, found {type_name(data)}"
        mistakes.note(name, 1, what)
        return None
    source.data = data
    return source


def _parse(source: Source, mistakes: Mistakes) -> Any:
    try:
        if source.name.endswith(".json"):
            # The hook costs half a millisecond; a key given twice would otherwise vanish silently.
            doubled: list[str] = []
            data = json.loads(source.text, object_pairs_hook=lambda pairs: _object(pairs, doubled))
            twice = _doubled_keys(source.root) if doubled else iter(())
        else:
            data = yaml.load(source.text, Loader=_LOADER)
            twice = _doubled_keys(source.root)
    except json.JSONDecodeError as error:
        mistakes.note(source.name, error.lineno, f"not JSON: {error.msg} (column {error.colno})")
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        mistakes.note(source.name, line, f"not YAML: {getattr(error, 'problem', None) or error}")
        return None
    except RecursionError:
        mistakes.note(source.name, 1, "nested too deeply")
        return None
    for line, key in twice:
        mistakes.note(source.name, line, f"{key} is given twice")
    return data


def _object(pairs: list[tuple[str, Any]], doubled: list[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        doubled.append(pairs[0][0])
    return found


# The C loader is safe too, and several times as fast; JSON is read as YAML only to find lines.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _compose(text: str) -> Any:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        return None


def _child(node: Any, step: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        # The last of equal keys is the one that counts.
        for key, value in reversed(node.value):
            if key.value == str(step):
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def _doubled_keys(root: Any) -> Iterator[tuple[int, str]]:
    # Nodes that anchors share are walked once, or a few lines of YAML could stand for billions.
    open_nodes, walked = [root], set()
    while open_nodes:
        node = open_nodes.pop()
        if id(node) in walked:
            continue
        walked.add(id(node))
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield key.start_mark.line + 1, key.value
                seen.add(key.value)
                open_nodes.append(value)
        elif isinstance(node, yaml.SequenceNode):
            open_nodes.extend(node.value)


def type_name(value: Any) -> str:
    """What a value is, in the words of the file formats."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
