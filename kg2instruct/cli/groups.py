"""Flags that several commands share, as dataclasses: a command takes the group, the program shows its flags."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

R = TypeVar("R")


def with_groups(command: Callable[..., R]) -> Callable[..., R]:
    """The command with the fields of its dataclass parameters as flags of their own.

    A field is annotated as a flag is, `Annotated[bool, typer.Option("--fresh")]`. Flags stand in the help in the
    order of parameters and fields, in a panel of their own where the dataclass has a `PANEL`.
    """
    flags: list[inspect.Parameter] = []
    groups: dict[str, tuple[type, list[str]]] = {}
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        kind = hints[name]
        if is_dataclass(kind) and isinstance(kind, type):
            members = _flags_of(kind)
            groups[name] = kind, [flag.name for flag in members]
            flags += members
        else:
            flags.append(_flag(name, parameter.default, kind))

    @wraps(command)
    def run(**given: Any) -> R:
        made = {name: kind(**{flag: given.pop(flag) for flag in own}) for name, (kind, own) in groups.items()}
        return command(**given, **made)

    run.__signature__ = inspect.Signature(flags)  # type: ignore[attr-defined]
    run.__annotations__ = {flag.name: flag.annotation for flag in flags}
    return run


def _flags_of(kind: type) -> list[inspect.Parameter]:
    hints, panel = get_type_hints(kind, include_extras=True), getattr(kind, "PANEL", None)
    return [
        _flag(
            field.name,
            inspect.Parameter.empty if field.default is MISSING else field.default,
            _in_panel(hints[field.name], panel),
        )
        for field in fields(kind)
    ]


def _in_panel(flag: Any, panel: str | None) -> Any:
    kind, option = get_args(flag)
    option = copy(option)
    option.rich_help_panel = option.rich_help_panel or panel
    return Annotated[kind, option]


def _flag(name: str, default: Any, kind: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
