"""Progress of long work: a bar with rate and time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar

_SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """How far a step is, in bytes of its input; without a console nothing is shown.

    Drawn by the caller's own steps, so that no thread lives while workers are forked.
    """

    def __init__(self, title: str = "", total: int | None = None, *, console: Console | None = None) -> None:
        self.title, self.total = title, total
        self.done = self.earlier = 0
        self._console = console
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._begun = self._told = time.monotonic()

    def advance(self, size: int, *, fresh: bool = True) -> None:
        """Count `size` bytes as done; work of an earlier run (`fresh` false) does not count for the rate."""
        self.done += size
        if not fresh:
            self.earlier += size
        self._show(advance=size if fresh else 0)

    def reach(self, done: int, title: str = "") -> None:
        """Set how many bytes are done, and what is being done now."""
        step, self.done = done - self.done, done
        self._show(advance=step, title=title)

    def _show(self, advance: int, title: str = "") -> None:
        if self._bar is not None and self._task is not None:
            if title:
                self._bar.update(self._task, description=f"{self.title}: {title}")
            if advance:
                self._bar.update(self._task, advance=advance)
            else:  # work of an earlier run jumps, so that it is not taken for speed
                self._bar.update(self._task, completed=self.done)
            self._bar.refresh()
        elif self._console is not None and time.monotonic() - self._told > _SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            of = f" of {_size(self.total)}" if self.total else ""
            self._say(f"{self.title}: {title or ''} {_size(self.done)}{of}".replace(":  ", ": "))

    def _say(self, line: str) -> None:
        if self._console is not None:
            self._console.print(escape(line), highlight=False, style="dim", soft_wrap=True)

    def __enter__(self) -> Progress:
        if self._console is not None and self._console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description:<10}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=self._console,
                auto_refresh=False,
                transient=True,
            )
            self._task = self._bar.add_task(self.title, total=self.total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if kind is None and self.title:
            earlier = f", {_size(self.earlier)} of it by an earlier run" if self.earlier else ""
            seconds = time.monotonic() - self._begun
            self._say(f"{self.title}: {_size(self.done)} in {seconds:.1f} s{earlier}")


def _size(size: int | None) -> str:
    """Bytes for people."""
    number = float(size or 0)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"


MakeProgress = Callable[[str, int | None], Progress]
"""Makes the progress of a step from its title and the bytes of its input, None where they are not known."""


def silent(title: str = "", total: int | None = None) -> Progress:
    """Progress that is counted and not shown."""
    return Progress(title, total)
