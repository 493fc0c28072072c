"""Recipe files: YAML in, a checked Recipe with all its paths found out.

name: mine
sources:
  - {name: wikipedia, kind: folder, path: ../data/zh, count: 100000, lang: zh}
  - {name: duie, kind: convert, corpus: duie2, path: duie/*.json, weight: 2, render: {tasks: [re]}}
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.mix.fill import fill, unknown
from kg2instruct.mix.placed import Mistakes, Placed
from kg2instruct.mix.recipe import DecontaminateOptions, Kind, Recipe, SourceSpec
from kg2instruct.mix.recipe_reading import RecipeReading
from kg2instruct.render.label_files import published
from kg2instruct.storage import is_remote, local

_FIELDS = ("id", "task", "lang", "source", "cate", "instruction", "input", "output", "schema", "format")


def read_recipe(
    path: Path, *, settings: Sequence[str] = (), scale: float | None = None, seed: int | None = None
) -> Recipe:
    """A recipe from its file and `KEY=VALUE` settings, which win (`wikipedia.path=data/zh`, `temperature=2`).

    Paths are relative to the recipe's folder, those of settings to the working directory. Raises ConfigError
    that tells all mistakes at once, a line each, with `file:line`.
    """
    reading = RecipeReading.of(path, settings, keys="`sources:`", example="wikipedia.path=data/zh")
    found = _recipe(reading)
    reading.mistakes.raise_any()
    if found is None:
        raise ConfigError(f"{path}: not a recipe")
    changes = {name: value for name, value in (("scale", scale), ("seed", seed)) if value is not None}
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


def _recipe(reading: RecipeReading) -> Recipe | None:
    """The recipe with its paths found; None with mistakes noted."""
    places = [item for item in reading.sources() if isinstance(item.value, dict)]
    for item in places:
        _complete(reading, item)
    recipe = fill(Recipe, reading.tree, reading.mistakes)
    specs = [fill(SourceSpec, item, Mistakes()) for item in places]  # mistakes of these are noted already
    reading.check_names([item.value["name"] for item in places])
    checked = [
        _checked(reading, spec, item) for spec, item in zip(specs, places, strict=True) if spec is not None
    ]
    if recipe is None:
        return None
    sets = _sets(reading, recipe.decontaminate, reading.tree.value.get("decontaminate"))
    return dataclasses.replace(recipe, sources=tuple(checked), decontaminate=sets)


def _complete(reading: RecipeReading, item: Placed) -> None:
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
        elif text and (local(text) if is_remote(text) else reading.base(path) / text).is_dir():
            kind = "folder"
        keys["kind"] = Placed(kind, item.where)


def _checked(reading: RecipeReading, spec: SourceSpec, item: Placed) -> SourceSpec:
    """The source with its paths found; what is wrong with it is noted."""
    keys = item.value
    for key, what in _mistakes(spec):
        reading.mistakes.add(keys[key].where if key in keys else item.where, f"{spec.name}: {what}")
    for key, known in (("mapping", ()), ("schema", ("wikipedia",)), ("labels", published())):
        named = getattr(spec, key)
        if named and named not in known:
            advice = f"; known by name: {', '.join(sorted(known))}" if known else ""
            found = reading.paths([named], keys[key], f"{spec.name}: {key}", advice)
            spec = dataclasses.replace(spec, **{key: found[0] if found else ""})  # type: ignore[arg-type]
    if not spec.path or spec.kind == "hub" or spec.count == 0:
        return spec
    advice = f"; name another with --set {spec.name}.path=…"
    return dataclasses.replace(spec, path=tuple(reading.paths(spec.path, keys["path"], spec.name, advice)))


def _mistakes(spec: SourceSpec) -> Iterator[tuple[str, str]]:
    """What is wrong with a source that its types do not tell, and under which key."""
    if spec.count is not None and spec.weight is not None:
        yield "weight", "give either count or weight, not both"
    if spec.schema and spec.labels:
        yield "labels", "give either schema or labels, not both"
    for lang in spec.lang:
        if lang not in ("zh", "en"):
            yield "lang", f"lang {lang!r} is not zh or en"
    if spec.kind == "convert":
        from kg2instruct.convert import AUTO, CONVERTERS, MAPPED

        if spec.corpus not in (AUTO, MAPPED, *CONVERTERS):
            yield "corpus", unknown("corpus", spec.corpus, [AUTO, MAPPED, *CONVERTERS])
        elif spec.corpus == MAPPED and not spec.mapping:
            yield "corpus", f"the corpus {MAPPED} needs a mapping: the file that names its fields"
    try:
        re.compile(spec.document)
    except re.error as error:
        yield "document", f"{spec.document!r} is not a regular expression: {error}"
    for name in spec.fields:
        if name not in _FIELDS:
            yield "fields", unknown("field", name, _FIELDS)
    if not spec.path:
        what = "the dataset's name on the Hub" if spec.kind == "hub" else "files or a folder"
        yield "path", f"path is missing: {what}; name it here or with --set {spec.name}.path=…"


def _sets(
    reading: RecipeReading, options: DecontaminateOptions, placed: Placed | None
) -> DecontaminateOptions:
    if placed is None or not isinstance(placed.value, dict) or "sets" not in placed.value:
        return options
    found = reading.paths(options.sets, placed.value["sets"], "decontaminate")
    return dataclasses.replace(options, sets=tuple(found))
