"""ACE 2005 as LDC releases it: `NAME.sgm` beside `NAME.apf.xml`, one record a document.

Mentions of entities, values and timex2 are listed by their extent; `head` is an entity's head. Types are
those that the field counts by: 7 of entities ("PER"), 6 of relations ("ORG-AFF"), 33 of events ("Conflict:Attack");
subtypes stand beside them. The text is all that stands outside tags, so that offsets are those of ACE
where it writes no `&amp;`. Of folders with several passes of annotation, `timex2norm` is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from msgspec.structs import replace

from kg2instruct.convert.beyond import AceEvent, AceMention, AceTriple
from kg2instruct.convert.formats.apf import Charseq, SgmText, charseq, charseqs
from kg2instruct.convert.formats.columns import guess_lang
from kg2instruct.convert.formats.jsonrows import Place
from kg2instruct.convert.guess import Head
from kg2instruct.convert.oneie import read_golden
from kg2instruct.convert.place import nearest
from kg2instruct.convert.report import NOT_THERE, WRONG_OFFSETS, Kind, Report
from kg2instruct.convert.source import Source
from kg2instruct.records import Argument, Event, Example, Mention

_APF, _SGM = ".apf.xml", ".sgm"
_OTHER_PASSES = frozenset(("adj", "fp1", "fp2"))
_KINDS = (("entity", "entity_mention"), ("value", "value_mention"), ("timex2", "timex2_mention"))


def looks(head: Head) -> bool:
    """True for both files of a document, and for the JSON form."""
    return (
        head.has("golden-entity-mentions")
        or "<source_file" in head.text[:2000]
        or head.source.path.name.endswith(_SGM)
    )


def read(source: Source, report: Report) -> Iterator[Example]:
    """The record of an `.apf.xml` or `.sgm` file and its counterpart; records of a JSON form (`read_golden`)."""
    name = source.path.name
    if name.endswith((_APF, _SGM)):
        stem = name.removesuffix(_APF).removesuffix(_SGM)
        apf = source.path.with_name(stem + _APF)
        sgm = source.path.with_name(stem + _SGM)
        if apf in report.done:
            return
        report.done.add(apf)
        yield from _documents(Source(apf, stem), Source(sgm, stem), report)
    else:
        yield from read_golden(source, report)


def _documents(apf: Source, sgm: Source, report: Report) -> Iterator[Example]:
    where = Place(apf, 1, 1)
    for file, what in ((apf, "annotation"), (sgm, "text")):
        if not file.path.is_file():
            report.lose(
                where, "record", f"has no {what} beside it; expected NAME.sgm and NAME.apf.xml", file.path
            )
            return
    if apf.path.parent.name in _OTHER_PASSES and _final(apf.path).is_file():
        report.note(where, "record", "is an earlier pass of annotation; timex2norm is taken")
        return
    data = apf.content()
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError) as error:
        line = getattr(error, "position", (1, 0))[0]
        report.lose(replace(where, line=line), "record", f"is not XML: {error}; expected source_file")
        return
    try:
        text = SgmText(sgm.content().decode())
    except UnicodeDecodeError as error:
        report.lose(Place(sgm, 1, 1), "record", f"is not as expected: {error.reason}; expected UTF-8")
        return
    text.agree([*charseqs(root)])
    documents = [*root.iter("document")]
    if not documents:
        report.lose(where, "record", "is not as expected: no document; expected source_file/document")
    for document in documents:
        yield _Document(document, text, apf, data, report).example()


def _final(path: Path) -> Path:
    return path.parent.parent / "timex2norm" / path.name


class _Document:
    """A document of APF on its way to a record."""

    def __init__(
        self, root: ElementTree.Element, text: SgmText, source: Source, data: bytes, report: Report
    ) -> None:
        self.root, self.sgm, self.source, self.data, self.report = root, text, source, data, report
        self.mentions: dict[str, AceMention] = {}

    def example(self) -> Example:
        entities = [
            m for kind, tag in _KINDS for x in self.root.iterfind(kind) for m in self._mentions(x, tag)
        ]
        relations = [t for x in self.root.iterfind("relation") for t in self._triples(x)]
        events = [e for x in self.root.iterfind("event") for e in self._events(x)]
        docid = self.root.get("DOCID") or self.source.label
        text = self.sgm.text
        return Example(
            f"ace2005-{docid}",
            guess_lang(text),
            "ace2005",
            None,
            text,
            tuple(entities),
            tuple(relations),
            tuple(events),
        )

    def _mentions(self, entity: ElementTree.Element, tag: str) -> Iterator[AceMention]:
        kind = "TIMEX2" if tag == "timex2_mention" else entity.get("TYPE") or ""
        for x in entity.iterfind(tag):
            self.report.found["entity"] += 1
            span = self._span(x, "extent", "entity")
            if not span:
                continue
            head = self._span(x, "head", "entity", told=False) if x.find("head") is not None else None
            mention = AceMention(
                self.sgm.text[slice(*span)],
                kind,
                *span,
                subtype=entity.get("SUBTYPE"),
                level=x.get("TYPE"),
                entity_id=entity.get("ID"),
                head=self.sgm.text[slice(*head)] if head else None,
                head_start=head[0] if head else None,
                value=entity.get("VAL"),
            )
            self.mentions[x.get("ID") or ""] = mention
            yield mention

    def _triples(self, relation: ElementTree.Element) -> Iterator[AceTriple]:
        for x in relation.iterfind("relation_mention"):
            self.report.found["relation"] += 1
            ends: dict[str, Mention] = {}
            others = []
            for role, mention in self._arguments(x, "relation_mention_argument"):
                if role in ("Arg-1", "Arg-2") and role not in ends:
                    ends[role] = mention
                else:
                    others.append(Argument(role, mention.entity, mention.start))
            head, tail = ends.get("Arg-1"), ends.get("Arg-2")
            if not head or not tail:
                reason = "does not have an Arg-1 and an Arg-2 that are mentions of the document"
                self.report.drop(self._where(x), "relation", reason, x.get("ID"))
                continue
            yield AceTriple(
                head.entity,
                head.entity_type,
                head.start,
                None,
                relation.get("TYPE") or "",
                None,
                tail.entity,
                tail.entity_type,
                tail.start,
                None,
                subtype=relation.get("SUBTYPE"),
                arguments=tuple(others),
            )

    def _events(self, event: ElementTree.Element) -> Iterator[Event]:
        label = ":".join(x for x in (event.get("TYPE"), event.get("SUBTYPE")) if x)
        for x in event.iterfind("event_mention"):
            self.report.found["event"] += 1
            span = self._span(x, "anchor", "event")
            if not span:
                continue
            arguments = []
            for role, mention in self._arguments(x, "event_mention_argument"):
                self.report.found["argument"] += 1
                arguments.append(Argument(role, mention.entity, mention.start))
            yield AceEvent(
                label,
                self.sgm.text[slice(*span)],
                span[0],
                tuple(arguments),
                realis=event.get("GENERICITY"),
                event_id=event.get("ID"),
                modality=event.get("MODALITY"),
                polarity=event.get("POLARITY"),
                tense=event.get("TENSE"),
            )

    def _arguments(self, element: ElementTree.Element, tag: str) -> Iterator[tuple[str, Mention]]:
        for x in element.iterfind(tag):
            mention = self.mentions.get(x.get("REFID") or "")
            if mention:
                yield x.get("ROLE") or "", mention
            else:
                self.report.lose(
                    self._where(x), "argument", "names no mention of the document", x.get("REFID")
                )

    def _span(
        self, element: ElementTree.Element, path: str, kind: Kind, *, told: bool = True
    ) -> tuple[int, int] | None:
        """The place of a stretch, put right where its text stands only near it; None, and told, if nowhere."""
        found = charseq(element, path)
        if found is None:
            if told:
                self.report.drop(
                    self._where(element), kind, f"has no {path} with START and END", element.get("ID")
                )
            return None
        if self.sgm.says(found):
            return self.sgm.span(found.start, found.end)
        near = self._near(found)
        where = self._where(element)
        if near is not None:
            self.report.mend(where, kind, WRONG_OFFSETS, element.get("ID"))
        elif told:
            self.report.drop(where, kind, NOT_THERE, f"{element.get('ID')} {found.text}")
        else:
            self.report.note(
                where, kind, f"has a {path} that {NOT_THERE}", f"{element.get('ID')} {found.text}"
            )
        return near

    def _near(self, found: Charseq) -> tuple[int, int] | None:
        start = nearest(self.sgm.text, found.text, found.start)
        return None if start is None else (start, start + len(found.text))

    def _where(self, element: ElementTree.Element) -> Place:
        own = element.get("ID") or element.get("REFID") or ""
        at = self.data.find(f'ID="{own}"'.encode())
        return Place(self.source, 1 + self.data.count(b"\n", 0, max(0, at)), 1)
