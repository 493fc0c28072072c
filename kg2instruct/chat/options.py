"""How an endpoint is called."""

from __future__ import annotations

from dataclasses import dataclass

from kg2instruct.errors import ConfigError


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
