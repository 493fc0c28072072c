"""Private-use characters that carry meaning between the parser's steps; a page's own are removed first."""

from __future__ import annotations

PROTECT_START = "\ue000"
PROTECT_END = "\ue001"
HOLE = "\ue002"
"""Where something without visible text stood, so that the punctuation around it can be mended."""

GAP = "\ue004"
"""Where words that a reader sees are missing from a sentence, which is none without them."""

NOTE = "\ue003"
"""What a reference or remark shows: nothing that the sentence beside it would miss. Never in a text."""

SUPERSCRIPT = str.maketrans("0123456789-−–+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻⁺")
"""Digits and signs to the characters of an exponent, one for one."""
