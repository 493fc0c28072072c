"""What a model is asked, and what of its answers is taken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kg2instruct.errors import ConfigError
from kg2instruct.render.formats import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteOptions:
    """Choices of a completion; each sample asks for all relations of the record's topic, in other words."""

    samples: int = 1
    """How often a record is asked; the share of samples that give a triple is its score."""
    min_score: float = 0.0
    """A triple that a smaller share of the samples gives is left out."""
    task: Literal["re", "spo"] = "re"
    """spo has the model name the types of both ends too."""
    formats: tuple[str, ...] = ("json",)
    """Output formats to draw from."""
    topics: Literal["page", "mentioned"] = "page"
    """Whose relations are asked for: the record's topic, or those of all entities that it mentions too."""
    labels: int = 32
    """At most so many relations in one question."""
    template_set: str = ""
    wording: Literal["record", "zh", "en"] = "record"
    temperature: float = 0.0
    attempts: int = 2
    """Times a question is asked until something of the answer can be read."""
    kb: Path | None = None
    """A knowledge base that names are looked up in, and that answers must not contradict."""
    schemas: Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.formats:
            FORMATS[name]  # raises UnknownName
        if not self.formats or min(self.samples, self.labels, self.attempts) < 1:
            raise ConfigError("formats, samples, labels, attempts: at least 1")
        if not 0 <= self.min_score <= 1:
            raise ConfigError(f"min_score is a share between 0 and 1, not {self.min_score}")
        if self.task not in ("re", "spo"):
            raise ConfigError(f"task is re or spo, not {self.task!r}")
