"""Progress of long work: a bar with rate and time left on a terminal, nothing elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress


class Progress:
    """A bar over bytes of input; drawn by the caller's own steps, so that no thread lives while workers are forked."""

    def __init__(self, title: str = "", total: int | None = None, *, console: Console | None = None) -> None:
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._done = 0
        if console is not None and console.is_terminal:
            self._bar = RichProgress(
                TextColumn("{task.description:<10}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=console,
                auto_refresh=False,
                transient=True,
            )
            self._task = self._bar.add_task(title, total=total)

    def advance(self, size: int, *, fresh: bool = True) -> None:
        """Count `size` bytes as done; work of an earlier run (`fresh` false) does not count for the rate."""
        self._done += size
        if self._bar is None or self._task is None:
            return
        if fresh:
            self._bar.update(self._task, advance=size)
        else:
            self._bar.update(self._task, completed=self._done)
        self._bar.refresh()

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


SILENT = Progress()
