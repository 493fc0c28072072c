"""Quantities in Chinese texts: 943平方公里, 3万5千人, 四十六名, 百分之三十, 33–41公斤, 3,000多人."""

from __future__ import annotations

import re
from functools import cache

from kg2instruct.lang.amounts import (
    SPACES,
    Amount,
    close_range,
    currency_before,
    free,
    is_tolerance,
    range_sign,
    spelled_unit,
)
from kg2instruct.lang.numbers import (
    ARABIC,
    ARABIC_REST,
    DIGITS,
    FRACTION_REST,
    POWER,
    VULGAR,
    ZH_DIGITS,
    ZH_NUMERAL_CHARS,
    ZH_UNIT_SCALE,
    fraction_value,
    parse_number,
)
from kg2instruct.lang.units import load_table, spellings

PERCENT, YEARS, HOURS, MINUTES = 11229, 577, 25235, 7727
_ZH = ZH_NUMERAL_CHARS
_SCALES = "十百千万萬亿億兆"
_COUNTING = f"(?:(?!{ZH_UNIT_SCALE})[{_SCALES}])"

# The first group starts with a plain character class, which lets the search skip quickly.
_NUMBER = re.compile(
    rf"""(?P<number>[{DIGITS}{VULGAR}{_ZH}](?:
      (?<=[{DIGITS}{VULGAR}])(?:
        (?P<junk>[0-9]*(?:(?:\.[0-9]+){{2,}}|(?:-[0-9]+){{2,}}|(?:/[0-9]+){{2,}}|(?:[:：][0-9]+)+|比[0-9]+(?!倍)))
      | (?P<fraction>{FRACTION_REST})(?!年)
      | {ARABIC_REST}(?P<power>{POWER})?
        (?:[ \u00a0]?(?P<scale>[多余餘]?{_COUNTING}+(?:[0-9.]+{_COUNTING}+)*(?:[0-9]{{3,4}}(?![0-9]))?))?
      )
    | (?:(?!{ZH_UNIT_SCALE})[{_ZH}])*(?:[点點][{_ZH}]+)?
    ))""",
    re.VERBOSE,
)
_AGO = re.compile("的?[历歷]史|前|之久|[间間]")
_RATE = re.compile("(?:每小[时時]|[时時]速|每秒[钟鐘]?|秒速)[^，。；、0-9]{0,6}$")
_BODY = re.compile("(质量|質量|半径|半徑)[^，。；、]{0,12}?(太阳|太陽|木星|地球)的?[约約]?$")
# Windows 10, 歼-20
_NAME_BEFORE = re.compile("[A-Za-z][ \u00a0]$")
_DENOMINATOR = re.compile(rf"分之({ARABIC}|[{_ZH}]+(?:[点點][{_ZH}]+)?)")
_ORDINAL_BEFORE = frozenset("第数數几幾初周週期拜老每其某上下")
# A bare number before these is a name or an ordinal.
_ORDINAL_AFTER = frozenset("号號路线線世級级楼樓連连營营師师團团旅軍军届屆年月日时時分点點期")
# With Chinese numerals these are ordinals or parts of words.
_RARELY_COUNTED = frozenset("届屆期度日周里开节克升分")
_YEAR_WORDS = frozenset("级級制生度代间間龄齡薪輕轻")
_NAMES = re.compile(
    "五台山|五臺山|三部曲|四部曲|三里屯|十里洋场|三位一体|三位一體|千家[诗詩]|百家[姓讲講]|三家[村店]|八块腹|万人[坑空]|三只松鼠"
)


