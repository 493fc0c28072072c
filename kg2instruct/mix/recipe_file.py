"""Recipe files: YAML in, a checked Recipe with all its paths found out.

name: mine
sources:
  - {name: wikipedia, kind: folder, path: ../data/zh, count: 100000, lang: zh}
  - {name: duie, kind: convert, corpus: duie2, path: duie/*.json, weight: 2, render: {tasks: [re]}}
"""

from __future__ import annotations

import dataclasses
import difflib
import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.mix.fill import assign, fill, unknown
from kg2instruct.mix.placed import Mistakes, Placed, parse_value, read_placed
from kg2instruct.mix.recipe import KINDS, DecontaminateOptions, Kind, Recipe, SourceSpec
from kg2instruct.storage import is_remote, local

# The end of a file's name decides how rows are read.
ROW_FILES = (".parquet", ".jsonl", ".json", ".ndjson")
TEXT_FILES = (*ROW_FILES, ".txt")
PACKED = (".gz", ".zst", ".bz2")


def read_recipe(
    path: Path, *, settings: Sequence[str] = (), scale: float | None = None, seed: int | None = None
) -> Recipe:
    """A recipe from its file and `KEY=VALUE` settings, which win (`wikipedia.path=data/zh`, `temperature=2`).

    Paths are relative to the recipe's folder, those of settings to the working directory. Raises ConfigError
    that tells all mistakes at once, a line each, with `file:line`.
    """
    mistakes = Mistakes()
    tree = read_placed(path)
    if not isinstance(tree.value, dict):
        raise ConfigError(f"{path}:1: expected keys and values such as `sources:`")
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or not key:
            raise ConfigError(f"--set {setting}: expected KEY=VALUE, such as --set wikipedia.path=data/zh")
        assign(tree, key.strip(), parse_value(value, f"--set {key}"), mistakes)
    found = _Reading(path, tree, mistakes).recipe()
    mistakes.raise_any()
    if found is None:
        raise ConfigError(f"{path}: not a recipe")
    changes = {name: value for name, value in (("scale", scale), ("seed", seed)) if value is not None}
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Reading:
    path: Path
    tree: Placed
    mistakes: Mistakes

    def recipe(self) -> Recipe | None:
        """The recipe with its paths found; None with mistakes noted."""
        sources = self.tree.value.get("sources")
        if sources is None or not isinstance(sources.value, list) or not sources.value:
            self.mistakes.add(f"{self.path}:1", "sources: a list of at least one source is needed")
            sources = Placed([], self.tree.where)
        places = [item for item in sources.value if isinstance(item.value, dict)]
        for item in places:
            self._complete(item)
        recipe = fill(Recipe, self.tree, self.mistakes)
        specs = [fill(SourceSpec, item, Mistakes()) for item in places]
        self._check_names(places)
        checked = [
            self._checked(spec, item) for spec, item in zip(specs, places, strict=True) if spec is not None
        ]
        if recipe is None:
            return None
        sets = self.tree.value.get("decontaminate")
        return dataclasses.replace(
            recipe, sources=tuple(checked), decontaminate=self._sets(recipe.decontaminate, sets)
        )

    def _complete(self, item: Placed) -> None:
        """What a source need not say: its name, and its kind where the path tells it."""
        keys = item.value
        path = keys.get("path")
        first = path.value[0].value if path and isinstance(path.value, list) and path.value else None
        text = str(first if first is not None else path.value if path else "")
        if "name" not in keys:
            keys["name"] = Placed(Path(text).stem or "source", item.where)
        if "kind" not in keys:
            kind: Kind = "rows"
            if "corpus" in keys:
                kind = "convert"
            elif "render" in keys:
                kind = "examples"
            elif text and (local(text) if is_remote(text) else self._base(path) / text).is_dir():
                kind = "folder"
            keys["kind"] = Placed(kind, item.where)

    def _check_names(self, places: Sequence[Placed]) -> None:
        seen: dict[str, str] = {}
        for item in places:
            name = str(item.value["name"].value)
            where = item.value["name"].where
            if name in seen:
                self.mistakes.add(where, f"source {name!r} is named twice, first in {seen[name]}")
            seen.setdefault(name, where)

    def _checked(self, spec: SourceSpec, item: Placed) -> SourceSpec:
        keys = item.value

        def say(key: str, what: str) -> None:
            self.mistakes.add(keys[key].where if key in keys else item.where, f"{spec.name}: {what}")

        if spec.count is not None and spec.weight is not None:
            say("weight", "give either count or weight, not both")
        for lang in spec.lang:
            if lang not in ("zh", "en"):
                say("lang", f"lang {lang!r} is not zh or en")
        if spec.kind == "convert":
            from kg2instruct.convert import AUTO, CONVERTERS

            if spec.corpus not in (AUTO, *CONVERTERS):
                say("corpus", unknown("corpus", spec.corpus, [AUTO, *CONVERTERS]))
        try:
            re.compile(spec.document)
        except re.error as error:
            say("document", f"{spec.document!r} is not a regular expression: {error}")
        for name in spec.fields:
            if name not in _FIELDS:
                say("fields", unknown("field", name, _FIELDS))
        if not spec.path:
            what = "the dataset's name on the Hub" if spec.kind == "hub" else "files or a folder"
            say("path", f"path is missing: {what}; name it here or with --set {spec.name}.path=…")
            return spec
        if spec.kind == "hub" or spec.count == 0:
            return spec
        paths: list[str] = []
        for name in spec.path:
            found = find_paths(self._base(keys["path"]), name)
            if not found:
                say(
                    "path",
                    f"{name} does not exist{nearest_path(self._base(keys['path']) / name)}; "
                    f"name another with --set {spec.name}.path=…",
                )
            paths += found
        return dataclasses.replace(spec, path=tuple(paths))

    def _sets(self, options: DecontaminateOptions, placed: Placed | None) -> DecontaminateOptions:
        if placed is None or not isinstance(placed.value, dict) or "sets" not in placed.value:
            return options
        where = placed.value["sets"]
        paths: list[str] = []
        for name in options.sets:
            found = find_paths(self._base(where), name)
            if not found:
                self.mistakes.add(
                    where.where,
                    f"decontaminate: {name} does not exist{nearest_path(self._base(where) / name)}",
                )
            paths += found
        return dataclasses.replace(options, sets=tuple(paths))

    def _base(self, placed: Placed | None) -> Path:
        """What relative paths start from."""
        given = placed is not None and placed.where.startswith("--set")
        return Path() if given else self.path.parent


