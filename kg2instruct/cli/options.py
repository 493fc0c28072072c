"""Flags that commands share, and what they mean for a configuration."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from kg2instruct.pipeline.progress import MakeProgress
    from kg2instruct.share import Share

Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]
OutAnywhere = Annotated[
    Path, typer.Option("--out", help="Folder to write to, also in object storage (s3://…, gs://…).")
]
OutFile = Annotated[Path, typer.Option("--out", help="File to write.")]
Config = Annotated[Path | None, typer.Option("--config", help="YAML file of options; flags win over it.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of all random choices.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; all cores by default.")]
Engine = Annotated[
    str,
    typer.Option(
        "--engine", metavar="local|ray[:ADDRESS]", help="Where the work is done: here, or on a Ray cluster."
    ),
]
Shard = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Do the I-th of N shares only; --out is seen by all."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=0, help="Stop after so many pages of each language; redirects are not counted."
    ),
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict/--tolerant", help="Stop at the first bad page or line, or count it.  \\[default: tolerant]"
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh/--resume", help="Start anew instead of going on.")]
Contact = Annotated[
    str | None, typer.Option("--contact", metavar="MAIL", help="Where the server's operators can reach you.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]

Lang = Annotated[
    str | None, typer.Option("--lang", help="zh, en, or zh,en.  \\[default: zh]", show_default=False)
]
Wikipedia = Annotated[
    list[str] | None,
    typer.Option(
        "--wikipedia",
        metavar="[LANG=]FILE",
        help="Wikipedia dump (.xml, .bz2, .gz, .zst, - for stdin), repeatable; the built-in sample if none.",
    ),
]
Wikidata = Annotated[
    list[str] | None,
    typer.Option("--wikidata", metavar="FILE", help="Wikidata entity dump to build the knowledge base from."),
]
Kb = Annotated[str | None, typer.Option("--kb", metavar="DIR", help="Knowledge base made by `kb build`.")]
Sparql = Annotated[
    str | None,
    typer.Option("--sparql", metavar="URL", help="SPARQL endpoint to fetch the knowledge base from."),
]
Prefixes = Annotated[
    str | None, typer.Option("--prefixes", metavar="FILE", help="YAML of a Wikibase's own prefixes.")
]
Titles = Annotated[
    list[str] | None,
    typer.Option(
        "--titles", metavar="[LANG=]FILE", help="Only pages with these titles, one a line; repeatable."
    ),
]
WikiApi = Annotated[
    list[str] | None,
    typer.Option("--wiki-api", metavar="[LANG=]URL", help="MediaWiki API to get pages from; repeatable."),
]
Schemas = Annotated[
    str | None, typer.Option("--schemas", metavar="PATH", help="Your own schema, a file or a folder.")
]
WikiTemplates = Annotated[
    str | None,
    typer.Option("--wiki-templates", metavar="FILE", help="Your own rules for templates in wikitext."),
]
Passage = Annotated[
    str | None, typer.Option("--passage", help="paragraph or sentence.  \\[default: paragraph]")
]
MaxChars = Annotated[
    int | None, typer.Option("--max-chars", min=20, help="Longest passage, in characters.  \\[default: 512]")
]
Variant = Annotated[
    str | None,
    typer.Option(
        "--variant",
        help="Chinese script: zh-hans, zh-hant, zh-cn, zh-tw, zh-hk or none.  \\[default: zh-hans]",
    ),
]
Lists = Annotated[
    bool | None, typer.Option("--lists/--no-lists", help="List items as passages.  \\[default: lists]")
]
ListPages = Annotated[
    bool | None,
    typer.Option(
        "--list-pages/--no-list-pages", help="Keep pages that are lists.  \\[default: no-list-pages]"
    ),
]
Rejects = Annotated[
    bool | None,
    typer.Option(
        "--rejects/--no-rejects",
        help="Write pages, passages and claims left out to OUT/rejects.  \\[default: no-rejects]",
    ),
]
Compress = Annotated[str | None, typer.Option("--compress", help="zst: compress the aligned records.")]

messages = Console(stderr=True)


def cores() -> int:
    """How many processes may run at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def given(**flags: object) -> dict[str, object]:
    """Only the flags that were given; `wiki__passage` is `wiki.passage`."""
    return {
        name.replace("__", "."): value for name, value in flags.items() if value is not None and value != []
    }


def listed(names: str | None) -> list[str] | None:
    """The names of a flag such as `zh,en`."""
    return [name.strip() for name in names.split(",") if name.strip()] if names else None


def share(shard: str | None, *, engine: str, out: Path) -> Share | None:
    """What `--shard` says."""
    if shard is None:
        return None
    from kg2instruct.errors import ConfigError
    from kg2instruct.share import Share
    from kg2instruct.storage import is_remote

    if engine != "local":
        raise ConfigError(f"--shard divides by hand what --engine {engine} divides; give one of them")
    if is_remote(out):
        raise ConfigError("--shard: shares meet in --out, a folder that all machines see")
    return Share.parse(shard)


def stored(out: Path) -> None:
    """Tell where a folder was put, if that is not on this machine."""
    from kg2instruct.storage import is_remote, url

    if is_remote(out):
        messages.print(f"put into {url(out)}", highlight=False, markup=False, soft_wrap=True)


def make_progress(*, quiet: bool) -> MakeProgress:
    """What makes the progress of each step: shown among the messages, unless the program is to be quiet."""
    from kg2instruct.pipeline.progress import Progress, silent

    return silent if quiet else partial(Progress, console=messages)
