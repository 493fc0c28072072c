"""`kg2instruct download`: dumps of Wikimedia, models and data sets of the Hub."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from kg2instruct.cli import options as o


def download(
    name: Annotated[
        str, typer.Argument(help="zhwiki, enwiki, wikidata, or OWNER/NAME of a model or data set on the Hub.")
    ],
    date: Annotated[
        str, typer.Option("--date", help="Date of a dump, as 20260101.  \\[default: newest]")
    ] = "",
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "",
    mirror: Annotated[
        str, typer.Option("--mirror", metavar="URL", help="Another server with the same files.")
    ] = "",
    connections: Annotated[int, typer.Option("--connections", min=1, help="Connections for a dump.")] = 2,
    contact: o.Contact = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the files; nothing is downloaded.")
    ] = False,
    out: o.Out = Path("downloads"),
    quiet: o.Quiet = False,
) -> None:
    """Download a dump, a model or a data set, checked; after an interruption, the same command goes on."""
    from kg2instruct.download.dumps import is_dump

    if is_dump(name):
        paths = _dump(name, date, mirror, connections, contact or "", dry_run, out, quiet)
    else:
        paths = _repository(name, revision, mirror, dry_run, out, quiet)
    for path in paths:
        typer.echo(path)


def _dump(
    name: str, date: str, mirror: str, connections: int, contact: str, dry_run: bool, out: Path, quiet: bool
) -> Iterable[Path]:
    from kg2instruct.download.dumps import find_dump
    from kg2instruct.download.run import plan_download, run_download
    from kg2instruct.web import Web

    with Web(contact=contact) as web:
        dump = find_dump(web, name, date=date, mirror=mirror)
        plan = plan_download(dump, out)
        if not quiet or dry_run:
            there = {file.name for file in plan.there}
            _list(f"{dump.name} of {dump.date}", [(f.name, f.size, f.name in there) for f in plan.files])
            _message(f"{plan.needed / 1e9:,.2f} GB to come, {plan.free / 1e9:,.2f} GB free in {out}")
        if dry_run:
            return []
        total = sum(file.size for file in plan.files)
        with o.make_progress(quiet=quiet)("download", total) as shown:
            return run_download(
                web, plan, out, connections=connections, tell=lambda step, done: shown.reach(done, step)
            )


def _repository(
    name: str, revision: str, mirror: str, dry_run: bool, out: Path, quiet: bool
) -> Iterable[Path]:
    from kg2instruct.download.hub import Hub

    hub = Hub(mirror)
    found = hub.find(name, revision=revision)
    if not quiet or dry_run:
        _list(
            f"{found.kind} {found.name} at {found.commit[:12]}",
            [(f.name, f.size, False) for f in found.files],
        )
    if dry_run:
        return []
    with o.make_progress(quiet=quiet)("download", found.size) as shown:
        return hub.download(found, out, tell=lambda step, done: shown.reach(done, step))


def _list(title: str, files: Iterable[tuple[str, int, bool]]) -> None:
    _message(title)
    for name, size, there in files:
        _message(f"{size:>16,}  {name}{'  (there)' if there else ''}")


def _message(line: str) -> None:
    o.messages.print(line, highlight=False, markup=False, soft_wrap=True)
