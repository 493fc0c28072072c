"""The corpora that can be converted, and the forms that records can be written back to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from kg2instruct.convert import (
    ace,
    agrikg,
    bio,
    casie,
    chinese_nre,
    cluener,
    cmeie,
    conll04,
    conll2012,
    copyre_ids,
    duee,
    duie,
    fewrel,
    iepile,
    nyt,
    oneie,
    rebel,
    tagged,
    tokens,
)
from kg2instruct.convert.guess import Head
from kg2instruct.convert.mapped import read_mapped
from kg2instruct.convert.mapping import FieldMapping
from kg2instruct.convert.report import Kind, Report
from kg2instruct.convert.schemas import corpus_schema
from kg2instruct.convert.source import Source
from kg2instruct.records import Example, Mention
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
    suffixes: tuple[str, ...] = (".json", ".jsonl", ".parquet")


def _spo(head: Head, form: type) -> bool:
    if not head.items("spo_list"):
        return head.has("text", "spo_list")
    return not _cmeie(head) and head.most("spo_list", lambda x: isinstance(x.get("object"), form))


def _cmeie(head: Head) -> bool:
    """True by the mark that V1 has, or by the relations: not all releases have the mark."""
    names = corpus_schema("cmeie").relations
    return head.most("spo_list", lambda x: "Combined" in x or str(x.get("predicate")) in names)


def _tokens(head: Head, events: bool) -> bool:
    return head.has("sentences") and not head.has("text") and head.has_any("events", "dataset") is events


def _table(head: Head, width: int) -> bool:
    return (
        bool(head.cells) and not head.columns and all(len(x) == width for x in head.cells[:-1] or head.cells)
    )


def _pairs(head: Head, ascii_labels: bool) -> bool:
    if not _table(head, 4):
        return False
    labels = {row[2] for row in head.cells if len(row) == 4} - {chinese_nre.NO_RELATION}
    return not labels or any(not label.isascii() for label in labels) is not ascii_labels


def _agrikg(head: Head) -> bool:
    return _table(head, 6) and head.cells[0][0].isdecimal()


def _people_daily(head: Head) -> bool:
    return head.columns == 2 or bool(tagged.tags(head) - tagged.MSRA_TAGS)


def _msra(head: Head) -> bool:
    return head.columns == 2 or (bool(tagged.tags(head)) and tagged.tags(head) <= tagged.MSRA_TAGS)


def _events(head: Head, offsets: bool) -> bool:
    if not head.items("event_list"):
        return (
            not offsets and head.has("text", "title") and set().union(*head.rows) <= {"id", "text", "title"}
        )
    return head.most("event_list", lambda x: ("trigger_start_index" in x) is offsets)


def _opennre(head: Head) -> bool:
    return head.has("relation") and (head.has("h", "t") or head.has("head", "tail"))


def _copyre(head: Head) -> bool:
    named = head.source.path.name in copyre_ids.DICTIONARIES
    return named or head.has("sentText", "relationMentions") or head.matches(r"\s*\[\s*\[\s*\[\s*\d")


def _rows(head: Head) -> bool:
    if head.has_any("entity", "relation", "event", "kg"):
        return head.has_any("text", "input") and not _opennre(head)
    return head.has("instruction", "output") and any(
        row["instruction"].lstrip().startswith("{") for row in head.rows if _is_text(row.get("instruction"))
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_TEXT = (".txt", ".tsv", ".conll", ".bio", ".iob", ".train", ".dev", ".test", ".testa", ".testb")
_JSON = (".json", ".jsonl", ".txt", ".parquet")
_CONLL2012 = (".v4_gold_conll", ".v9_gold_conll", "_gold_conll", "_auto_conll", ".conll")

_CONVERTERS = (
    Converter("duie1", "DuIE 1.0", duie.read_duie1, lambda x: _spo(x, str)),
    Converter("duie2", "DuIE 2.0", duie.read_duie2, lambda x: _spo(x, dict)),
    Converter("cmeie", "CMeIE", cmeie.read, _cmeie),
    Converter("duee1", "DuEE 1.0", duee.read_duee1, lambda x: _events(x, True)),
    Converter("dueefin", "DuEE-fin", duee.read_dueefin, lambda x: _events(x, False)),
    Converter("cluener", "CLUENER", cluener.read, lambda x: x.has("text", "label")),
    Converter("casie", "CASIE", casie.read, lambda x: x.has("content", "cyberevent")),
    Converter("fewrel", "FewRel", fewrel.read, fewrel.looks),
    Converter("rebel", "REBEL", rebel.read, lambda x: x.has("text", "entities", "triples")),
    Converter("nyt_opennre", "NYT (OpenNRE)", nyt.read_opennre, _opennre, suffixes=_JSON),
    Converter("nyt_copyre", "NYT (CopyRE)", nyt.read_copyre, _copyre),
    Converter("nyt_triples", "NYT (triples)", nyt.read_triples, lambda x: x.has("text", "triple_list")),
    Converter("scierc", "SciERC", tokens.read_scierc, lambda x: _tokens(x, False), "tokens"),
    Converter("dygiepp", "DyGIE++", tokens.read_dygiepp, lambda x: _tokens(x, True), "tokens"),
    Converter("oneie", "OneIE", oneie.read, lambda x: x.has("tokens", "entity_mentions")),
    Converter("conll04", "CoNLL-2004", conll04.read, lambda x: x.has("tokens", "entities", "relations")),
    Converter("ace2005", "ACE 2005", ace.read, ace.looks, suffixes=(".sgm", ".apf.xml", ".json")),
    Converter("sanwen", "SanWen", chinese_nre.read_sanwen, lambda x: _pairs(x, True), suffixes=_TEXT),
    Converter("finre", "FinRE", chinese_nre.read_finre, lambda x: _pairs(x, False), suffixes=_TEXT),
    Converter("agrikg", "AgriKG", agrikg.read, _agrikg, suffixes=_TEXT),
    Converter("conll2012", "CoNLL-2012", conll2012.read, conll2012.looks, suffixes=_CONLL2012),
    Converter("conll2003", "CoNLL-2003", bio.read_conll2003, lambda x: x.columns == 4, "columns", _TEXT),
    Converter("bio", "columns of tokens and tags", bio.read_bio, lambda x: x.columns > 1, "columns", _TEXT),
    Converter("people_daily", "People Daily", bio.read_people_daily, _people_daily, "columns", _TEXT),
    Converter("msra", "MSRA", bio.read_msra, _msra, "columns", _TEXT),
    Converter("iepile", "IEPile", iepile.read_iepile, _rows, "rows"),
    Converter("instructie", "InstructIE", iepile.read_instructie, _rows, "rows"),
)
CONVERTERS: Registry[Converter] = Registry("corpus", {x.name: x for x in _CONVERTERS})

# Read by a mapping file only.
MAPPED = "json"


def mapped_converter(mapping: FieldMapping) -> Converter:
    """The converter of a mapping file."""
    suffixes = _MAPPED_SUFFIXES[mapping.format]
    return Converter(
        mapping.source,
        mapping.source,
        partial(read_mapped, mapping=mapping),
        lambda _: True,
        suffixes=suffixes,
    )


_MAPPED_SUFFIXES: dict[str, tuple[str, ...]] = {
    "json": (".json", ".jsonl", ".parquet"),
    "csv": (".csv",),
    "tsv": (".tsv", ".txt"),
    "columns": _TEXT,
}

_NO_PLACE = "is left out: the form has no place for it"


@dataclass(frozen=True, slots=True)
class Export:
    """A form that records can be written back to: the kinds of things it holds, and which of these it cannot."""

    write: Callable[[Iterable[Example]], Iterator[dict[str, Any]] | Iterator[str]]
    holds: tuple[Kind, ...]
    left_out: Callable[[Example], Iterable[Mention]] = lambda _: ()

    def __call__(
        self, examples: Iterable[Example], report: Report | None = None
    ) -> Iterator[dict[str, Any]] | Iterator[str]:
        """The rows or lines of records; what is left out is noted in `report`."""
        return self.write(self._noted(examples, report) if report else examples)

    def _noted(self, examples: Iterable[Example], report: Report) -> Iterator[Example]:
        for example in examples:
            lost: list[tuple[Kind, object]] = [("entity", x.entity) for x in self.left_out(example)]
            if "entity" not in self.holds:
                named = {end for x in example.relation for end in (x.head, x.tail)}
                inside = named if "relation" in self.holds else ()
                lost += [("entity", x.entity) for x in example.entity if x.entity not in inside]
            if "relation" not in self.holds:
                lost += [("relation", f"{x.head} {x.relation} {x.tail}") for x in example.relation]
            if "event" not in self.holds:
                lost += [("event", f"{x.event_type} {x.event_trigger}") for x in example.event]
            for kind, what in lost:
                report.note(example.id, kind, _NO_PLACE, what)
            yield example


EXPORTS: Registry[Export] = Registry(
    "export form",
    {
        "duie2": Export(duie.export_duie2, ("relation",)),
        "duee1": Export(duee.export, ("event",)),
        "cluener": Export(cluener.export, ("entity",), cluener.left_out),
        "bio": Export(bio.export, ("entity",), bio.left_out),
        "iepile": Export(iepile.export_iepile, ("entity", "relation", "event")),
        "instructie": Export(iepile.export_instructie, ("entity", "relation")),
    },
)
