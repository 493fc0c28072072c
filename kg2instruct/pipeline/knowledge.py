"""Building a knowledge base with the progress of a build."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.pipeline.engine import Engine
from kg2instruct.pipeline.inputs import is_pipe
from kg2instruct.pipeline.progress import MakeProgress
from kg2instruct.share import Share
from kg2instruct.streams import open_stream
from kg2instruct.wikidata.build import BuildReport, build_store
from kg2instruct.wikidata.dump import check_kind
from kg2instruct.wikidata.manifest import MANIFEST, is_store_manifest, read_manifest


def build_knowledge_base(
    dumps: Sequence[Path],
    folder: Path,
    *,
    progress: MakeProgress,
    langs: Sequence[str] = ("zh", "en"),
    workers: int = 1,
    keep_all: bool = False,
    engine: Engine | None = None,
    share: Share | None = None,
) -> BuildReport:
    """Build the store of entity dumps in `folder`; see `build_store`."""
    with progress("knowledge base", _json_bytes(dumps)) as shown:
        return build_store(
            dumps,
            folder,
            langs=langs,
            workers=workers,
            keep_all=keep_all,
            engine=engine,
            share=share,
            progress=lambda step, size: shown.reach(size, step),
        )


def finished_before(
    dumps: Sequence[Path], folder: Path, *, langs: Sequence[str], keep_all: bool
) -> BuildReport | None:
    """What stands finished in `folder`, None for nothing: it took hours, and is not built anew unasked.

    Raises ConfigError where it cannot be of these dumps and options: one of the dumps is newer or a pipe.
    """
    path = folder / MANIFEST
    if not is_store_manifest(path) or not all(is_pipe(dump) or dump.exists() for dump in dumps):
        return None  # a build tells what is not there before it touches anything
    held, built = read_manifest(folder), path.stat().st_mtime
    newer = any(is_pipe(dump) or dump.stat().st_mtime > built for dump in dumps)
    if newer or (held.langs, held.keep_all) != (tuple(langs), keep_all):
        raise ConfigError(
            f"{folder} holds a finished knowledge base (names in {', '.join(held.langs)}); "
            "name another --out, or --fresh to replace it"
        )
    return BuildReport(folder, held.read | held.counts)


def _json_bytes(dumps: Sequence[Path]) -> int | None:
    """How much JSON there is to read, where that can be told without reading it."""
    total = 0
    for path in dumps:
        if is_pipe(path):
            return None
        check_kind(path)
        with open_stream(path) as stream:
            if stream.compression != "plain":
                return None
        total += path.stat().st_size
    return total
