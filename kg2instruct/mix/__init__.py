"""Mixing: sources of rows and records, by a recipe, to one described dataset without duplicates or leaks.

recipe ─> sources ─> read (rows, signatures) ─> decide (numbers only) ─> write ─> dataset folder
"""

from typing import TYPE_CHECKING, Any

from kg2instruct.mix.recipe import Recipe, SourceSpec
from kg2instruct.mix.recipe_file import read_recipe

if TYPE_CHECKING:
    from kg2instruct.mix.run import MixSummary, mix

__all__ = ["MixSummary", "Recipe", "SourceSpec", "mix", "read_recipe"]


def __getattr__(name: str) -> Any:
    """`mix` when it is asked for: it brings the readers of all formats, which others need not wait for."""
    if name not in ("MixSummary", "mix"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kg2instruct.mix import run

    return getattr(run, name)
