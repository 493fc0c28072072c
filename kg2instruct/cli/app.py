"""The program: sub-commands, and errors in one line.

Commands import what they need when they run, so that `--help` stays fast.
"""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape

from kg2instruct import __version__
from kg2instruct.cli import build, convert, kb, render
from kg2instruct.errors import Kg2InstructError

messages = Console(stderr=True)

app = typer.Typer(
    name="kg2instruct",
    help="Instruction datasets for information extraction from Wikipedia and Wikidata, Chinese first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("build")(build.build)
app.add_typer(kb.app, name="kb")
render.register(app)
convert.register(app)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    """Build instruction datasets for information extraction."""
    if version:
        typer.echo(f"kg2instruct {__version__}")
        raise typer.Exit


def run() -> int:
    """Run the program; return its exit status."""
    try:
        result = app(standalone_mode=False)
    except Kg2InstructError as error:
        messages.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        return 1
    except typer.Abort:
        messages.print("stopped")
        return 130
    except KeyboardInterrupt:
        messages.print("stopped; the same command goes on from here")
        return 130
    except _usage_error() as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


def _usage_error() -> type[Exception]:  # the class differs between versions of typer
    try:
        from click.exceptions import ClickException
    except ImportError:
        from typer._click.exceptions import ClickException
    return ClickException  # type: ignore[no-any-return, unused-ignore]
