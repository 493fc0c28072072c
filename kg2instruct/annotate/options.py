"""What can be chosen when texts are annotated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotateOptions:
    """Options of annotation; the flags of `kg2instruct annotate`."""

    max_chars: int = 512
    """Longest passage, in characters; longer paragraphs are cut where sentences end."""
    sentences: bool = False
    """Each sentence a record of its own."""
    min_popularity: int = 3
    """On how many wikis an entity must have a page where nothing but its name speaks for it."""
    margin: float = 1.25
    """How many times the score of the second reading of a name the first must have."""
