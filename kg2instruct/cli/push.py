"""`kg2instruct push`: a dataset folder to the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg2instruct.cli.options import Quiet, messages


def push(
    folder: Annotated[Path, typer.Argument(help="Dataset folder, made by build or mix.")],
    repo: Annotated[str, typer.Argument(help="NAME or OWNER/NAME on the Hub.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would go; nothing is sent.")] = False,
    private: Annotated[bool, typer.Option("--private/--public", help="Who sees a new repository.")] = True,
    branch: Annotated[str, typer.Option("--branch", help="Push to this branch, made if need be.")] = "",
    pull_request: Annotated[bool, typer.Option("--pr", help="Open a pull request.")] = False,
    message: Annotated[
        str, typer.Option("--message", "-m", help="Message of the commit.")
    ] = "Dataset made with kg2instruct",
    quiet: Quiet = False,
) -> None:
    """Push a dataset folder to the Hugging Face Hub; again after an interruption, it goes on."""
    from rich.markup import escape

    from kg2instruct.errors import ConfigError
    from kg2instruct.publish.files import publishable
    from kg2instruct.publish.hub_errors import check_name

    if branch and pull_request:
        raise ConfigError("give either --branch or --pr, not both")
    if dry_run:
        check_name(repo)
        files = publishable(folder)
        for file in files:
            typer.echo(f"{file.size:>14,}  {file.name}")
        typer.echo(f"{sum(file.size for file in files):>14,}  {len(files)} files would go to {repo}")
        return
    from kg2instruct.publish.push import Pushed, PushOptions
    from kg2instruct.publish.push import push as pushed

    options = PushOptions(
        private=None if private else False, branch=branch, pull_request=pull_request, message=message
    )

    def told(line: str) -> None:
        if not quiet:
            messages.print(escape(line), style="dim", highlight=False, soft_wrap=True)

    done: Pushed = pushed(folder, repo, options, told=told)
    if not quiet:
        removed = f", {len(done.removed)} removed" if done.removed else ""
        messages.print(
            f"[bold]{len(done.sent)} files sent[/]{removed}, {done.unchanged} were there; commit {done.commit[:12]}",
            highlight=False,
        )
    typer.echo(done.url)
