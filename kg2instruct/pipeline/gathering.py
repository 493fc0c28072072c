"""Before the stages of a build: the listed pages, and the knowledge base that belongs to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.pipeline.fetching import Fetched, Source, fetch_knowledge_base, schema_properties
from kg2instruct.pipeline.folder import read_json, write_json
from kg2instruct.pipeline.inputs import Inputs
from kg2instruct.pipeline.listed_pages import Gathered, PickPages, gather_by_api, gather_from_dump
from kg2instruct.pipeline.progress import MakeProgress
from kg2instruct.pipeline.selecting import read_lines
from kg2instruct.pipeline.units import StageReport
from kg2instruct.records import Lang
from kg2instruct.sparql.endpoint import EndpointOptions
from kg2instruct.sparql.fetch import FetchOptions, Selection
from kg2instruct.web import Web
from kg2instruct.wiki.api import WikiApi
from kg2instruct.wiki.links import normalize_title

PAGES = "pages"
Pick = Callable[[Lang, PickPages, str], StageReport]
"""Runs a stage, under a name, over the dump of a language."""


def gather_pages(
    inputs: Inputs,
    out: Path,
    work: Path,
    *,
    pick: Pick,
    contact: str,
    strict: bool,
    progress: MakeProgress,
) -> tuple[Inputs, dict[Lang, Gathered]]:
    """Write the listed pages of each language to `out/pages`; return the inputs with these instead.

    Raises InputError when no page is found, WebError when a wiki does not answer.
    """
    gathered: dict[Lang, Gathered] = {}
    pages: dict[Lang, tuple[Path, ...]] = {}
    for lang, files in inputs.titles.items():
        titles = list(dict.fromkeys(normalize_title(line) for path in files for line in read_lines(path)))
        export, marker = out / PAGES / f"{lang}.xml", work / f"{PAGES}-{lang}.json"
        done = read_json(marker)
        if done is not None and export.exists():
            found = msgspec.convert(done, Gathered)
        elif lang in inputs.apis:
            with Web(contact=contact) as web, progress(f"pages {lang}", None) as shown:
                api = WikiApi(inputs.apis[lang], web)
                found = gather_by_api(api, lang, titles, work, export, told=shown.advance)
        else:
            found = gather_from_dump(partial(pick, lang), lang, titles, export, strict=strict)
        if not found.pages:
            raise InputError(
                f"{', '.join(map(str, files))}: none of the {len(titles)} titles is a page of "
                f"{inputs.apis.get(lang) or ', '.join(map(str, inputs.pages[lang]))}"
            )
        write_json(marker, dataclasses.asdict(found))
        gathered[lang], pages[lang] = found, (export,)
    return dataclasses.replace(inputs, pages=pages), gathered


def fetch_for_pages(
    url: str,
    gathered: Mapping[Lang, Gathered],
    inputs: Inputs,
    folder: Path,
    *,
    contact: str,
    workers: int,
    progress: MakeProgress,
) -> Fetched:
    """The knowledge base of gathered pages: their entities, and those of the pages that they link to."""
    selection = Selection(
        titles={lang: found.titles for lang, found in gathered.items()},
        ids=[item for found in gathered.values() for item in found.ids],
        linked_titles={lang: found.linked_titles for lang, found in gathered.items()},
        linked_ids=[item for found in gathered.values() for item in found.linked_ids],
    )
    return fetch_knowledge_base(
        Source(url=url, prefixes=inputs.prefixes, options=EndpointOptions(contact=contact)),
        selection,
        folder,
        options=FetchOptions(properties=schema_properties(inputs.schemas)),
        progress=progress,
        workers=workers,
    )
