"""The corpora that can be converted, and the forms that records can be written back to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kg2instruct.convert import bio, cluener, duie
from kg2instruct.convert.guess import Head
from kg2instruct.convert.report import Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Example
from kg2instruct.registry import Registry

Reader = Callable[[Source, Report], Iterator[Example]]


@dataclass(frozen=True, slots=True)
class Converter:
    """A corpus: how its files are read, and told from those of others.

    `looks` says whether a file begins as this corpus' files do; `like` are corpora of the same form, none of
    which a file can be told to be instead. `suffixes` are those of its files in a folder.
    """

    name: str
    title: str
    read: Reader
    looks: Callable[[Head], bool]
    like: str = ""
    suffixes: tuple[str, ...] = (".json", ".jsonl")


def _spo(head: Head, plain: bool) -> bool:
    spo = head.first("spo_list")
    if not spo:
        return head.has("text", "spo_list")
    return "Combined" not in spo and isinstance(spo.get("object"), str) is plain


_TEXT = (".txt", ".tsv", ".conll", ".bio", ".iob", ".train", ".dev", ".test", ".testa", ".testb")

_CONVERTERS = (
    Converter("duie1", "DuIE 1.0", duie.read_duie1, lambda x: _spo(x, True)),
    Converter("duie2", "DuIE 2.0", duie.read_duie2, lambda x: _spo(x, False)),
    Converter("cluener", "CLUENER", cluener.read, lambda x: x.has("text", "label")),
    Converter("conll2003", "CoNLL-2003", bio.read_conll2003, lambda x: x.columns == 4, "columns", _TEXT),
    Converter(
        "people_daily", "People Daily", bio.read_people_daily, lambda x: x.columns == 2, "columns", _TEXT
    ),
    Converter("msra", "MSRA", bio.read_msra, lambda x: x.columns == 2, "columns", _TEXT),
    Converter("bio", "columns of tokens and tags", bio.read_bio, lambda x: x.columns > 1, "columns", _TEXT),
)
CONVERTERS: Registry[Converter] = Registry("corpus", {x.name: x for x in _CONVERTERS})

EXPORTS: Registry[Callable[[Iterable[Example]], Iterator[dict[str, Any] | str]]] = Registry(
    "export form", {"duie2": duie.export_duie2, "cluener": cluener.export, "bio": bio.export}
)
