"""English words that stand with a capital before a name and are no part of it (`data/openers_en.yaml`)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml


@cache
def openers() -> frozenset[str]:
    """What begins sentences, and titles, in small letters: `today`, `general`."""
    text = (files("kg2instruct.lang") / "data" / "openers_en.yaml").read_text("utf-8")
    return frozenset(yaml.safe_load(text)["words"].split())
