"""Settings of a run from, in this order, defaults, a preset, a file and `KEY=VALUE`; what comes later wins.

All mistakes are told at once, each with `file:line` and the nearest key or value that would be right.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from kg2instruct.errors import ConfigError, UnknownName
from kg2instruct.jsonl import atomic_writer
from kg2instruct.mix.fill import assign, fill, lay_over
from kg2instruct.mix.placed import Mistakes, Placed, parse_value, read_placed
from trainer.training.options import Pretraining, Tuning, Whole

T = TypeVar("T", bound=Pretraining | Tuning)

KINDS: Mapping[str, type[Pretraining] | type[Tuning]] = {"pretrain": Pretraining, "lora": Tuning}
CONFIGS = Path(__file__).parents[1] / "configs"

_ABOUT = "about"  # every preset has it, and no settings do

# YAML 1.1 reads 2e-4 as text.
_EXPONENT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def presets() -> dict[str, Traversable]:
    """The presets that come with the project, by name."""
    return {path.stem: path for path in sorted(CONFIGS.glob("*.yaml"))}


def about(name: str) -> str:
    """What a preset says of itself."""
    return str(_preset(name).value.get(_ABOUT, Placed("", "")).value)


def read_settings(
    kind: type[T],
    *,
    preset: str = "",
    path: Path | None = None,
    settings: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
) -> T:
    """The settings of a run; `flags` are like `settings`, with dots, and win. Raises ConfigError."""
    section = next(name for name, known in KINDS.items() if known is kind)
    mistakes = Mistakes()
    tree = Placed({}, "settings")
    for source in _sources(section, preset, path, mistakes):
        lay_over(tree, source)
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or not key:
            raise ConfigError(f"--set {setting}: expected KEY=VALUE, such as --set optim.learning_rate=1e-4")
        assign(tree, key.strip(), parse_value(value, f"--set {key}"), mistakes)
    for key, value in (flags or {}).items():
        assign(tree, key, _placed(value, f"--{key.rpartition('.')[2]}"), mistakes)
    _numbers(tree)
    lay_over(defaults := _defaults(kind, tree), tree)
    filled = fill(kind, defaults, mistakes)
    mistakes.raise_any()
    if filled is None:
        raise ConfigError("these are no settings of training")
    return filled


def read_whole(preset: str) -> Whole | None:
    """What a preset says of data and test, where it trains a model from nothing to its score; None for others."""
    section = _preset(preset).value.get("whole") if preset else None
    if section is None:
        return None
    mistakes = Mistakes()
    filled = fill(Whole, section, mistakes)
    mistakes.raise_any()
    return filled


def write_settings(settings: Pretraining | Tuning, path: Path) -> None:
    """Write settings so that `read_settings` gives them back."""
    plain = _plain(dataclasses.asdict(settings))
    text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
    with atomic_writer(path) as file:
        file.write(text.encode())


def _sources(section: str, preset: str, path: Path | None, mistakes: Mistakes) -> Iterable[Placed]:
    if preset:
        yield _section(_preset(preset), section, f"preset {preset}")
    if path is not None:
        read = read_placed(path)
        if isinstance(read.value, dict):
            yield _section(read, section, f"{path}") if _ABOUT in read.value else read
        else:
            mistakes.add(read.where, "expected keys and values such as `batch: {micro: 4}`")


def _section(preset: Placed, section: str, what: str) -> Placed:
    """The settings of a kind in a preset, or in a file that was made of one."""
    if section not in preset.value:
        others = [name for name in KINDS if name in preset.value]
        raise ConfigError(f"{what} has no {section}; it is for {' and '.join(others) or 'nothing'}")
    found: Placed = preset.value[section]
    return found


def _preset(name: str) -> Placed:
    path = CONFIGS / f"{name}.yaml"
    if not path.is_file():
        raise UnknownName("preset", name, presets())
    return read_placed(path)


def _defaults(kind: type[Any], tree: Placed) -> Placed:
    """The default sections of a kind, so that naming one key of a section leaves its other defaults."""
    found = {}
    for field in dataclasses.fields(kind):
        if field.default_factory is not dataclasses.MISSING and field.name in tree.value:
            found[field.name] = _placed(dataclasses.asdict(field.default_factory()), tree.where)
    return Placed(found, tree.where)


def _placed(value: Any, where: str) -> Placed:
    if isinstance(value, Mapping):
        return Placed({str(key): _placed(inner, where) for key, inner in value.items()}, where)
    if isinstance(value, list | tuple):
        return Placed([_placed(inner, where) for inner in value], where)
    return Placed(str(value) if isinstance(value, Path) else value, where)


def _numbers(placed: Placed) -> None:
    """Read text such as 2e-4 as the number it means."""
    if isinstance(placed.value, dict | list):
        inner = placed.value.values() if isinstance(placed.value, dict) else placed.value
        for one in inner:
            _numbers(one)
    elif isinstance(placed.value, str) and _EXPONENT.fullmatch(placed.value):
        placed.value = float(placed.value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
