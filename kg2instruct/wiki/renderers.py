"""Functions for the templates that a pattern cannot describe; `code:` in a rule file names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kg2instruct.registry import Registry

if TYPE_CHECKING:
    from kg2instruct.wiki.templates import Call

Options = Mapping[str, str]
Renderer = Callable[["Call", Options], str]

RENDERERS: Registry[Renderer] = Registry("template renderer", {})
