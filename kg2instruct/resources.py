"""Where the data files are, in a checkout and in an installed wheel."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def resource_dir(name: str) -> Traversable:
    """Folder `schemas` or `templates`: inside the package in a wheel, beside it in a checkout."""
    beside = Path(__file__).resolve().parents[1] / name
    packaged = files("kg2instruct") / name
    return packaged if packaged.is_dir() else beside
