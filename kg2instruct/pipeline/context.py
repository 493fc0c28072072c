"""What the stages that read pages or texts know beside them: store, schemas, evidence, links."""

from __future__ import annotations

from pathlib import Path

from kg2instruct.align.context import AlignContext, NoLinks
from kg2instruct.align.evidence_table import load_evidence
from kg2instruct.align.options import AlignOptions
from kg2instruct.records import Lang
from kg2instruct.schema import load_schemas
from kg2instruct.wiki.links import LinkTable
from kg2instruct.wikidata.store import Store


def page_context(
    lang: Lang, kb: Path, links: Path | None, schemas: Path | None, options: AlignOptions
) -> AlignContext:
    """What aligning pages needs; without a table of `links`, each link leads to the page that it names."""
    return AlignContext(
        store=Store.open(kb),
        schemas=load_schemas(schemas),
        evidence=load_evidence(),
        lang=lang,
        links=LinkTable.open(links) if links else NoLinks(),
        options=options,
    )


def text_context(lang: Lang, kb: Path, schemas: Path | None = None) -> AlignContext:
    """What annotating texts needs: there are no links."""
    return AlignContext(Store.open(kb), load_schemas(schemas), load_evidence(), lang, source="text")
