"""What can be chosen when pages are aligned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignOptions:
    """Options of alignment; keys of the `align` section of a configuration file."""

    era_years: bool = False
    """Read years of an era (民国三十七年) as dates."""
    implied_subject: bool = True
    """Let the page's subject be the head of sentences that leave it out or use a pronoun."""
    max_ambiguity: int = 12
    """Names with more candidates than this are left alone."""
    alias_relations: bool = False
    """Make a triple (P4970) of each further name of the page's subject in the passage that introduces it."""
