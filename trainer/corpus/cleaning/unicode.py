"""One form for characters that look alike, and none for those that nobody sees."""

from __future__ import annotations

import re
import unicodedata

# Sets of characters, as regular expressions write them.
_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
)
_LINE_ENDS = "\x0b\x0c\x85\u2028\u2029"
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
# Full-width letters and digits; full-width punctuation is Chinese punctuation and stays.
_WIDE = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"

_ANY = re.compile(f"[{_UNSEEN}{_LINE_ENDS}{_SPACES}{_WIDE}]")
_REPLACED = (
    (re.compile(f"\r\n?|[{_LINE_ENDS}]"), "\n"),
    (re.compile(f"[{_UNSEEN}]"), ""),
    (re.compile("^[ \u00a0]*\u3000[ \u00a0\u3000]*", re.MULTILINE), ""),  # indents of Chinese paragraphs
    (re.compile(f"[{_SPACES}]"), " "),
    (re.compile(f"[{_WIDE}]+"), lambda found: "".join(chr(ord(char) - 0xFEE0) for char in found.group())),
)
_TRAILING = re.compile("[ \t]+(?=\n)")
_BLANK = re.compile("\n{3,}")


def normalise(text: str) -> str:
    """Return running text with one kind of line end and space, and without characters that nobody sees.

    Characters are composed (NFC), letters and digits in half width; Chinese indents, space at the ends of lines
    and empty lines beyond one are gone. Other indents stay: they may be code.
    """
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if _ANY.search(text):  # most texts have none of these: one look instead of four
        for pattern, new in _REPLACED:
            text = pattern.sub(new, text)
    if " \n" in text or "\t\n" in text:
        text = _TRAILING.sub("", text)
    if "\n\n\n" in text:
        text = _BLANK.sub("\n\n", text)
    return text.strip()


def normalise_code(text: str) -> str:
    """Return code with one kind of line end and without NUL and byte order marks: all else may mean something."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.removeprefix("\ufeff").encode("utf-8", "replace").decode() if not text.isascii() else text
