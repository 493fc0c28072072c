"""Errors that a user can mend, each told in one line: what, where, and what would be right.

Kg2InstructError
├── InputError      a file or line that cannot be read as what it should be
├── ConfigError     an option, recipe or schema that says something impossible
├── UnknownName     a name that is not registered (also a KeyError)
├── MissingExtra    an optional package that is not installed
└── OutputError     a folder or file that cannot be written
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class Kg2InstructError(Exception):
    """Base of all errors that the command line reports in one line, with exit status 1."""

    def __reduce__(self) -> tuple[Any, ...]:
        """So that an error crosses from a worker with its words, whatever it was made of."""
        return _told_again, (type(self), str(self))


def _told_again(kind: type[Kg2InstructError], message: str) -> Kg2InstructError:
    return kind.__new__(kind, message)


class InputError(Kg2InstructError):
    """An input that is not what it should be; the message starts with `file:line:` where known."""


class ConfigError(Kg2InstructError):
    """Options that contradict each other or name something that does not exist."""


class OutputError(Kg2InstructError):
    """Output that cannot be written: no space left, read-only, or belonging to another run."""


class MissingExtra(Kg2InstructError):
    """An optional package is needed; the message names the extra to install."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'kg2instruct[{extra}]'")


class UnknownName(Kg2InstructError, KeyError):
    """A look-up by name failed; the message says what is close and what exists."""

    # KeyError would show the repr of the message.
    __str__ = Exception.__str__

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        shown = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
        super().__init__(f"unknown {kind} {name!r}; {hint}known: {shown or 'none'}")
