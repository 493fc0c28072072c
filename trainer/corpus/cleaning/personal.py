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
_SPELT_AT = ("(at)", "[at]", "（at）", "【at】")
_AT = f"(?:[@＠]| ?(?:{'|'.join(map(re.escape, _SPELT_AT))}) ?)"
# What a colon and a path follow is the address of a repository (git@host:owner/name).
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}"
    + _AT
    + r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,18}(?![A-Za-z0-9]|:[A-Za-z0-9_~./])"
)
_DASH = "‐‑–—－-"  # what people write between the parts of a number
# Whatever is long enough to be a number of a person; what it is, and what stands before it, is looked at then.
_NUMBER = re.compile(rf"[0-9][0-9 ()（）.{_DASH}]{{6,}}[0-9Xx)）]")
_LONGEST = 27
_BEFORE = re.compile(r"(?:[+(（]{1,2}|\([+]|[A-Z]{1,2})\Z")
_GAP, _PIECE, _PART = re.compile(r"[ ()（）]+"), re.compile(r"[^ ]{8,27}"), re.compile(r"[^ ()（）]{8,27}")
_CHINA_ID = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx]")
_TAIWAN_ID = re.compile(r"[A-Z][12][0-9]{8}")
_HONG_KONG_ID = re.compile(r"([A-Z]{1,2})([0-9]{6})[(（]([0-9A])[)）]")
_SSN = re.compile(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}")
_CHINA = r"(?:[(（]?(?:\+|00)?86[)）]?[ -]?)"
_PHONES = (
    re.compile(rf"{_CHINA}?1[3-9][0-9](?:[ -]?[0-9]{{4}}){{2}}"),
    re.compile(rf"{_CHINA}?[(（]?0(?:10|2[0-9]|[3-9][0-9]{{2}})[)）]?[ -]?[2-9][0-9]{{2,3}}[ -]?[0-9]{{4}}"),
    re.compile(rf"{_CHINA}(?:10|2[0-9]|[3-9][0-9]{{2}})[ -]?[2-9][0-9]{{2,3}}[ -]?[0-9]{{4}}"),
    re.compile(
        r"09[0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}|[(（]?0[2-8][)）]?[ -]?[2-9][0-9]{2,3}-[0-9]{4}"
    ),  # Taiwan
    re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[ .-][0-9]{4}"),
    re.compile(r"\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,4}\)?){2,5}"),
)
# Behind such a word any number is one to call, but for dates and years.
_LABEL = re.compile(
    r"(?:\b(?:tel|telephone|phone|mobile|cell|fax|whatsapp)|[电電][话話]|手[机機]|热线|熱線|[传傳]真|联系方式)"
    r"(?:号码|號碼|号|號| number| no\.?)?[ \t]*(?:[:：.]|是|为|為)?[ \t]*[+(（]*\Z",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"[0-9](?:[ ()（）.-]{0,2}[0-9]){6,12}")
_TIME = re.compile(r"(?:1[0-9]|20)[0-9]{2}[ .-].*")
# Numbers of this length are also amounts.
_AMOUNT = tuple("元万亿吨人")
# Its first digit stands before what must not stand before it: so a search need not stop but at digits.
_IP = re.compile(r"[0-9](?<![\w.].)[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![\w.])", re.ASCII)
_VERSION = re.compile(r"(?:version|release|section|chapter|\bEC|版本|版|章|节|第)[ :：.]*\Z", re.IGNORECASE)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # 10, 11, … in this order


def mask(text: str, kinds: Collection[Personal]) -> tuple[str, Counter[str]]:
    """Return the text with personal data of these kinds replaced by MASKS, and how many of each."""
    found: Counter[str] = Counter()

    def put(kind: Personal) -> str:
        found[kind] += 1
        return MASKS[kind]

    if "email" in kinds and any(sign in text for sign in ("@", "＠", *_SPELT_AT)):
        text = _EMAIL.sub(lambda _: put("email"), text)
    if "ip" in kinds and text.count(".") > 2:
        text = _IP.sub(lambda m: put("ip") if _is_of_a_machine(m) else m.group(), text)
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
        for first, last, kind in _persons_numbers(text, before.start() if before else start, start, end):
            if kind in wanted:
                yield text[done:first] + put(kind)
                done = last
    yield text[done:]


def _persons_numbers(text: str, start: int, inner: int, end: int) -> Iterator[tuple[int, int, Personal]]:
    """The numbers of persons in a run of digits and what stands between such, from `start` to `end`.

    What stands before the first digit, at `inner`, may belong to it or not. The run may be one number, also behind
    one that counts items; or several, with spaces or brackets between them.
    """
    behind = (gap.end() for gap in _GAP.finditer(text, inner, end))
    for first in dict.fromkeys((start, inner, next(behind, inner))):
        # A bracket at the end may belong to the sentence.
        for last in (end, end - 1):
            if last - first <= _LONGEST and (kind := _kind_at(text, first, last)):
                yield first, last, kind
                return
    for piece in _PIECE.finditer(text, start, end):
        if kind := _kind_at(text, *piece.span()):
            yield *piece.span(), kind
            continue
        for part in _PART.finditer(text, *piece.span()):
            if kind := _kind_at(text, *part.span()):
                yield *part.span(), kind


def _kind_at(text: str, start: int, end: int) -> Personal | None:
    """What stands between two places, unless it is part of a longer word or number."""
    after = text[end : end + 1]
    if _in_a_word(after):
        return None
    label = _LABEL.search(text, max(0, start - 24), start)
    if not label and _in_a_word(text[start - 1 : start]):
        return None
    said = text[start:end]
    if kind := _kind_of(said):
        return None if kind == "phone" and said.isdigit() and after in _AMOUNT else kind
    return "phone" if label and _LABELLED.fullmatch(said) and not _TIME.fullmatch(said) else None


def _in_a_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")


def _kind_of(text: str) -> Personal | None:
    said = re.sub(f"[{_DASH}]", "-", text)
    if is_identity_number(said):
        return "id"
    if any(pattern.fullmatch(said) for pattern in _PHONES):
        return "phone"
    return "card" if is_card_number(said) else None


def is_identity_number(text: str) -> bool:
    """Whether this is a number of a person in China, Taiwan, Hong Kong or the United States.

    The first three have a checksum; the last is known by its dashes and the ranges in use.
    """
    if _CHINA_ID.fullmatch(joined := text.replace(" ", "")):
        total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, joined, strict=False))
        return "10X98765432"[total % 11] == joined[-1].upper() and _is_date(joined[6:14])
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


def _is_of_a_machine(found: re.Match[str]) -> bool:
    """Whether four numbers are a public address, and not those of a version or a section."""
    text = found.group()
    if _VERSION.search(found.string, max(0, found.start() - 12), found.start()):
        return False
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False
