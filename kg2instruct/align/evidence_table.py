"""The evidence of all relations, read from `schemas/evidence/`: a file for each topic and language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from kg2instruct.align.credits import Credit, credits_of
from kg2instruct.align.evidence import Evidence
from kg2instruct.align.learned import read_learned
from kg2instruct.errors import ConfigError
from kg2instruct.records import Lang
from kg2instruct.resources import resource_dir


class _Entries(Mapping[tuple[int, str], Evidence]):
    """Entries by property and language, each compiled when it is first asked for: a run needs few of the thousands."""

    def __init__(self, written: Mapping[tuple[int, str], Callable[[], Evidence]]) -> None:
        self._written = written
        self._compiled: dict[tuple[int, str], Evidence] = {}

    def __getitem__(self, key: tuple[int, str]) -> Evidence:
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = self._written[key]()
        return found

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """The evidence of all relations; one without an entry is stated by its schema's triggers, or its sentence alone."""

    entries: Mapping[tuple[int, str], Evidence]
    learned: Mapping[tuple[int, str], re.Pattern[str]] = field(default_factory=dict)
    """Words learned from pages, for relations with an entry and without."""

    def get(self, pid: int, lang: Lang) -> Evidence | None:
        """What states property `pid` in `lang`, None where nothing is known."""
        return self.entries.get((pid, lang))


@cache
def load_evidence() -> EvidenceTable:
    """Read the packaged files of all topics, once a process.

    An entry whose expression is broken raises ConfigError, naming its property, when it is first asked for.
    """
    folder = resource_dir("schemas") / "evidence"
    groups = {lang: _read(folder / f"groups.{lang}.yaml") for lang in ("zh", "en")}
    written: dict[tuple[int, str], tuple[Mapping[str, Any], str]] = {}
    learned: dict[tuple[int, str], re.Pattern[str]] = {}
    credits: dict[str, dict[int, tuple[str, str]]] = {"zh": {}, "en": {}}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        topic, lang, *_ = file.name.split(".")
        if topic == "learned":
            code, words = read_learned(file)
            learned |= {(pid, code): _any_of(found, code) for pid, found in words.items() if found}
        elif topic != "groups":
            for pid, entry in _read(file).items():
                written[int(pid[1:]), lang] = entry, f"{file.name}: {pid}"
                if "credit" in entry:
                    credits[lang][int(pid[1:])] = entry["credit"]["group"], entry["credit"]["words"]
    credit_of = {
        (pid, lang): credit
        for lang, words_of in credits.items()
        for pid, credit in credits_of(words_of, lang).items()
    }
    return EvidenceTable(
        _Entries(
            {
                key: partial(_compile, entry, groups[key[1]], key[1], where, credit_of.get(key))
                for key, (entry, where) in written.items()
            }
        ),
        learned,
    )


def _read(file: Traversable) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    return data


def _any_of(words: Sequence[str], lang: Lang) -> re.Pattern[str]:
    joined = "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))
    return re.compile(rf"\b(?:{joined})\b" if lang == "en" else joined, re.IGNORECASE)


def _compile(
    entry: Mapping[str, Any], groups: Mapping[str, Any], lang: str, where: str, credit: Credit | None
) -> Evidence:
    flags = re.IGNORECASE if lang == "en" else 0
    sources = list(entry.get("patterns", ()))
    for group in entry.get("use", ()):
        sources += groups[group]
    try:
        words = entry.get("words")
        return Evidence(
            # English words stand alone; Chinese ones anywhere.
            re.compile(rf"\b(?:{words})\b" if lang == "en" else words, flags) if words else None,
            tuple(re.compile(source, flags) for source in sources),
            bool(entry.get("loose")),
            re.compile(entry["never"], flags) if "never" in entry else None,
            credit,
        )
    except re.error as error:
        raise ConfigError(f"{where}: not a regular expression: {error}") from error
