"""Numbers in full words, written independently of what reads them."""

from __future__ import annotations

SIMPLIFIED = ("零一二三四五六七八九", "十百千", "万亿")
TRADITIONAL = ("零一二三四五六七八九", "十百千", "萬億")
FINANCIAL = ("零壹贰叁肆伍陆柒捌玖", "拾佰仟", "万亿")


def spell_zh(number: int, style: tuple[str, str, str]) -> str:
    """A whole number below 10^12 in full Chinese words."""
    digits, small, large = style
    if number == 0:
        return digits[0]
    groups = []
    while number:
        number, group = divmod(number, 10000)
        groups.append(group)
    out = ""
    for place, group in reversed(list(enumerate(groups))):
        if not group:
            continue
        words, gap = "", False
        for power in (3, 2, 1, 0):
            digit = group // 10**power % 10
            if digit:
                words += (
                    (digits[0] if gap and words else "") + digits[digit] + (small[power - 1] if power else "")
                )
                gap = False
            else:
                gap = True
        if out and (group < 1000 or groups[place + 1] == 0):
            words = digits[0] + words
        out += words + (large[place - 1] if place else "")
    return out


SMALL_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)


def spell_en(number: int) -> str:
    """A whole number below 10^9 in English words."""
    small = SMALL_WORDS.split()
    tens = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{small[number % 10]}" if number % 10 else "")
    for scale, word in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = f" {spell_en(number % scale)}" if number % scale else ""
            return f"{spell_en(number // scale)} {word}{rest}"
    raise AssertionError
