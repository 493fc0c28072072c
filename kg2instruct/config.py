"""Options of a build: dataclasses, filled from a YAML file and from flags; flags win.

lang: zh
seed: 7
wiki: {passage: sentence, max_chars: 300}
render: {formats: [json, tuple], negatives: 0.5}
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from kg2instruct.align.options import AlignOptions
from kg2instruct.errors import ConfigError, Kg2InstructError
from kg2instruct.lang.script import Variant
from kg2instruct.render.options import RenderOptions
from kg2instruct.wiki.article import WikiOptions

T = TypeVar("T")

_LEAST_CHARS = 20
# What `config.yaml` of a dataset says of the run beside its options; read back, it decides nothing.
_RECORDED = ("versions", "inputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOptions:
    """Shares of pages that go to validation and test; all others are for training."""

    validation: float = 0.05
    test: float = 0.05

    def __post_init__(self) -> None:
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise ConfigError("split: validation and test are shares of pages, together below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildConfig:
    """All that decides what `kg2instruct build` makes; sections are named after stages."""

    lang: tuple[str, ...] = ("zh",)
    wikipedia: tuple[str, ...] = ()
    """Dump files, `-` for standard input, `zh=FILE` where several languages are built; none: the sample."""
    wikidata: tuple[str, ...] = ()
    """Entity dumps to build the knowledge base from."""
    kb: str = ""
    """A knowledge base built before, with `kg2instruct kb build`."""
    sparql: str = ""
    """A SPARQL endpoint to fetch the knowledge base from, for the pages that `titles` name."""
    prefixes: str = ""
    """A file of the endpoint's own prefixes."""
    titles: tuple[str, ...] = ()
    """Files of titles, one a line: only these pages; `zh=FILE` where several languages are built."""
    wiki_api: tuple[str, ...] = ()
    """MediaWiki APIs to get the pages from, instead of dumps; `zh=URL` where several languages are built."""
    schemas: str = ""
    """A schema file or folder of your own."""
    wiki_templates: str = ""
    """A file of your own rules for templates in wikitext."""
    seed: int = 0
    limit: int = 0
    """Stop after so many pages of each language; 0 for all."""
    list_pages: bool = False
    """Keep pages that are lists."""
    strict: bool = False
    """Stop at the first damaged page or line instead of counting it."""
    compress: str = ""
    """`zst` to compress the aligned records."""
    keep_all: bool = False
    """Keep passages without any mention among the aligned records."""
    rejects: bool = False
    """Write what was dropped, and why, to `rejects/`."""
    wiki: WikiOptions = field(default_factory=WikiOptions)
    align: AlignOptions = field(default_factory=AlignOptions)
    render: RenderOptions = field(default_factory=RenderOptions)
    split: SplitOptions = field(default_factory=SplitOptions)

    def __post_init__(self) -> None:
        wrong = [f"lang: {lang!r} is not zh or en" for lang in self.lang if lang not in ("zh", "en")]
        if not self.lang:
            wrong.append("lang: name at least one language, zh or en")
        if len(set(self.lang)) < len(self.lang):
            wrong.append("lang: names a language twice")
        if self.wiki.variant not in typing.get_args(Variant):
            wrong.append(
                f"wiki.variant: {self.wiki.variant!r} is not one of {', '.join(typing.get_args(Variant))}"
            )
        if self.wiki.max_chars < _LEAST_CHARS:
            wrong.append(f"wiki.max_chars: at least {_LEAST_CHARS}, not {self.wiki.max_chars}")
        if self.limit < 0:
            wrong.append(f"limit: 0 for all pages or a number of pages, not {self.limit}")
        knowledge = [name for name in ("kb", "wikidata", "sparql") if getattr(self, name)]
        if len(knowledge) > 1:
            wrong.append("give only one of kb (built before), wikidata (a dump) and sparql (an endpoint)")
        if self.compress not in ("", "zst"):
            wrong.append(f"compress: {self.compress!r} is not zst")
        wrong += self._wrong_pages(bool(knowledge))
        if wrong:
            raise ConfigError("; ".join(wrong))

    def _wrong_pages(self, knowledge: bool) -> list[str]:
        """What does not fit together of the places that pages and knowledge come from."""
        wrong = []
        if self.wikipedia and self.wiki_api:
            wrong.append("give either wikipedia (dumps) or wiki_api, not both")
        pages = self.wikipedia or self.wiki_api
        if pages and not knowledge:
            wrong.append(
                "--wikipedia and --wiki-api need a knowledge base: add --wikidata DUMP or --kb DIR (or --sparql URL)"
            )
        if knowledge and not pages:
            wrong.append("--wikidata, --kb and --sparql need pages: add --wikipedia DUMP or --wiki-api URL")
        if (self.sparql or self.wiki_api) and not self.titles:
            wrong.append("--sparql and --wiki-api need a list of pages: add --titles FILE")
        if self.titles and not pages:
            wrong.append("--titles needs pages: add --wikipedia DUMP or --wiki-api URL")
        return wrong


