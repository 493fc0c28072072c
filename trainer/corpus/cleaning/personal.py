"""Personal data masked: e-mail addresses, identity and card numbers with right checksums, telephone numbers."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator

from trainer.corpus.recipe import Personal

MASKS: dict[Personal, str] = {
    "email": "<EMAIL>",
    "id": "<ID>",
    "phone": "<PHONE>",
    "card": "<CARD>",
    "ip": "<IP>",
}
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,18}(?![A-Za-z0-9])"
)
# Whatever is long enough to be a number of a person; what it is, and what stands before it, is looked at then.
_NUMBER = re.compile(r"[0-9][0-9 ()（）.\-–]{6,25}[0-9Xx)）]")
_BEFORE = re.compile(r"(?:[+(（]|\+\(|[A-Z]{1,2})\Z")
_CHINA_ID = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx]")
_TAIWAN_ID = re.compile(r"[A-Z][12][0-9]{8}")
_HONG_KONG_ID = re.compile(r"([A-Z]{1,2})([0-9]{6})[(（]([0-9A])[)）]")
_SSN = re.compile(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}")
_PHONES = (
    re.compile(r"(?:(?:\+|00)86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}"),
    re.compile(r"(?:(?:\+|00)86[ -]?)?[(（]?0(?:10|2[0-9]|[3-9][0-9]{2})[)）]?[ -]?[2-9][0-9]{6,7}"),
    re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[ .-][0-9]{4}"),
    re.compile(r"\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,4}\)?){2,5}"),
)
# Its first digit stands before what must not stand before it: so a search need not stop but at digits.
_IP = re.compile(r"[0-9](?<![\w.].)[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![\w.])", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # 10, 11, … in this order


def mask(text: str, kinds: Collection[Personal]) -> tuple[str, Counter[str]]:
    """Return the text with personal data of these kinds replaced by MASKS, and how many of each."""
    found: Counter[str] = Counter()

    def put(kind: Personal) -> str:
        found[kind] += 1
        return MASKS[kind]

    if "email" in kinds and "@" in text:
        text = _EMAIL.sub(lambda _: put("email"), text)
    if "ip" in kinds and text.count(".") > 2:
        text = _IP.sub(lambda m: put("ip") if _is_public(m.group()) else m.group(), text)
    wanted = [kind for kind in ("id", "card", "phone") if kind in kinds]
    if wanted and _NUMBER.search(text):
        text = "".join(_numbers_masked(text, wanted, put))
    return text, found


def _numbers_masked(text: str, wanted: Collection[str], put: Callable[[Personal], str]) -> Iterator[str]:
    """The pieces of the text with numbers of persons replaced."""
    done = 0
    for number in _NUMBER.finditer(text):
        start, end = number.span()
        before = _BEFORE.search(text, max(done, start - 2), start)
        start = before.start() if before else start
        if _in_a_word(text[start - 1 : start]) or _in_a_word(text[end : end + 1]):
            continue
        # A bracket or space at the end may belong to the sentence.
        for stop in (end, end - 1):
            kind = _kind_of(text[start:stop].rstrip())
            if kind in wanted and kind:
                yield text[done:start] + put(kind)
                done = start + len(text[start:stop].rstrip())
                break
    yield text[done:]


def _in_a_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")


def _kind_of(text: str) -> Personal | None:
    if is_identity_number(text):
        return "id"
    if any(pattern.fullmatch(text) for pattern in _PHONES):
        return "phone"
    return "card" if is_card_number(text) else None


def is_identity_number(text: str) -> bool:
    """Whether this is a number of a person in China, Taiwan, Hong Kong or the United States.

    The first three have a checksum; the last is known by its dashes and the ranges in use.
    """
    if _CHINA_ID.fullmatch(text):
        total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False))
        return "10X98765432"[total % 11] == text[-1].upper() and _is_date(text[6:14])
    if _TAIWAN_ID.fullmatch(text):
        letter = _TAIWAN_LETTERS.index(text[0]) + 10
        digits = [letter // 10, letter % 10, *map(int, text[1:])]
        return sum(w * d for w, d in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), digits, strict=True)) % 10 == 0
    if found := _HONG_KONG_ID.fullmatch(text):
        letters = found[1].rjust(2)
        values = [36 if char == " " else ord(char) - 55 for char in letters] + list(map(int, found[2]))
        values.append(10 if found[3] == "A" else int(found[3]))
        return sum(w * v for w, v in zip((9, 8, 7, 6, 5, 4, 3, 2, 1), values, strict=True)) % 11 == 0
    return _SSN.fullmatch(text) is not None


def _is_date(digits: str) -> bool:
    try:
        datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def is_card_number(text: str) -> bool:
    """Whether this is a bank card's number: 13 to 19 digits, Luhn's checksum, a first digit that cards have."""
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19 and digits[0] in "3456"):
        return False
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0 and len(set(digits)) > 2


def _is_public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False
