"""A conversation in the terminal: answers as they are written, decoding changed by commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TextIO

from kg2instruct.errors import Kg2InstructError, UnknownName
from trainer.inference.answerers import Answerer
from trainer.inference.decoding import Decoding

HELP = """\
/temperature 0.7   and so /top_p /top_k /repetition_penalty /max_new_tokens /seed: how tokens are chosen
/system TEXT       what the model is told before all else; without TEXT nothing
/model NAME        ask another model or adapter; without NAME, which there are
/file PATH         say what a file holds
/retry             answer the last message anew
/reset             begin a new conversation
/show              the settings
/quit              end; so does Ctrl-D. Ctrl-C stops an answer
A line that ends in \\ goes on in the next one.
"""
_KINDS: dict[str, Callable[[str], float]] = {
    field.name: float if field.type == "float" else int for field in fields(Decoding)
}


@dataclass(slots=True)
class Chat:
    """A conversation over some answerers; `out` gets answers, `told` what is said of them."""

    answerers: Mapping[str, Answerer]
    decoding: Decoding = field(default_factory=Decoding)
    system: str = ""
    out: TextIO = field(default_factory=lambda: sys.stdout)
    told: TextIO = field(default_factory=lambda: sys.stderr)
    model: str = ""
    turns: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.model = self.model or next(iter(self.answerers))

    def run(self, lines: Iterable[str]) -> None:
        """Take lines until they end or one says /quit."""
        for message in _whole(lines):
            if not message.strip():
                continue
            if message.strip() in ("/quit", "/exit"):
                return
            try:
                if message.startswith("/"):
                    self.command(message)
                else:
                    self.say(message)
            except Kg2InstructError as error:
                self.tell(f"error: {error}")

    def say(self, message: str) -> None:
        """A message, and the answer to it; interrupted, as much as there is of it."""
        self.turns.append({"role": "user", "content": message})
        head = [{"role": "system", "content": self.system}] if self.system else []
        said = ""
        try:
            for piece in self.answerers[self.model]([*head, *self.turns], self.decoding):
                said += piece
                self.out.write(piece)
                self.out.flush()
        except KeyboardInterrupt:
            self.tell(" (stopped)")
        except Kg2InstructError:
            self.turns.pop()
            raise
        self.out.write("\n")
        self.out.flush()
        self.turns.append({"role": "assistant", "content": said})

    def command(self, line: str) -> None:
        """Do what a line with a slash says. Raises Kg2InstructError where that is nothing."""
        name, _, rest = line.strip().removeprefix("/").partition(" ")
        name, rest = name.replace("-", "_"), rest.strip()
        if name in _KINDS:
            changed: dict[str, Any] = {name: _number(name, rest)}
            self.decoding = replace(self.decoding, **changed)
            self.tell(f"{name} {getattr(self.decoding, name)}")
        elif name in _COMMANDS:
            _COMMANDS[name](self, rest)
        else:
            raise UnknownName("command", name, (*_KINDS, *_COMMANDS, "quit"))

    def tell(self, text: str) -> None:
        """Say something that is no answer."""
        self.told.write(text.rstrip("\n") + "\n")
        self.told.flush()

    def _help(self, _: str) -> None:
        self.tell(HELP)

    def _system(self, text: str) -> None:
        self.system = text
        self.tell(f"system: {text or '(nothing)'}")

    def _model(self, name: str) -> None:
        if not name:
            self.tell("\n".join(f"{'*' if x == self.model else ' '} {x}" for x in self.answerers))
            return
        if name not in self.answerers:
            raise UnknownName("model", name, self.answerers)
        self.model = name

    def _file(self, path: str) -> None:
        try:
            text = Path(path).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Kg2InstructError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
        self.say(text)

    def _retry(self, _: str) -> None:
        while self.turns and self.turns[-1]["role"] == "assistant":
            self.turns.pop()
        if not self.turns:
            raise Kg2InstructError("nothing was said yet")
        self.say(self.turns.pop()["content"])

    def _reset(self, _: str) -> None:
        self.turns.clear()
        self.tell("a new conversation")

    def _show(self, _: str) -> None:
        settings = {"model": self.model, "system": self.system or "(nothing)"}
        settings |= {name: str(getattr(self.decoding, name)) for name in _KINDS}
        self.tell("\n".join(f"{name:<20}{value}" for name, value in settings.items()))


_COMMANDS: dict[str, Callable[[Chat, str], None]] = {
    "help": Chat._help,
    "system": Chat._system,
    "model": Chat._model,
    "file": Chat._file,
    "retry": Chat._retry,
    "reset": Chat._reset,
    "show": Chat._show,
}


def _number(name: str, text: str) -> float:
    try:
        return _KINDS[name](text)
    except ValueError:
        raise Kg2InstructError(f"/{name}: expected a number, not {text!r}") from None


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Messages: lines that end in a backslash together with the next one."""
    parts: list[str] = []
    for line in lines:
        text = line.rstrip("\r\n")
        if text.endswith("\\"):
            parts.append(text[:-1])
            continue
        yield "\n".join([*parts, text])
        parts = []
    if parts:
        yield "\n".join(parts)


def typed_lines(prompt: str) -> Iterator[str]:
    """What is typed, with a prompt and a history on a terminal; else standard input."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401  (line editing and history)
    while True:
        try:
            yield input(prompt)
        except EOFError:
            sys.stderr.write("\n")
            return
        except KeyboardInterrupt:
            sys.stderr.write("\n")
