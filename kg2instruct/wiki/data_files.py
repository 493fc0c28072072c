"""The tables of this package: templates, languages, countries, names of namespaces."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml


@lru_cache(maxsize=16)
def load_data(name: str) -> Any:
    """A data file of this package, parsed once."""
    path = files("kg2instruct.wiki") / "data" / name
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
