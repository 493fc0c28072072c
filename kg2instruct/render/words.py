"""The data files `templates/tasks.yaml` and `templates/formats.yaml`: words for tasks, fields and formats."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from kg2instruct.resources import resource_dir


@lru_cache(maxsize=1)
def task_words() -> dict[str, dict[str, dict[str, Any]]]:
    """Names of tasks and of their fields, and their items as sentences, by task and language."""
    return _load("tasks.yaml")


@lru_cache(maxsize=1)
def format_words() -> dict[str, dict[str, list[str | dict[str, str]]]]:
    """What instructions say of each output format, by language and format."""
    return _load("formats.yaml")


def _load(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((resource_dir("templates") / name).read_text(encoding="utf-8")))