def read_config(path: Path | None, flags: Mapping[str, Any]) -> BuildConfig:
    """A configuration from a YAML file (or none) and flags, which win.

    `config.yaml` of a dataset is such a file. Flags of a section are named `section.key`. Raises ConfigError
    that tells all mistakes at once.
    """
    data = read_yaml(path) if path is not None else {}
    for name in _RECORDED:
        data.pop(name, None)
    for key, value in flags.items():
        section, _, name = key.partition(".")
        if not name:
            data[section] = value
        elif isinstance(inner := data.get(section) or {}, Mapping):
            data[section] = {**inner, name: value}
    mistakes: list[str] = []
    config = _fill(BuildConfig, data, "", mistakes)
    if mistakes or config is None:
        raise ConfigError((f"{path}: " if path else "") + "; ".join(mistakes))
    return config


def read_options(kind: type[T], path: Path | None, section: str, flags: Mapping[str, Any]) -> T:
    """The options of one section of a configuration file, and flags, which win; raises ConfigError."""
    whole = read_yaml(path) if path is not None else {}
    inner = whole.get(section) or {}
    if not isinstance(inner, Mapping):
        raise ConfigError(f"{path}: {section}: expected keys and values")
    mistakes: list[str] = []
    options = _fill(kind, {**inner, **flags}, f"{section}.", mistakes)
    if mistakes or options is None:
        raise ConfigError((f"{path}: " if path else "") + "; ".join(mistakes))
    return options


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys and values of a YAML file; ConfigError when it holds anything else."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if loaded is not None and not isinstance(loaded, dict):
        raise ConfigError(f"{path}: expected keys and values, such as `seed: 7`")
    return loaded or {}


def _fill(kind: type[T], data: Mapping[str, Any], where: str, mistakes: list[str]) -> T | None:
    """A dataclass from a mapping; mistakes are noted, not raised."""
    hints = typing.get_type_hints(kind)
    known = [f.name for f in fields(kind) if _writable(hints[f.name])]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    before = len(mistakes)
    for key, value in data.items():
        if key in hints and value is None:
            continue  # `key:` with nothing behind it is the default
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f", did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
            mistakes.append(f"unknown key {where}{key}{hint}")
        else:
            values[key] = _value(hints[key], value, f"{where}{key}", mistakes)
    if len(mistakes) > before:
        return None
    try:
        return kind(**values)
    except Kg2InstructError as error:
        mistakes.append(str(error))
        return None


def _writable(hint: Any) -> bool:
    """Whether a file can say it: no objects other than sections."""
    kinds = [part for part in typing.get_args(hint) or (hint,) if isinstance(part, type)]
    return all(is_dataclass(hint) or kind.__module__ == "builtins" for kind in kinds)


def _value(hint: Any, value: Any, where: str, mistakes: list[str]) -> Any:
    origin = typing.get_origin(hint)
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            mistakes.append(f"{where}: expected keys and values")
            return None
        return _fill(hint, value, f"{where}.", mistakes)  # type: ignore[arg-type]
    if origin is tuple:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list | tuple):
            return tuple(_value(typing.get_args(hint)[0], item, where, mistakes) for item in items)
        mistakes.append(f"{where}: expected a list")
        return None
    if origin is typing.Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            mistakes.append(f"{where}: {value!r} is not one of {', '.join(map(str, allowed))}")
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _value(next(a for a in typing.get_args(hint) if a is not type(None)), value, where, mistakes)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        mistakes.append(f"{where}: expected {hint.__name__}, found {value!r}")
    return value
