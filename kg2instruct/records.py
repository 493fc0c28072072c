"""The records that cross stage borders.

Page ─> Article(Passage(Link)) ─> Example(Mention, Triple, Event) ─> InstructionRow

All offsets are Python character offsets into the record's own text, end exclusive. Records are structs of msgspec,
made several times as fast as frozen dataclasses: a changed copy is `msgspec.structs.replace(record, …)`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Literal

from msgspec import Struct

Lang = Literal["zh", "en"]

MentionVia = Literal["link", "title", "bold", "repeat", "alias", "value", "ner", "corpus", "model"]
RelationVia = Literal["wikidata", "model", "corpus"]


class _Shown:
    """A record that notebooks show as HTML; what draws it is loaded by name when it is asked for, and not before."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = import_module("kg2instruct.report.notebook").record_html(self)
        return html


class Page(Struct, frozen=True, gc=False):
    """A page of a dump as it stands there: raw wikitext, raw title."""

    id: int
    title: str
    ns: int
    revision: int
    text: str
    redirect: str | None = None


class Link(Struct, frozen=True, gc=False):
    """A stretch of visible text that links to a page.

    `target` is the page's title with spaces, first letter as written, no fragment. `lang` is empty for a page of
    the same wiki and a language code for a page of another one (`{{le|譯名|Original}}`: lang "en").
    """

    start: int
    end: int
    target: str
    lang: str = ""


class Passage(Struct, frozen=True, gc=False):
    """A paragraph (or part of one) or a list item of a page: visible text only."""

    text: str
    links: tuple[Link, ...] = ()
    bold: tuple[tuple[int, int], ...] = ()
    section: str = ""
    kind: Literal["paragraph", "list"] = "paragraph"


class InfoboxValue(Struct, frozen=True, gc=False):
    """One field of an infobox, rendered to visible text."""

    template: str
    field: str
    text: str
    links: tuple[Link, ...] = ()


class Article(Struct, frozen=True, gc=False):
    """A page of the main namespace, parsed; `display_title` is its title as readers of the output's script see it."""

    id: int
    title: str
    revision: int
    lang: str
    passages: tuple[Passage, ...]
    display_title: str = ""
    infobox: tuple[InfoboxValue, ...] = ()
    categories: tuple[str, ...] = ()
    disambiguation: bool = False
    unknown_templates: tuple[str, ...] = ()


class Mention(Struct, frozen=True, gc=False):
    """A span of the text that names an entity (`qid`) or a value; offsets are null where a corpus has none."""

    entity: str
    entity_type: str
    start: int | None
    end: int | None
    qid: str | None = None
    via: MentionVia = "corpus"


class Triple(Struct, frozen=True, gc=False):
    """A relation between two mentions, as JSON in design order; `property` is null outside Wikidata."""

    head: str
    head_type: str
    head_start: int | None
    head_qid: str | None
    relation: str
    property: str | None
    tail: str
    tail_type: str
    tail_start: int | None
    tail_qid: str | None
    tail_value: str | None = None
    via: RelationVia = "corpus"
    score: float | None = None


class Argument(Struct, frozen=True, gc=False):
    """An argument of an event."""

    role: str
    argument: str
    start: int | None = None


class Event(Struct, frozen=True, gc=False):
    """An event with its trigger and arguments."""

    event_type: str
    event_trigger: str
    start: int | None = None
    arguments: tuple[Argument, ...] = ()


class PageRef(Struct, frozen=True, gc=False):
    """Where a text of Wikipedia comes from."""

    title: str
    id: int
    revision: int
    section: str = ""


class Example(_Shown, Struct, frozen=True, gc=False):
    """One text with its annotations: the record between alignment or conversion and rendering."""

    id: str
    lang: str
    source: str
    cate: str | None
    text: str
    entity: tuple[Mention, ...] = ()
    relation: tuple[Triple, ...] = ()
    event: tuple[Event, ...] = ()
    page: PageRef | None = None


def lang_of(example: Example) -> Lang:
    """The language by whose rules a record is read: English for all that is not Chinese."""
    return "zh" if example.lang == "zh" else "en"


class InstructionRow(_Shown, Struct, frozen=True, gc=False):
    """One row of the dataset; id is the example's id, the task and a running number.

    `schema` is the list of labels asked for, as compact JSON text, so that the column has one type for all tasks.
    """

    id: str
    task: str
    lang: str
    source: str
    cate: str | None
    instruction: str
    input: str
    output: str
    schema: str
    template: str
    format: str


class Dropped(Struct, frozen=True, gc=False):
    """Something that a stage left out, and why; counted in `stats.json`.

    A page, a passage, or a single claim: then `triple` is the claim with its ends as a record has them, and `seen` the
    sentence as the rules saw it, the head as ①, the tail as ②, other entities as ③, other dates and numbers as ④.
    """

    record_id: str
    stage: str
    reason: str
    page: PageRef | None = None
    triple: Triple | None = None
    seen: str | None = None
