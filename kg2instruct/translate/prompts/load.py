"""Prompts from YAML: `translate.yaml`, `answer.yaml` (or files of the same names in a folder of one's own)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import yaml

from kg2instruct.errors import ConfigError
from kg2instruct.records import Lang
from kg2instruct.translate.items import Layout, Mode

_FIELDS = {"source", "target", "script"}
_NOTE_FIELDS = {"terms", "legend"}


@dataclass(frozen=True)
class Words:
    """Names of languages and the layout of rows, of one target language."""

    source: str
    target: str
    script: str
    layout: Layout


@dataclass(frozen=True)
class Prompt:
    """A system message with notes for kinds of text, and what is said when an answer was not accepted."""

    name: str
    version: int
    system: str
    notes: Mapping[str, str]
    retry: str

    @cached_property
    def id(self) -> str:
        """Name, version and the begin of the content's hash: `translate@1-3f2a9c01`."""
        content = repr((self.system, sorted(self.notes.items()), self.retry)).encode()
        return f"{self.name}@{self.version}-{hashlib.sha256(content).hexdigest()[:8]}"

    def message(
        self, words: Words, notes: Sequence[tuple[str, Mapping[str, str]]], reasons: Sequence[str]
    ) -> str:
        """The system message: the rules, the notes that apply, and the reasons of an earlier failure."""
        said = [
            Template(self.system).substitute(source=words.source, target=words.target, script=words.script)
        ]
        said += [
            Template(self.notes[name]).substitute(fields) for name, fields in notes if name in self.notes
        ]
        if reasons:
            said.append(Template(self.retry).substitute(reasons="; ".join(reasons)))
        return "\n".join(part.strip() for part in said)


@lru_cache(maxsize=8)
def load_prompt(mode: Mode, folder: Path | None = None) -> Prompt:
    """The prompt of a mode; raises ConfigError where a file of one's own is not such a prompt."""
    where, data = _read(f"{mode}.yaml", folder)
    try:
        prompt = Prompt(
            mode, int(data["version"]), str(data["system"]), dict(data.get("notes") or {}), str(data["retry"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: expected version, system, notes and retry: {error!r}") from error
    texts = [(prompt.system, _FIELDS), (prompt.retry, {"reasons"})]
    for text, known in [*texts, *((str(note), _NOTE_FIELDS) for note in prompt.notes.values())]:
        template = Template(text)
        unknown = set(template.get_identifiers()) - known
        if unknown or not template.is_valid():
            raise ConfigError(
                f"{where}: fields ${', $'.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
            )
    return prompt


@lru_cache(maxsize=4)
def load_words(to: Lang, folder: Path | None = None) -> Words:
    """The words for translations into a language."""
    where, data = _read("words.yaml", folder)
    try:
        return Words(
            source=data["languages"]["en" if to == "zh" else "zh"],
            target=data["languages"][to],
            script=data["script"][to],
            layout=Layout(**data["layout"][to]),
        )
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{where}: expected languages, script and layout for {to}: {error!r}") from error


def _read(name: str, folder: Path | None) -> tuple[str, dict[str, Any]]:
    own = folder / name if folder else None
    path = own if own and own.is_file() else files("kg2instruct.translate.prompts") / name
    if folder and not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder of prompts")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys and values")
    return str(path), data
