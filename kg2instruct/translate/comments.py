"""Comments and strings of code: where they stand, and whether code is the same apart from them."""

from __future__ import annotations

from collections.abc import Iterator


def comment_spans(code: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of the text of comments and of strings that are prose, without their signs."""
    yield from ()


def changed_code(before: str, after: str) -> str | None:
    """What differs between the code of two texts apart from comments and strings, or null."""
    return None
