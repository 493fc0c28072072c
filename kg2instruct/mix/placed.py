"""YAML whose every value knows its line, so that a mistake is told as `file:line: …`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kg2instruct.errors import ConfigError


@dataclass(slots=True)
class Placed:
    """A value (scalar, list of Placed, or dict of Placed) and where it stands: `file:line`, or the flag."""

    value: Any
    where: str

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: inner.plain() for key, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value


@dataclass(slots=True)
class Mistakes:
    """What is wrong, collected so that all is told at once."""

    told: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Note one mistake."""
        line = f"{where}: {what}"
        if line not in self.told:
            self.told.append(line)

    def raise_any(self) -> None:
        """Raise ConfigError with all that was noted, a line each."""
        if self.told:
            raise ConfigError("\n".join(self.told))


def read_placed(path: Path) -> Placed:
    """The content of a YAML file; ConfigError when it cannot be read as one."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise ConfigError(f"{path}{line}: not YAML: {problem}") from error
    if node is None:
        return Placed({}, f"{path}:1")
    mistakes = Mistakes()
    placed = _placed(node, path, yaml.SafeLoader(text), mistakes)
    mistakes.raise_any()
    return placed


def _placed(node: yaml.Node, path: Path, loader: yaml.SafeLoader, mistakes: Mistakes) -> Placed:
    where = f"{path}:{node.start_mark.line + 1}"
    if isinstance(node, yaml.MappingNode):
        pairs: dict[str, Placed] = {}
        for key, value in node.value:
            name = str(key.value)
            inner = _placed(value, path, loader, mistakes)
            inner.where = inner.where if isinstance(inner.value, list | dict) else _line(path, key)
            if name in pairs:
                mistakes.add(_line(path, key), f"{name} is said twice, first in {pairs[name].where}")
            pairs[name] = inner
        return Placed(pairs, where)
    if isinstance(node, yaml.SequenceNode):
        return Placed([_placed(item, path, loader, mistakes) for item in node.value], where)
    try:
        return Placed(loader.construct_object(node, deep=True), where)
    except (yaml.YAMLError, ValueError) as error:
        mistakes.add(where, f"cannot be read: {error}")
        return Placed(None, where)


def _line(path: Path, node: yaml.Node) -> str:
    return f"{path}:{node.start_mark.line + 1}"


def parse_value(text: str, where: str) -> Placed:
    """The value of a flag such as `--set KEY=VALUE`, read as YAML."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: {text!r} is not a YAML value") from error
    return _wrap(value, where)


def _wrap(value: Any, where: str) -> Placed:
    if isinstance(value, dict):
        return Placed({str(key): _wrap(inner, where) for key, inner in value.items()}, where)
    if isinstance(value, list):
        return Placed([_wrap(inner, where) for inner in value], where)
    return Placed(value, where)
