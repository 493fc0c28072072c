"""What recipe files of every kind have in common: settings that win, a list of sources, paths that must be there."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.mix.fill import assign
from kg2instruct.mix.placed import Mistakes, Placed, parse_value, read_placed
from kg2instruct.storage import is_remote, local


@dataclass(slots=True)
class RecipeReading:
    """A recipe file as it stands, with what was found to be wrong so far."""

    path: Path
    tree: Placed
    mistakes: Mistakes = field(default_factory=Mistakes)

    @classmethod
    def of(cls, path: Path, settings: Sequence[str], *, keys: str, example: str) -> RecipeReading:
        """A file with `KEY=VALUE` settings in it. Raises ConfigError for what has no `keys`, or a setting no value."""
        found = cls(path, read_placed(path))
        if not isinstance(found.tree.value, dict):
            raise ConfigError(f"{path}:1: expected keys and values such as {keys}")
        for setting in settings:
            key, sign, value = setting.partition("=")
            if not sign or not key:
                raise ConfigError(f"--set {setting}: expected KEY=VALUE, such as --set {example}")
            assign(found.tree, key.strip(), parse_value(value, f"--set {key}"), found.mistakes)
        return found

    def sources(self) -> list[Placed]:
        """What `sources` lists; it is a mistake to list none."""
        listed = self.tree.value.get("sources")
        if listed is None or not isinstance(listed.value, list) or not listed.value:
            self.mistakes.add(f"{self.path}:1", "sources: a list of at least one source is needed")
            return []
        return list(listed.value)

    def check_names(self, names: Sequence[Placed]) -> None:
        """Note sources of the same name."""
        seen: dict[str, str] = {}
        for placed in names:
            name = str(placed.value)
            if name in seen:
                self.mistakes.add(placed.where, f"source {name!r} is named twice, first in {seen[name]}")
            seen.setdefault(name, placed.where)

    def paths(self, names: Sequence[str], placed: Placed, what: str, advice: str = "") -> list[str]:
        """The paths that names mean; those that do not exist are noted as mistakes of `what`."""
        base = self.base(placed)
        found: list[str] = []
        for name in names:
            paths = _find(base, name)
            if not paths:
                hint = _nearest(base / name)
                self.mistakes.add(placed.where, f"{what}: {name} does not exist{hint}{advice}")
            found += paths
        return found

    def base(self, placed: Placed | None) -> Path:
        """What relative paths start from: the recipe's folder, in settings the working directory."""
        given = placed is not None and placed.where.startswith("--set")
        return Path() if given else self.path.parent


def _find(base: Path, name: str) -> list[str]:
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


def _nearest(path: Path) -> str:
    """A hint at a file beside the one that does not exist."""
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, sorted(beside), n=1)
    return f", did you mean {close[0]!r}?" if close else ""
