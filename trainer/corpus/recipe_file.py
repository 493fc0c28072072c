"""Corpus recipes: YAML in, a checked recipe with its paths found out.

tokenizer: models/qwen
sources:
  - {name: zhwiki, kind: wikipedia, path: zhwiki-*.xml.bz2, lang: zh, weight: 3}
  - {name: web, kind: rows, path: web/*.jsonl.zst, text: [title, content], weight: 6}
  - {name: code, kind: code, path: repositories, languages: [python], weight: 1}
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.mix.fill import fill, unknown
from kg2instruct.mix.placed import Mistakes, Placed
from kg2instruct.mix.recipe_reading import RecipeReading
from trainer.corpus.languages import LANGUAGES
from trainer.corpus.recipe import CorpusRecipe, SourceSpec

_NAME = re.compile(r"\w[\w.-]*\Z")


def read_recipe(path: Path, *, settings: Sequence[str] = ()) -> CorpusRecipe:
    """A recipe from its file and `KEY=VALUE` settings, which win (`zhwiki.weight=2`, `max_tokens=2048`).

    Paths are relative to the recipe's folder, those of settings to the working directory. Raises ConfigError
    that tells all mistakes at once, a line each, with `file:line`.
    """
    reading = RecipeReading.of(path, settings, keys="`tokenizer:` and `sources:`", example="max_tokens=2048")
    found = _recipe(reading)
    reading.mistakes.raise_any()
    if found is None:
        raise ConfigError(f"{path}: not a recipe")
    return found


def _recipe(reading: RecipeReading) -> CorpusRecipe | None:
    """The recipe with its paths found; None with mistakes noted."""
    items = reading.sources()
    recipe = fill(CorpusRecipe, reading.tree, reading.mistakes)
    specs = [(fill(SourceSpec, item, Mistakes()), item) for item in items]  # mistakes are noted already
    known = [(spec, item) for spec, item in specs if spec is not None]
    reading.check_names([item.value["name"] for _, item in known])
    sources = [_checked(reading, spec, item) for spec, item in known]
    _check_weights(reading, items)
    if recipe is None:
        return None
    tokenizer = reading.paths([recipe.tokenizer], reading.tree.value["tokenizer"], "tokenizer")
    return dataclasses.replace(recipe, sources=tuple(sources), tokenizer=(tokenizer or [recipe.tokenizer])[0])


def _checked(reading: RecipeReading, spec: SourceSpec, item: Placed) -> SourceSpec:
    keys, mistakes = item.value, reading.mistakes
    if not _NAME.match(spec.name):
        mistakes.add(
            keys["name"].where, f"name {spec.name!r}: letters, digits, `_`, `.` and `-`: files get it"
        )
    for name in spec.languages:
        if name not in LANGUAGES:
            mistakes.add(keys["languages"].where, unknown("language", name, LANGUAGES))
    if spec.kind == "wikipedia" and spec.lang not in ("zh", "en"):
        mistakes.add(item.where, f"{spec.name}: lang is zh or en for a Wikipedia")
    if not _separates_lines(spec.encoding):
        mistakes.add(
            keys["encoding"].where,
            f"{spec.name}: encoding {spec.encoding!r}: utf-8, gb18030, big5, latin-1 or another that Python knows and "
            "that keeps lines apart as ASCII does; convert files of UTF-16",
        )
    if spec.kind == "code":
        spec = dataclasses.replace(spec, lang="code")
    if not spec.path:
        mistakes.add(item.where, f"{spec.name}: path is missing: files or folders")
        return spec
    paths = reading.paths(spec.path, keys["path"], spec.name)
    lists = spec.clean.words.lists
    if lists:
        placed = keys["clean"].value["words"].value["lists"]
        found = reading.paths(lists, placed, f"{spec.name}: words")
        words = dataclasses.replace(spec.clean.words, lists=tuple(found))
        spec = dataclasses.replace(spec, clean=dataclasses.replace(spec.clean, words=words))
    return dataclasses.replace(spec, path=tuple(paths))


def _separates_lines(encoding: str) -> bool:
    """Whether lines can be found in bytes of an encoding before they are decoded."""
    try:
        return "\n".encode(encoding) == b"\n"
    except (LookupError, UnicodeError):
        return False


def _check_weights(reading: RecipeReading, items: Sequence[Placed]) -> None:
    """Weights say how sources stand to each other, so one without the others says nothing."""
    known = [item for item in items if isinstance(item.value, dict)]
    without = [item for item in known if "weight" not in item.value]
    if known and 0 < len(without) < len(known):
        reading.mistakes.add(
            without[0].where, "weight is missing: give it to all sources, or to none to read each once"
        )
    elif known and not without and not any(item.value["weight"].value for item in known):
        reading.mistakes.add(
            known[0].where, "weight is 0 for all sources: give one at least more, or leave it out"
        )