def amounts(text: str, busy: list[tuple[int, int]]) -> list[Amount]:
    """The amounts of a text outside the busy stretches, in order; `open` ones are unfinished ranges."""
    found: list[Amount] = []
    followers = _followers()
    position = 0
    for match in free(_NUMBER.finditer(text), busy):
        if match.start() < position or match["junk"] is not None:
            continue
        if match[0][0] not in _ZH:
            amount = _arabic(text, match)
        else:
            amount = _numeral(text, match) if text[match.end() : match.end() + 1] in followers else None
        if amount is None:
            if found and found[-1].open:
                found.pop()
            continue
        position = amount.end
        previous = found[-1] if found else None
        if previous is not None and previous.end == amount.start:
            _read_neighbour(text, previous, amount)
        lower = found[-1] if found and found[-1].open else None
        if lower is not None:
            if range_sign(text, lower.end) != match.start():
                found.pop()
            else:
                factor = _factor(match["scale"])
                close_range(found, amount, factor)
                if amount.bare and (not found or found[-1] is not lower):
                    continue
                if is_tolerance(text, lower, amount):
                    continue
        found.append(amount)
    return found


@cache
def _followers() -> frozenset[str]:
    """What may stand behind a Chinese numeral that counts something; most in a text do not."""
    return frozenset(("分", *"多余餘-", *SPACES, *spellings("zh")))


def _read_neighbour(text: str, previous: Amount, amount: Amount) -> None:
    """33公斤-41公斤 is a range, not minus 41; 2小时15分 is 15 minutes."""
    if amount.value < 0:
        amount.start, amount.value = amount.start + 1, -amount.value
    elif previous.unit == HOURS and text.startswith("分", amount.number_end):
        amount.unit = MINUTES


def _factor(scale: str | None) -> float:
    return (parse_number("1" + scale.strip("多余餘")) or 1.0) if scale else 1.0


def _arabic(text: str, match: re.Match[str]) -> Amount | None:
    start, end = match.span()
    sign = _sign(text, start)
    if sign == 0:
        return None
    if match["fraction"] is not None:
        value = fraction_value(match[0]) or 0.0
    else:
        parsed = parse_number(match[0].translate(_NO_MORE) if match["scale"] else match[0])
        if parsed is None:
            return None
        value = parsed
    begin = start - (1 if sign < 0 else 0)
    amount = _with_unit(text, match, begin, end, sign * value)
    if amount is not None:
        return amount
    follower = text[end : end + 1]
    upper = range_sign(text, end)
    if upper:
        return Amount(begin, end, end, sign * value, open=True)
    if follower in _ORDINAL_AFTER or (
        follower < "\u2000" and (follower.isalnum() or follower in "-–_/'’") and follower
    ):
        return None
    digits = match[0]
    whole = match["fraction"] is None and "." not in digits
    type_name = sign < 0 and whole and text[begin - 1 : begin].isalpha()  # 歼-20
    if type_name or _NAME_BEFORE.search(text, max(0, start - 3), start):
        return None
    if digits.isdecimal() and (len(digits) >= 8 or (len(digits) > 1 and digits[0] == "0")):
        return None
    return Amount(begin, end, end, sign * value, bare=True)


_NO_MORE = str.maketrans("", "", "多余餘")


def _sign(text: str, start: int) -> int:
    """1 or -1 for a number that may begin at `start`, 0 inside a name or another number."""
    before = text[start - 1] if start else " "
    if before in "-−－":
        earlier = text[start - 2] if start > 1 else " "
        if earlier.isalnum():
            return 1 if earlier.isdecimal() else -1 if earlier > "\u2000" else 0
        return -1
    if before < "\u2000":
        return 0 if before.isalnum() or before in "_#№/^&=.,:'’" else 1
    return 0 if before == "第" else 1


def _with_unit(text: str, match: re.Match[str], begin: int, end: int, value: float) -> Amount | None:
    """The amount with the unit behind it or the currency before it; None where there is neither."""
    money = currency_before(text, begin, "zh")
    at = end + 1 if text[end : end + 1] in ("多", "余", "餘") else end
    unit = spelled_unit(text, at, "zh")
    if unit is None or (unit[0].qid == YEARS and not _is_length(text, begin, unit[1], value)):
        return Amount(money[1], end, end, value, money[0].qid) if money else None
    if money is not None:
        is_money = unit[0].text[-1] in "元幣币圓圆"
        return Amount(money[1], unit[1] if is_money else end, end, value, money[0].qid)
    spelling, unit_end = unit
    scale = spelling.scale
    if text[unit_end : unit_end + 1] == "级" or (spelling.text in ("期", "届", "屆") and not match["scale"]):
        return None
    amount = Amount(begin, unit_end, end, value * scale if scale != 1.0 else value, spelling.qid)
    _read_context(text, amount, spelling.text)
    return amount


