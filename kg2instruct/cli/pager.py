"""Output a screen at a time, on a terminal only."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper

from rich.console import Console

_PAGER = "less"
_LESS = "FRX"  # short output is not paged, colours are shown, the screen stays; as git does


class _ToPager(Console):
    """Rich would end the program where nobody reads on."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


@contextmanager
def paged(console: Console) -> Iterator[Console]:
    """A console that leads through $PAGER where `console` is a terminal, else `console` itself.

    What is not yet looked at is not yet made: the pager is written to as far as it reads. Leaving it ends the block.
    """
    pager = shlex.split(os.environ.get("PAGER", _PAGER))
    if not console.is_terminal or not pager or shutil.which(pager[0]) is None:
        yield console
        return
    environment = {"LESS": _LESS, "LESSCHARSET": "utf-8"} | os.environ
    process = subprocess.Popen(pager, stdin=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    lines = TextIOWrapper(process.stdin, encoding="utf-8")
    try:
        with suppress(BrokenPipeError, KeyboardInterrupt):
            yield _ToPager(file=lines, force_terminal=True, width=console.width)
    finally:
        with suppress(BrokenPipeError):
            lines.close()
        while True:  # the pager has the keyboard: an interrupt is for it
            with suppress(KeyboardInterrupt):
                process.wait()
                break