_FIELDS = ("id", "task", "lang", "source", "cate", "instruction", "input", "output", "schema", "format")


def find_paths(base: Path, name: str) -> list[str]:
    """The paths that a name means, in order; `*`, `?` and `[…]` as in a shell, `**` for folders.

    Of what lies in object storage it is that of a copy.
    """
    if is_remote(name):
        return [str(local(name))]
    path = base / Path(name).expanduser()
    if path.exists():
        return [str(path)]
    if not glob.has_magic(name):
        return []
    return [str(x) for x in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))]


def nearest_path(path: Path) -> str:
    """A hint at a file beside the one that does not exist."""
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, sorted(beside), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def files_of(paths: Sequence[str], suffixes: Sequence[str]) -> list[Path]:
    """The files that are named, and those in named folders whose names end so, in order."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found += sorted(x for x in path.rglob("*") if x.is_file() and plain_suffix(x) in suffixes)
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def plain_suffix(path: Path) -> str:
    """The suffix without that of compression: `.jsonl` of `rows.jsonl.zst`."""
    return Path(path.stem).suffix if path.suffix in PACKED else path.suffix


__all__ = [
    "KINDS",
    "PACKED",
    "ROW_FILES",
    "TEXT_FILES",
    "files_of",
    "find_paths",
    "nearest_path",
    "plain_suffix",
    "read_recipe",
]
