"""What goes wrong while downloading, told in one line."""

from __future__ import annotations

from kg2instruct.errors import Kg2InstructError


class DownloadError(Kg2InstructError):
    """A file cannot be had, or is not what was published; the message says what would help."""
