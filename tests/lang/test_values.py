"""When a value of the knowledge base and a value of a text are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.lang.units import convert, units
from kg2instruct.lang.values import (
    Quantity,
    Time,
    format_quantity,
    format_time,
    quantities_agree,
    times_agree,
    unit_name,
)

KM, MILE, METRE, KG, PARSEC, LIGHT_YEAR, CELSIUS, FAHRENHEIT = (
    828224,
    253276,
    11573,
    11570,
    12129,
    531,
    25267,
    42289,
)


@pytest.mark.parametrize(
    ("claim", "mention", "agree"),
    [
        (Time(1889, 4, 20, 11), Time(1889), True),
        (Time(1889), Time(1889, 4, 20, 11), True),
        (Time(1889, 4, 20, 11), Time(1889, 4, 0, 10), True),
        (Time(1889, 4, 20, 11), Time(1889, 5, 0, 10), False),
        (Time(1889, 4, 20, 11), Time(1889, 4, 21, 11), False),
        (Time(44), Time(-44), False),
        (Time(-44), Time(-44), True),
        (Time(1889), Time(1880, precision=8), False),
        (Time(1889), Time(1900, precision=7), False),
        (Time(1985, precision=8), Time(1980, precision=8), True),
        (Time(1980, precision=8), Time(1990, precision=8), False),
        (Time(1701, precision=7), Time(1800, precision=7), True),
        (Time(1701, precision=7), Time(1700, precision=7), False),
        (Time(-300, precision=7), Time(-201, precision=7), True),
        (Time(2000, precision=6), Time(2000, precision=6), False),
    ],
)
def test_times_agree_at_the_coarser_precision_down_to_a_year(claim: Time, mention: Time, agree: bool) -> None:
    assert times_agree(claim, mention) is agree
    assert times_agree(mention, claim) is agree


@pytest.mark.parametrize(
    ("claim", "mention", "agree"),
    [
        (Quantity(100, KM), Quantity(100000, METRE), True),
        (Quantity(116.5, 180154), Quantity(72.4, 211256), True),
        (Quantity(10.36, PARSEC), Quantity(33.78, LIGHT_YEAR), True),
        (Quantity(21000, 25343), Quantity(2.1, 35852), True),
        (Quantity(20, CELSIUS), Quantity(68, FAHRENHEIT), True),
        (Quantity(20, CELSIUS), Quantity(21, CELSIUS), False),
        (Quantity(1000), Quantity(1005), True),
        (Quantity(1000), Quantity(1006), False),
        (Quantity(0), Quantity(0), True),
        (Quantity(0), Quantity(0.001), False),
        (Quantity(0, CELSIUS), Quantity(32, FAHRENHEIT), False),
        (Quantity(5, 199), Quantity(5), True),
        (Quantity(5), Quantity(5, KM), False),
        (Quantity(5, KG), Quantity(5, KM), False),
        (Quantity(5, 4917), Quantity(5, 39099), False),
        (Quantity(5, 999999999), Quantity(5, 999999999), True),
        (Quantity(5, 999999999), Quantity(5), False),
    ],
)
def test_quantities_agree_after_conversion_within_half_a_percent(
    claim: Quantity, mention: Quantity, agree: bool
) -> None:
    assert quantities_agree(claim, mention) is agree


@given(st.floats(-1e9, 1e9), st.data())
def test_conversion_there_and_back_changes_nothing(amount: float, data: st.DataObject) -> None:
    by_dimension: dict[str, list[int]] = {}
    for unit in units().values():
        by_dimension.setdefault(unit.dimension, []).append(unit.qid)
    group = data.draw(st.sampled_from(sorted(by_dimension.values())))
    source, target = data.draw(st.sampled_from(group)), data.draw(st.sampled_from(group))
    there = convert(amount, source, target)
    assert there is not None
    back = convert(there, target, source)
    assert back == pytest.approx(amount, rel=1e-9, abs=1e-6)


def test_values_are_written_as_the_knowledge_base_writes_them() -> None:
    assert format_time(Time(1889, 4, 20, 11)) == "+1889-04-20/11"
    assert format_time(Time(-44)) == "-0044-00-00/9"
    assert format_quantity(Quantity(2.5, KM)) == "+2.5/Q828224"
    assert format_quantity(Quantity(94441)) == "+94441/1"
    assert format_quantity(Quantity(1.2e30)) == "+1200000000000000000000000000000/1"
    assert format_quantity(Quantity(1.5e-7)) == "+0.00000015/1"


def test_units_have_names_in_both_languages() -> None:
    assert unit_name(KM, "zh") == "公里"
    assert unit_name(KM, "en") == "kilometre"
    assert unit_name(0, "zh") == unit_name(199, "en") == ""
    assert unit_name(4242424242, "zh") == "Q4242424242"
