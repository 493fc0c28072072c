"""Options of a translation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.records import Lang
from kg2instruct.translate.items import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateOptions:
    """What is asked of the model, and what of its answers is accepted."""

    to: Lang
    mode: Mode = "translate"
    model: str = "gpt-4o"
    attempts: int = 3
    """Times a row is asked for until an answer passes all checks."""
    code_comments: bool = False
    """Translate comments and strings inside code."""
    skip: tuple[str, ...] = ()
    """Names of checks that are not made, which `checks.known` looks up."""
    prompts: Path | None = None
    """A folder with prompt files of one's own."""
    temperature: float | None = 0.0
    glossary: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Terms and their translations."""
    kb: Path | None = None
    """A knowledge base whose names serve as a glossary too."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigError("attempts: at least 1")
        if self.mode == "answer" and self.code_comments:
            raise ConfigError("code_comments: in mode answer no code is translated")

    @property
    def source(self) -> Lang:
        """The language translated from."""
        return "en" if self.to == "zh" else "zh"
