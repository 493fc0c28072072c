"""The sample in the package: Wikipedia pages written for it and the Wikidata entities they speak of."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from kg2instruct.errors import UnknownName

_WIKIS = {"en": "enwiki.xml", "zh": "zhwiki.xml"}


class SamplePaths(NamedTuple):
    """Files of the sample: a MediaWiki export and a Wikidata dump as JSON lines."""

    wikipedia: Path
    wikidata: Path


def sample_paths(lang: str) -> SamplePaths:
    """The sample's files for `lang`, zh or en; both share the entities. Raises UnknownName for others."""
    if lang not in _WIKIS:
        raise UnknownName("sample language", lang, _WIKIS)
    folder = Path(str(files(__name__)))
    return SamplePaths(folder / _WIKIS[lang], folder / "entities.jsonl")
