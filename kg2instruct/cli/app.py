"""The program: sub-commands, and errors in one line.

Commands import what they need when they run, so that `--help` stays fast.
"""

from __future__ import annotations

import os
import sys
from inspect import cleandoc

import typer
from rich.markup import escape

from kg2instruct import __version__
from kg2instruct.cli import (
    annotate,
    build,
    catalogue,
    complete,
    convert,
    download,
    evaluate,
    explain,
    kb,
    learn,
    mix,
    push,
    render,
    review,
    stats,
    trainer,
    translate,
    verify,
    view,
)
from kg2instruct.cli.groups import with_groups
from kg2instruct.cli.options import messages
from kg2instruct.errors import Kg2InstructError
from kg2instruct.share import ShareDone

INTERRUPTED, USAGE = 130, 2

# The order of a first look: from dumps and texts to records, to instructions, to models, and to what others see.
_PANELS = {
    "Records from pages and texts": ("build", "align", "annotate", "kb", "download", "learn"),
    "Records from corpora and models": ("convert", "complete", "verify", "review"),
    "Instructions": ("render", "export", "translate", "mix", "push", "templates", "schemas", "formats"),
    "Look and score": ("view", "explain", "stats", "score", "evaluate"),
    "Models": ("corpus", "train", "merge", "predict", "chat", "serve"),
}

app = typer.Typer(
    name="kg2instruct",
    help="Instruction datasets for information extraction from Wikipedia and Wikidata, Chinese first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("build")(build.build)
app.add_typer(kb.app, name="kb")
app.command("align")(build.align)
app.command("annotate")(annotate.annotate)
app.command("learn")(learn.learn)
app.command("convert")(convert.convert)
app.command("render")(render.render)
app.command("export")(render.export)
app.command("evaluate")(evaluate.evaluate)
app.command("score")(evaluate.score)
translate.register(app)
complete.register(app)
verify.register(app)
app.add_typer(review.app, name="review")
app.command("mix")(mix.mix)
app.command("stats")(stats.stats)
app.command("view")(view.view)
app.command("explain")(explain.explain)
app.command("push")(push.push)
app.command("download")(download.download)
app.command("templates")(catalogue.templates)
app.command("schemas")(catalogue.schemas)
app.command("formats")(catalogue.formats)
trainer.register(app)


def _arrange() -> None:
    """Give each command its place in the help."""
    panels = {name: panel for panel, names in _PANELS.items() for name in names}
    for command in app.registered_commands:
        command.rich_help_panel = panels[command.name or ""]
    for group in app.registered_groups:
        group.rich_help_panel = panels[group.name or ""]


def _read_groups(program: typer.Typer) -> None:
    """Show each command's text and the flags of its groups; annotations are read once here, by typer four times."""
    for command in program.registered_commands:
        if command.callback is not None:
            command.help = _unwrapped(command.callback.__doc__ or "")
            command.callback = with_groups(command.callback)
    for group in program.registered_groups:
        if group.typer_instance is not None:
            _read_groups(group.typer_instance)


def _unwrapped(text: str) -> str:
    """A docstring's paragraphs without the line ends of the source, where typer would break them too."""
    return "\n\n".join(" ".join(part.split()) for part in cleandoc(text).split("\n\n"))


_arrange()
_read_groups(app)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    """Build instruction datasets for information extraction."""
    if version:
        typer.echo(f"kg2instruct {__version__}")
        raise typer.Exit


def run() -> int:
    """Run the program; return its exit status: 0 done, 1 an error of ours in one line, 2 wrong usage."""
    try:
        result = app(standalone_mode=False)
    except Kg2InstructError as error:
        messages.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        return 1
    except ShareDone as done:
        messages.print(str(done), soft_wrap=True, highlight=False, markup=False)
        return 0
    except (typer.Abort, KeyboardInterrupt):
        result = INTERRUPTED
    except BrokenPipeError:  # `kg2instruct formats | head`: nobody reads on, nothing to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if not _is_usage_error(error):
            raise
        error.show()  # type: ignore[attr-defined]
        return USAGE
    if result == INTERRUPTED:  # which newer versions of typer return
        messages.print("stopped; the same command goes on from here")
    return result if isinstance(result, int) else 0


def _is_usage_error(error: Exception) -> bool:
    """Whether an exception is one of click's, which newer versions of typer have inside."""
    bases = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    return any(base.endswith("click.exceptions.ClickException") for base in bases)
