"""`kg2instruct explain`: why a record is as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.text import Text

    from kg2instruct.report.explained import Explanation, Named, WhyClaim, WhyMention


def explain(
    out: Annotated[Path, typer.Argument(help="Output folder of `build` or `align`.")],
    record_id: Annotated[str, typer.Argument(help="Id of a record or row, as zhwiki-3472-67692780-4.")],
    wikipedia: Annotated[
        list[str] | None,
        typer.Option(
            "--wikipedia", metavar="[LANG=]FILE", help="Where the dumps are now, if they were moved."
        ),
    ] = None,
    kb: Annotated[
        Path | None, typer.Option("--kb", metavar="DIR", help="Where the knowledge base is now.")
    ] = None,
    schemas: Annotated[
        str, typer.Option("--schemas", metavar="FILE", help="Where schemas of yours are now.")
    ] = "",
    wiki_templates: Annotated[
        str, typer.Option("--wiki-templates", metavar="FILE", help="Where rules for templates are now.")
    ] = "",
    json: o.Json = False,
) -> None:
    """Tell where each mention and triple of a record came from, and why other claims were dropped."""
    from kg2instruct.cli import show
    from kg2instruct.pipeline.again import explain as explain_record

    found = explain_record(
        out, record_id, wikipedia=wikipedia or (), kb=kb, schemas=schemas, wiki_templates=wiki_templates
    )
    if json:
        show.print_json(found)
        return
    for line in _lines(found):
        show.results.print(line, highlight=False, soft_wrap=True)


def _lines(found: Explanation) -> Iterator[Text]:
    page = found.page
    yield _line((page.title, "bold"), f"  {found.id}")
    facts = [f"page {page.id}", f"revision {page.revision}", page.section, found.source]
    yield _line((" · ".join(filter(None, facts)), "dim"))
    yield _line("subject: ", _named(found.subject), (f"  {found.subject_why}", "dim"))
    if found.topic:
        yield _line(f"topic: {found.topic}")
    if found.differs:
        yield _line((f"differs: {found.differs}", "yellow"))
    yield _line()
    yield _line((f"mentions ({len(found.mentions)})", "bold"))
    for mention in found.mentions:
        yield from _mention(mention)
    for number, sentence in enumerate(found.sentences, 1):
        yield _line()
        yield _line((f"sentence {number}  ", "bold"), sentence.text)
        if sentence.note:
            yield _line("  no triple: ", (sentence.note, "yellow"))
        elif not sentence.triples:
            yield _line(
                f"  no triple: {_counted(len(sentence.dropped), 'candidate')}, each dropped by a rule"
            )
        for claim in (*sentence.triples, *sentence.dropped):
            yield from _claim(claim)


def _mention(mention: WhyMention) -> Iterator[Text]:
    place = f"{mention.start}–{mention.end}"
    kind = f" [{mention.entity_type}]" if mention.entity_type else ""
    yield _line(
        "  ",
        (mention.entity, "cyan"),
        f"{kind} {place}  ",
        _named(mention.means),
        (f"  {mention.via}: {mention.why}", "dim"),
    )
    if mention.others:
        yield _line(("    might have meant: " + ", ".join(map(_named, mention.others)), "dim"))


def _claim(claim: WhyClaim) -> Iterator[Text]:
    mark = ("  ✓ ", "green") if claim.rule is None else ("  ✗ ", "red")
    rule = f"  {claim.rule}: " if claim.rule else "  "
    yield _line(mark, f"{claim.head} — {claim.relation} → {claim.tail}", (rule, "red"), (claim.why, "dim"))
    ended = ", ended" if claim.ended else ""
    told = f"{_named(claim.subject)}  {_named(claim.property)}  {claim.value}  (rank {claim.rank}{ended})"
    yield _line(("      claim   ", "dim"), told)
    turned = f", written from the other end as {_named(claim.turned)}" if claim.turned else ""
    yield _line(("      schema  ", "dim"), claim.schema + turned)
    yield _line(("      seen    ", "dim"), claim.seen)


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _named(entity: Named | None) -> str:
    return " ".join(filter(None, (entity.id, entity.label))) if entity else "–"


def _line(*parts: str | tuple[str, str]) -> Text:
    from rich.text import Text

    pieces: Iterable[str | tuple[str, str]] = parts
    return Text.assemble(*pieces)
