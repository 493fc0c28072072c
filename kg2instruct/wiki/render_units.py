"""Templates that show numbers and quantities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from kg2instruct.wiki.calls import Call
from kg2instruct.wiki.data_files import load_data
from kg2instruct.wiki.marks import SUPERSCRIPT

_RANGE = {
    **dict.fromkeys(("-", "–", "—"), "–"),
    **dict.fromkeys(("to", "to(-)"), " to "),
    **dict.fromkeys(("and", "and(-)"), " and "),
    **dict.fromkeys(("x", "×", "*", "x(2)"), " × "),
    **dict.fromkeys(("+/-", "±"), " ± "),
    "or": " or ",
    "by": " by ",
    "+": " + ",
    ",": ", ",
    "&": " & ",
    "/": "/",
    **{mark: mark for mark in "，、至到和与或"},
}
_ZH_RANGE = {" to ": "至", " and ": "和", " or ": "或", " by ": "×", " × ": "×"}
_VALUE = re.compile(r"[-−+±]?[\d,.]+(?:[eE][-+]?\d+)?(?:[+ ]?\d*[/⁄]+\d+)?")
_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_PLACES = frozenset("123456")
_GROUPS = re.compile(r"(?<=\d)(?=(?:\d{3})+(?!\d))")


class Unit(NamedTuple):
    """Names of a unit."""

    symbol: str
    zh: str
    one: str
    many: str


@lru_cache(maxsize=1)
def _units() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for codes, *names in load_data("units.yaml"):
        unit = Unit(*(str(name) for name in names))
        for code in codes:
            table[str(code)] = unit
    return table


def _unit(code: str) -> Unit | None:
    return _units().get(code) or _units().get(code.lower())


def convert(call: Call, options: Mapping[str, str]) -> str:
    """`{{convert|943|km2}}`: the value, or range of values, with its first unit; others are left out."""
    shown: list[str] = []
    unit_code = value = ""
    arguments = call.positional()
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        if _VALUE.fullmatch(argument.replace(" ", "")):
            value = argument.replace("//", "/")
            shown.append(value)
        elif argument in _RANGE and index + 1 < len(arguments) and _VALUE.fullmatch(arguments[index + 1]):
            glue = _RANGE[argument]
            shown.append(_ZH_RANGE.get(glue, glue) if call.lang == "zh" else glue)
        else:
            unit_code = argument
            break
        index += 1
    if not shown:
        return arguments[0] if arguments else ""
    number = "".join(shown)
    if call.get("disp") in ("number", "output number only"):
        return number
    first = _with_unit(call, number, value, unit_code, options)
    # Feet and inches, pounds and ounces: a second value of the same quantity.
    rest = arguments[index + 1 : index + 3]
    if (
        len(rest) == 2
        and _VALUE.fullmatch(rest[0])
        and _unit(rest[1])
        and unit_code in ("ft", "lb", "st", "mi", "foot")
    ):
        second = _with_unit(call, rest[0], rest[0], rest[1], options)
        return first + ("" if call.lang == "zh" else " ") + second
    return first


def _with_unit(call: Call, number: str, value: str, code: str, options: Mapping[str, str]) -> str:
    unit = _unit(code)
    if unit is None:
        return f"{number} {code}".strip() if code.isascii() else number + code
    if call.lang == "zh":
        return f"{number} {unit.zh}" if unit.zh.isascii() or "°" in unit.zh else f"{number}{unit.zh}"
    abbreviation = call.get("abbr") or options.get("abbr", "off")
    if abbreviation in ("on", "in", "values", "~", "unit") or "°" in unit.symbol:
        return f"{number}{unit.symbol}" if unit.symbol[0] == "/" else f"{number} {unit.symbol}"
    if call.get("adj") == "on":
        return f"{number}-{unit.one.replace(' ', '-')}"
    name = unit.one if value in ("1", "-1", "−1") else unit.many
    if call.get("sp") == "us":
        name = name.replace("metre", "meter").replace("litre", "liter")
    return f"{number} {name}"


def density(call: Call, options: Mapping[str, str]) -> str:
    """`{{Pop density|3645257|640081|km2}}`: inhabitants by area, with as many decimals as `prec` says."""
    people, area, unit = (call.get(str(i)).replace(",", "") for i in (1, 2, 3))
    if not (_DECIMAL.fullmatch(people) and _DECIMAL.fullmatch(area) and float(area)):
        return ""
    places = int(call.get("prec")) if call.get("prec") in _PLACES else 0
    value = f"{float(people) / float(area):.{places}f}"
    return _with_unit(call, grouped(value), value, f"/{unit or 'km2'}", {**options, "abbr": "on"})


def formatnum(call: Call, _options: Mapping[str, str]) -> str:
    """A number with commas between thousands."""
    return grouped(call.get("1"))


def grouped(number: str) -> str:
    """`1234567.5` as `1,234,567.5`; anything else unchanged."""
    whole, point, rest = number.strip().partition(".")
    if not whole.lstrip("-−+").isdigit():
        return number
    return _GROUPS.sub(",", whole) + point + rest


def val(call: Call, _options: Mapping[str, str]) -> str:
    """`{{val|5.6|0.3|e=10|u=kg}}`: 5.6±0.3×10¹⁰ kg."""
    values = call.positional()
    if not values:
        return ""
    shown = values[0]
    if len(values) > 2 and values[1]:
        shown += f" +{values[1].lstrip('+')} −{values[2].lstrip('-−')}"
    elif len(values) > 1 and values[1]:
        shown += f"±{values[1].lstrip('±')}"
    if call.get("e"):
        shown = f"({shown})" if len(values) > 1 else shown
        shown += "×10" + call.get("e").translate(SUPERSCRIPT)
    unit = call.get("ul") or call.get("u") or call.get("upl") or call.get("up")
    if " " in unit and (known := _unit(unit)) is not None:
        unit = known.symbol
    per = call.get("p")
    shown = per + shown + call.get("s")
    return f"{shown} {unit}" if unit else shown


def power_of_ten(call: Call, _options: Mapping[str, str]) -> str:
    """`{{e|9}}`: ×10⁹."""
    return "×10" + call.get("1").translate(SUPERSCRIPT) if call.get("1") else ""


def fraction(call: Call, _options: Mapping[str, str]) -> str:
    """`{{frac|1|2}}`: 1/2; `{{frac|3|1|2}}`: 3 1/2; `{{frac|3}}`: 1/3."""
    values = [value for value in call.positional() if value]
    if len(values) == 1:
        return f"1/{values[0]}"
    if len(values) == 2:
        return f"{values[0]}/{values[1]}"
    return f"{values[0]} {values[1]}/{values[2]}" if values else ""


def formula(call: Call, _options: Mapping[str, str]) -> str:
    """`{{chem|H|2|O}}`: H2O."""
    return "".join(call.positional())


def currency(call: Call, options: Mapping[str, str]) -> str:
    """An amount behind a sign: `{{USD|5}}`."""
    amount = call.get("1")
    return f"{options.get('sign', '')}{amount}" if amount else options.get("alone", "")
