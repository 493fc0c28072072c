"""Numbers as texts write them: 2,424, 1.5亿, 四十六, 二〇一八, 壹佰, "1.5 million", "forty-six".

`parse_number` reads one whole number; the pattern pieces are what the finders of quantities look for.
"""

from __future__ import annotations

import re
from math import isinf
from unicodedata import numeric

ZH_DIGITS = {
    digit: value
    for value, forms in enumerate(
        ("零〇○", "一壹", "二贰貳两兩", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for digit in forms
}
ZH_TENS = {"廿": 20, "卅": 30, "卌": 40}
ZH_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
ZH_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}

_UNIT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
EN_UNITS = {word: value for value, word in enumerate(_UNIT_WORDS.split())}
EN_TENS = {word: 10 * value for value, word in enumerate(_TENS_WORDS.split(), 2)}
EN_SCALES = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
EN_SHORT_SCALES = {"m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12, "k": 10**3}

# Pieces for patterns. ARABIC starts with a plain character class, which lets a search skip quickly.
DIGITS = "0-9０-９"
# Groups of three: 2,424 and 2 424, also in full width.
_GROUPS = (
    "[0-9]{0,2}(?:(?:,[0-9]{3})+(?![0-9])|(?:[ \u00a0\u2009\u202f][0-9]{3})+(?![0-9,]))"
    "|[０-９]{0,2}(?:[，,][０-９]{3})+(?![０-９])"
)
ARABIC_REST = rf"(?:{_GROUPS}|[{DIGITS}]*)(?:[.．][{DIGITS}]+)?"
ARABIC = f"[{DIGITS}]{ARABIC_REST}"
# Fractions of one character, and as numbers: ½, 2½, 1/2, 2 1/2, 2+1⁄2. What follows a digit; `VULGAR` may also begin.
VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
FRACTION_REST = (
    r"[0-9]{0,2}(?:[ \u00a0+][0-9]{1,2})?[/⁄](?!0+(?![0-9]))[0-9]{1,3}(?![0-9/⁄])"
    rf"|[0-9]{{0,2}}[ \u00a0]?[{VULGAR}]|(?<=[{VULGAR}])"
)
POWER = (
    r"(?:\s?[×xX·]\s?10(?:\^\s?[-−+]?[0-9]{1,3}|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})|[eE][-+]?[0-9]{1,3}(?![0-9A-Za-z]))"
)
ZH_NUMERAL_CHARS = "".join((*ZH_DIGITS, *ZH_TENS, *ZH_SMALL, *ZH_LARGE))
# 5千米 is five kilometres and 5兆瓦 five megawatts: here the character belongs to the unit.
ZH_UNIT_SCALE = "千[米克瓦卡伏赫帕焦字秒]|百帕|兆[瓦赫字欧帕电電]"
ZH_SCALE_CHARS = "".join((*ZH_SMALL, *ZH_LARGE))

_ARABIC = re.compile(rf"({ARABIC})({POWER})?")
_ZH_PART = re.compile(rf"{ARABIC}|[{ZH_NUMERAL_CHARS}]")
_PLAIN = str.maketrans(
    "０１２３４５６７８９．⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789.0123456789-+-", ",， \u00a0\u2009\u202f"
)
_EN_WORD = re.compile(r"[a-z]+")
_FRACTION = re.compile(rf"(?:([0-9]+)(?:[ \u00a0+]|(?=[{VULGAR}]))?)??(?:([0-9]+)[/⁄]([0-9]+)|([{VULGAR}]))")


def parse_number(text: str) -> float | None:
    """The value of one whole number, or None for anything else: a range, an ordinal, other words."""
    if text.isascii() and text.isdigit() and len(text) < 300:  # most are; all below inf
        return float(text)
    text = text.strip()
    sign = 1.0
    if text[:1] in ("-", "−", "负", "負", "－", "+"):
        sign = 1.0 if text[0] == "+" else -1.0
        text = text[1:].lstrip()
    elif text[:6].lower() == "minus ":
        sign, text = -1.0, text[6:]
    value = _parse_unsigned(text)
    return None if value is None or isinf(value) else sign * value


def _parse_unsigned(text: str) -> float | None:
    arabic = _ARABIC.match(text)
    if arabic is None:
        return parse_zh(text) if text[:1] in ZH_NUMERAL_CHARS else parse_en(text)
    if arabic.end() == len(text):
        return arabic_value(arabic[1], arabic[2])
    rest = text[arabic.end() :].strip()
    scale = EN_SCALES.get(rest.lower())
    if scale is not None:
        return scaled(arabic_value(arabic[1], arabic[2]), scale)
    return None if arabic[2] or rest[:1] not in ZH_SCALE_CHARS else parse_zh(text)


def arabic_value(digits: str, power: str | None = None) -> float:
    """The value of a match of ARABIC, with a match of POWER or none."""
    if digits.isdecimal() and not power:
        return float(digits)
    value = digits.translate(_PLAIN)
    if power:
        exponent = power.translate(_PLAIN).replace("^", "").replace(" ", "").lower()
        value += "e" + (exponent[1:] if exponent[0] == "e" else exponent[exponent.index("10") + 2 :])
    return float(value)


def fraction_value(text: str) -> float | None:
    """The value of a fraction (1/2, ½), with the whole number before it (2 1/2, 2+1/2, 2½); None for anything else."""
    match = _FRACTION.fullmatch(text)
    if match is None or (match[3] and not int(match[3])):
        return None
    part = numeric(match[4]) if match[4] else int(match[2]) / int(match[3])
    return int(match[1] or 0) + part


def scaled(amount: float, scale: float) -> float:
    """The product without the noise of binary fractions: 1.1 × 10^8 is 110000000."""
    product = amount * scale
    return product if product >= 1e15 else round(product, 6)


def parse_zh(text: str) -> float | None:
    """The value of a Chinese numeral, also with Arabic parts (3万5千) or a decimal point (三点五)."""
    whole, point, fraction = text.replace("點", "点").partition("点")
    if point:
        before = parse_zh(whole)
        if before is None or isinf(before) or not fraction or any(char not in ZH_DIGITS for char in fraction):
            return None
        return float(f"{int(before)}." + "".join(str(ZH_DIGITS[char]) for char in fraction))
    if whole and all(char in ZH_DIGITS for char in whole):
        return float("".join(str(ZH_DIGITS[char]) for char in whole))
    parts = _ZH_PART.findall(whole.replace(" ", "").replace("\u00a0", ""))
    if not parts or sum(map(len, parts)) != len(whole.replace(" ", "").replace("\u00a0", "")):
        return None
    return _sum_zh(parts)


def _sum_zh(parts: list[str]) -> float | None:
    total = section = 0.0
    digit: float | None = None
    unit = last_large = 0
    after_zero = False
    for part in parts:
        if part in ZH_SMALL:
            if digit is None and part not in "十拾":
                return None
            section += (1.0 if digit is None else digit) * ZH_SMALL[part]
            unit, digit, after_zero = ZH_SMALL[part], None, False
        elif part in ZH_LARGE:
            if digit is None and not section and not total:
                return None
            section, digit, large = section + (digit or 0.0), None, ZH_LARGE[part]
            total = scaled(total + section, large) if large > last_large else total + scaled(section, large)
            section, unit, last_large, after_zero = 0.0, large, large, False
        elif digit is not None and digit != 0:
            # Two digits side by side: 三四十 says "thirty or forty".
            return None
        elif part in ZH_TENS:
            section, unit = section + ZH_TENS[part], 10
        else:
            digit = float(ZH_DIGITS[part]) if part in ZH_DIGITS else arabic_value(part)
            after_zero = after_zero or digit == 0
    if digit is None:
        return total + section
    # 五万八 is 58,000 and 一百五 is 150, while 一百零五 and 2万3456 mean what they say.
    short = unit >= 100 and not after_zero and parts[-1] in ZH_DIGITS
    return total + section + digit * (unit // 10 if short else 1)


def parse_en(text: str) -> float | None:
    """The value of English number words: forty-six, two hundred and five, three million."""
    words = _EN_WORD.findall(text.lower())
    if not words or len(re.sub(r"[\s-]", "", text)) != sum(map(len, words)) or words[-1] == "and":
        return None
    if words[0] in ("a", "an"):
        words[0] = "one"
        if words[1:2] == [] or words[1] not in EN_SCALES:
            return None
    total = section = 0
    previous = ""
    for word in words:
        if word in EN_UNITS:
            if previous in EN_UNITS or (previous in EN_TENS and not 0 < EN_UNITS[word] < 10):
                return None
            section += EN_UNITS[word]
        elif word in EN_TENS:
            if previous in EN_UNITS or previous in EN_TENS:
                return None
            section += EN_TENS[word]
        elif word == "hundred":
            if not 0 < section < 100:
                return None
            section *= 100
        elif word in EN_SCALES:
            if not section:
                return None
            total, section = total + section * EN_SCALES[word], 0
        elif word != "and" or previous not in EN_SCALES:
            return None
        previous = word
    return float(total + section)
