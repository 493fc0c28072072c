"""A knowledge base fetched from a SPARQL endpoint, by the builder that makes one of a dump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg2instruct.errors import InputError, OutputError
from kg2instruct.pipeline.knowledge import build_knowledge_base
from kg2instruct.pipeline.progress import MakeProgress
from kg2instruct.schema import load_schemas
from kg2instruct.sparql.cache import AnswerCache
from kg2instruct.sparql.client import Client
from kg2instruct.sparql.dialect import load_dialect
from kg2instruct.sparql.endpoint import Endpoint, EndpointOptions, Traffic
from kg2instruct.sparql.fetch import FetchOptions, FetchReport, Selection, fetch
from kg2instruct.storage import local
from kg2instruct.wikidata.build import FETCHED, BuildReport

ANSWERS, ENTITIES = "answers.sqlite", "entities.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An endpoint, what it calls things (a file of prefixes), and how it is asked."""

    url: str
    prefixes: Path | None = None
    options: EndpointOptions = field(default_factory=EndpointOptions)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched, what it took, and what the knowledge base holds."""

    report: FetchReport
    traffic: Traffic
    built: BuildReport


def schema_properties(schemas: Path | None = None) -> tuple[str, ...]:
    """The properties of a schema's relations (None: of the built-in one)."""
    return tuple(f"P{pid}" for pid in sorted(load_schemas(schemas).relations))


def fetch_knowledge_base(
    source: Source,
    selection: Selection,
    folder: Path,
    *,
    options: FetchOptions,
    progress: MakeProgress,
    workers: int = 1,
    keep_all: bool = False,
    fresh: bool = False,
) -> Fetched:
    """Fetch a selection of entities and build a store of them in `folder`; run again, it goes on.

    All answers and the entities made of them stay in `folder/fetched`. Raises EndpointError, InputError when
    nothing is found, OutputError where the folder holds something else.
    """
    dialect = load_dialect(source.prefixes)
    kept = folder / FETCHED
    if folder.is_dir() and not kept.exists() and any(folder.iterdir()):
        raise OutputError(f"{folder}: holds something else than what was fetched; name a new or empty folder")
    if fresh:
        forget_answers(folder)
    endpoint = Endpoint(source.url, source.options)
    with AnswerCache(kept / ANSWERS, source.url) as cache, progress("fetch", None) as shown:

        def tell(name: str, done: int, of: int, received: int) -> None:
            shown.reach(received, f"{done:,} of {of:,} {name}")

        client = Client(endpoint, cache, tell=tell)
        report = fetch(client, dialect, selection, kept / ENTITIES, options=options)
    built = build_knowledge_base(
        [kept / ENTITIES], folder, langs=options.langs, workers=workers, keep_all=keep_all, progress=progress
    )
    return Fetched(report, endpoint.traffic, built)


def forget_answers(folder: Path) -> None:
    """Throw away what was answered for a knowledge base, so that all is asked again."""
    for file in (folder / FETCHED).glob(f"{ANSWERS}*"):
        file.unlink()


def entity_files(paths: Sequence[Path]) -> list[Path]:
    """Dumps as they are; of folders the entities that were fetched into them."""
    files = []
    for path in map(local, paths):
        if path.is_dir():
            if not (path / FETCHED / ENTITIES).is_file():
                raise InputError(
                    f"{path}: is a folder that `kg2instruct kb fetch` did not make; name the files in it"
                )
            path = path / FETCHED / ENTITIES
        files.append(path)
    return files
