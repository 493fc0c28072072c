"""Programming languages by the names of files, from `data/languages.yaml`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import PurePath
from typing import Any

import yaml


def load_data(name: str) -> Any:
    """A table of this package."""
    return yaml.safe_load((files("trainer.corpus") / "data" / f"{name}.yaml").read_text("utf-8"))


_TABLE: dict[str, str] = load_data("languages")
LANGUAGES = frozenset(_TABLE)
_BY_NAME = {name: language for language, names in _TABLE.items() for name in names.split()}


def language_of_path(path: PurePath) -> str:
    """The programming language of a file, empty where it is none that is known."""
    return _BY_NAME.get(path.name) or _BY_NAME.get(path.suffix.lower(), "")


def language_name(name: str) -> str:
    """A language as this table names it: `C++` and `cpp` are one."""
    lowered = name.strip().lower()
    return lowered if lowered in LANGUAGES else _BY_NAME.get(f".{lowered}", lowered)
