"""About how many tokens a text has, for budgets that hold whatever the tokenizer."""

from __future__ import annotations

# The first character of the scripts whose characters are tokens of their own.
_WIDE = "\u2e7f"
_CHARS_A_TOKEN = 3.5


def tokens_of(text: str) -> int:
    """One for a Chinese character, one for three and a half other ones."""
    wide = sum(x > _WIDE for x in text)
    return wide + round((len(text) - wide) / _CHARS_A_TOKEN)


def token_share(character: str) -> float:
    """What one character adds to the tokens of a text."""
    return 1.0 if character > _WIDE else 1 / _CHARS_A_TOKEN
