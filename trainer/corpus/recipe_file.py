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
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.mix.fill import assign, fill, unknown
from kg2instruct.mix.placed import Mistakes, Placed, parse_value, read_placed
from kg2instruct.mix.recipe_file import find_paths, nearest_path
from trainer.corpus.languages import LANGUAGES
from trainer.corpus.recipe import CorpusRecipe, SourceSpec

_NAME = re.compile(r"\w[\w.-]*\Z")


def read_recipe(path: Path, *, settings: Sequence[str] = ()) -> CorpusRecipe:
    """A recipe from its file and `KEY=VALUE` settings, which win (`zhwiki.weight=2`, `max_tokens=2048`).

    Paths are relative to the recipe's folder, those of settings to the working directory. Raises ConfigError
    that tells all mistakes at once, a line each, with `file:line`.
    """
    mistakes = Mistakes()
    tree = read_placed(path)
    if not isinstance(tree.value, dict):
        raise ConfigError(f"{path}:1: expected keys and values such as `tokenizer:` and `sources:`")
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or not key:
            raise ConfigError(f"--set {setting}: expected KEY=VALUE, such as --set max_tokens=2048")
        assign(tree, key.strip(), parse_value(value, f"--set {key}"), mistakes)
    found = _Reading(path, tree, mistakes).recipe()
    mistakes.raise_any()
    if found is None:
        raise ConfigError(f"{path}: not a recipe")
    return found


@dataclass(slots=True)
class _Reading:
    path: Path
    tree: Placed
    mistakes: Mistakes

    def recipe(self) -> CorpusRecipe | None:
        """The recipe with its paths found; None with mistakes noted."""
        listed = self.tree.value.get("sources")
        if listed is None or not isinstance(listed.value, list) or not listed.value:
            self.mistakes.add(f"{self.path}:1", "sources: a list of at least one source is needed")
            listed = Placed([], self.tree.where)
        recipe = fill(CorpusRecipe, self.tree, self.mistakes)
        sources: list[SourceSpec] = []
        seen: dict[str, str] = {}
        for item in listed.value:
            spec = fill(SourceSpec, item, Mistakes())  # its mistakes are noted already
            if spec is None:
                continue
            where = item.value["name"].where
            if spec.name in seen:
                self.mistakes.add(where, f"source {spec.name!r} is named twice, first in {seen[spec.name]}")
            seen.setdefault(spec.name, where)
            sources.append(self._checked(spec, item))
        self._check_weights(listed.value)
        if recipe is None:
            return None
        tokenizer = self._paths([recipe.tokenizer], self.tree.value["tokenizer"], "tokenizer")
        return dataclasses.replace(
            recipe, sources=tuple(sources), tokenizer=(tokenizer or [recipe.tokenizer])[0]
        )

    def _checked(self, spec: SourceSpec, item: Placed) -> SourceSpec:
        keys = item.value
        if not _NAME.match(spec.name):
            self.mistakes.add(
                keys["name"].where, f"name {spec.name!r}: letters, digits, `_`, `.` and `-`: files get it"
            )
        for name in spec.languages:
            if name not in LANGUAGES:
                self.mistakes.add(keys["languages"].where, unknown("language", name, LANGUAGES))
        if spec.kind == "wikipedia" and spec.lang not in ("zh", "en"):
            self.mistakes.add(item.where, f"{spec.name}: lang is zh or en for a Wikipedia")
        if spec.kind == "code":
            spec = dataclasses.replace(spec, lang="code")
        if not spec.path:
            self.mistakes.add(item.where, f"{spec.name}: path is missing: files or folders")
            return spec
        paths = self._paths(spec.path, keys["path"], spec.name)
        lists = spec.clean.words.lists
        if lists:
            placed = keys["clean"].value["words"].value["lists"]
            words = dataclasses.replace(
                spec.clean.words, lists=tuple(self._paths(lists, placed, f"{spec.name}: words"))
            )
            spec = dataclasses.replace(spec, clean=dataclasses.replace(spec.clean, words=words))
        return dataclasses.replace(spec, path=tuple(paths))

    def _check_weights(self, items: Sequence[Placed]) -> None:
        """Weights say how sources stand to each other, so one without the others says nothing."""
        known = [item for item in items if isinstance(item.value, dict)]
        without = [item for item in known if "weight" not in item.value]
        if known and 0 < len(without) < len(known):
            self.mistakes.add(
                without[0].where, "weight is missing: give it to all sources, or to none to read each once"
            )

    def _paths(self, names: Sequence[str], placed: Placed, what: str) -> list[str]:
        base = Path() if placed.where.startswith("--set") else self.path.parent
        found: list[str] = []
        for name in names:
            paths = find_paths(base, name)
            if not paths:
                hint = nearest_path(base / name)
                self.mistakes.add(placed.where, f"{what}: {name} does not exist{hint}")
            found += paths
        return found