def _is_length(text: str, start: int, end: int, value: float) -> bool:
    """Whether a number with 年 is a length of time: not 3年级, 昭王十六年, 建安25年（220年） or 1900年."""
    after = text[end : end + 1]
    if after and after in _YEAR_WORDS:
        return False
    if text[start - 1 : start] in ("王", "帝", "宗", "祖") or (
        after in ("（", "(") and text[end + 1 : end + 2].isdecimal()
    ):
        return False
    return (
        not (1000 <= value <= 2100 and text[start:end].strip("年")[-1:].isdecimal())
        or _AGO.match(text, end) is not None
    )


def _read_context(text: str, amount: Amount, spelling: str) -> None:
    """每秒3米 is a speed, 质量是木星的2.3倍 a mass in those of Jupiter, 零下5度 below zero."""
    before = text[max(0, amount.start - 24) : amount.start]
    if spelling == "度":
        unit = load_table("units.yaml")["degrees"].get(before[-2:])
        amount.unit = int(unit[1:]) if unit else amount.unit
        if before.endswith("零下"):
            amount.start, amount.value = amount.start - 2, -amount.value
    elif spelling == "倍":
        body = _BODY.search(before)
        if body is not None:
            table = load_table("units.yaml")["bodies"]
            unit = table[body[1]].get(body[2])
            if unit is not None:
                amount.unit, amount.start = int(unit[1:]), amount.start - len(before) + body.start(2)
    elif amount.unit in _lengths():
        rate = _RATE.search(before)
        if rate is not None:
            table = load_table("units.yaml")["speeds"]["Q11574" if "秒" in rate[0] else "Q25235"]
            amount.unit = int(table.get(f"Q{amount.unit}", f"Q{amount.unit}")[1:])


@cache
def _lengths() -> frozenset[int]:
    return frozenset(int(qid[1:]) for row in load_table("units.yaml")["speeds"].values() for qid in row)


def _numeral(text: str, match: re.Match[str]) -> Amount | None:
    """A Chinese numeral: only with a unit or counter, since its characters are parts of words."""
    start, end = match.span()
    if start and text[start - 1] in _ORDINAL_BEFORE:
        return None
    if text.startswith("分之", end):
        return _share(text, match)
    numeral = match[0]
    if numeral[0] in "百千万萬亿億兆佰仟" or text[end : end + 1] in SPACES:
        return None
    at = end + 1 if text[end : end + 1] in ("多", "余", "餘") else end
    unit = spelled_unit(text, at, "zh")
    if unit is None or _NAMES.match(text, start):
        return None
    spelling, unit_end = unit
    single = len(numeral) == 1
    if (single and numeral in "壹贰貳叁參肆伍陆陸柒捌玖") or numeral + spelling.text == "二次":
        return None
    if 1 < len(numeral) < 4 and all(char in ZH_DIGITS for char in numeral):
        # 三五人 is a few, and 唯一一部 is not eleven.
        return None
    if (single and not spelling.sure) or spelling.text in _RARELY_COUNTED:
        return None
    if numeral == "一" and (spelling.qid == 0 or spelling.text in ("年", "天", "週", "星期")):
        return None
    value = parse_number(numeral)
    if value is None or (spelling.qid == YEARS and not _is_length(text, start, unit_end, value)):
        return None
    return Amount(start, unit_end, end, value * spelling.scale, spelling.qid)


def _share(text: str, match: re.Match[str]) -> Amount | None:
    """三分之一 as 1/3, 百分之三十 as 30 %."""
    above = _DENOMINATOR.match(text, match.end())
    below = {"百": 100.0, "千": 1000.0, "万": 10000.0}.get(match[0]) or parse_number(match[0])
    value = parse_number(above[1]) if above else None
    if above is None or value is None or not below:
        return None
    if match[0] == "百":
        return Amount(match.start(), above.end(), above.end(), value, PERCENT)
    return Amount(match.start(), above.end(), above.end(), value / below)
