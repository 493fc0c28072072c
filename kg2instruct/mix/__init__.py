"""Mixing: sources of rows and records, by a recipe, to one described dataset without duplicates or leaks.

recipe ─> sources ─> read (rows, signatures) ─> decide (numbers only) ─> write ─> dataset folder
"""

from kg2instruct.mix.mix import MixSummary, mix
from kg2instruct.mix.recipe import Recipe, SourceSpec
from kg2instruct.mix.recipe_file import read_recipe

__all__ = ["MixSummary", "Recipe", "SourceSpec", "mix", "read_recipe"]
