"""How `chat` and `serve` run from the command line."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from kg2instruct.cli.options import messages
from kg2instruct.errors import OutputError
from kg2instruct.records import Lang
from trainer.inference.answerers import Answerer, endpoint_answerers, local_answerers
from trainer.inference.decoding import Decoding

if TYPE_CHECKING:
    from kg2instruct.chat import CallOptions
    from trainer.inference.model import ModelOptions


def by_endpoint(model: str, calls: CallOptions) -> Mapping[str, Answerer]:
    """A model that answers elsewhere."""
    from kg2instruct.chat import find_model

    return endpoint_answerers(find_model(model), calls)


def by_model(options: ModelOptions) -> Mapping[str, Answerer]:
    """A model and its adapters, loaded."""
    from trainer.inference.loading import quieten
    from trainer.inference.model import load_model

    quieten()
    if messages.is_terminal:
        messages.print(f"loading {escape(options.model)} …", style="dim", highlight=False)
    loaded = load_model(options)
    for note in loaded.notes:
        messages.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True, highlight=False)
    return local_answerers(loaded)


def chat(answerers: Mapping[str, Answerer], decoding: Decoding, system: str) -> None:
    """A conversation in the terminal, or with the lines of standard input."""
    from trainer.inference.chat import Chat, typed_lines

    if sys.stdin.isatty():
        messages.print(f"{escape(', '.join(answerers))}  [dim]/help tells the commands[/]", highlight=False)
    Chat(answerers, decoding, system).run(typed_lines("> "))


def serve(
    answerers: Mapping[str, Answerer], labels: Path | None, lang: Lang | None, host: str, port: int
) -> None:
    """The web page, until it is interrupted."""
    from trainer.inference.serve.builder import Schemas
    from trainer.inference.serve.page import Page

    port = _free(host, port)
    page = Page(answerers, Schemas(labels), lang)
    server = page.launch(host=host, port=port, block=False)
    shown = "127.0.0.1" if host == "0.0.0.0" else host
    messages.print(f"http://{shown}:{port}/  (Ctrl-C ends it)", highlight=False)
    server.block_thread()


def _free(host: str, port: int) -> int:
    """The port, or any free one for 0. Raises OutputError where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OutputError(
                f"{host}:{port}: {error.strerror or error}; name another with --port, or 0 for any"
            ) from error
        return int(probe.getsockname()[1])
