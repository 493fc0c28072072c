"""Options of a translation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kg2instruct.errors import ConfigError
from kg2instruct.records import Lang
from kg2instruct.translate.items import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """How the endpoint is called; times in seconds."""

    base_url: str | None = None
    """An OpenAI-compatible endpoint; the client's own default, or OPENAI_BASE_URL, if none."""
    concurrency: int = 16
    """Calls under way at once."""
    timeout: float = 120.0
    """For one call."""
    tries: int = 8
    """Times a call is made when the endpoint fails; answers that were not accepted count elsewhere."""
    first_delay: float = 0.5
    """Wait after the first failure; it doubles with each further one, up to `longest_delay`, with jitter."""
    longest_delay: float = 60.0
    break_after: int = 20
    """Failures in a row, over all calls, after which only one call at a time tries whether the endpoint is up."""
    patience: float = 300.0
    """How long an endpoint may be down before the run ends."""
    max_cost: float | None = None
    """US dollars that all answers of the journal together may cost."""

    def __post_init__(self) -> None:
        if self.concurrency < 1 or self.tries < 1 or self.timeout <= 0 or self.break_after < 1:
            raise ConfigError("concurrency, tries, timeout and break_after: at least 1")


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
    """Names of checks that are not made."""
    prompts: Path | None = None
    """A folder with prompt files of one's own."""
    temperature: float | None = 0.0
    glossary: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Terms and their translations."""
    kb: Path | None = None
    """A knowledge base whose names serve as a glossary too."""

    def __post_init__(self) -> None:
        from kg2instruct.translate.checks import CHECKS

        for name in self.skip:
            CHECKS[name]  # raises UnknownName
        if self.attempts < 1:
            raise ConfigError("attempts: at least 1")
        if self.mode == "answer" and self.code_comments:
            raise ConfigError("code_comments: in mode answer no code is translated")

    @property
    def source(self) -> Lang:
        """The language translated from."""
        return "en" if self.to == "zh" else "zh"
