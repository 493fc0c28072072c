"""What is counted of links, a part of a dump at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class LinkCounts:
    """What the pages of the main namespace say: titles, redirects and how often a text links to a page.

    `pages` maps each title to the title that it redirects to, or to "". `links` counts (text, title) pairs.
    """

    pages: dict[str, str] = field(default_factory=dict)
    links: Counter[tuple[str, str]] = field(default_factory=Counter)
