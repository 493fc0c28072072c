"""How many rows each source gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.mix.recipe import Recipe, SourceSpec
from kg2instruct.mix.targets import targets


def given_rows(available: list[int], *sources: dict[str, Any], **options: Any) -> list[int]:
    specs = tuple(SourceSpec(name=str(i), kind="rows", **source) for i, source in enumerate(sources))
    found = targets(Recipe(sources=specs, **options), dict(enumerate(available)))
    return [found[i] for i in range(len(available))]


@pytest.mark.parametrize(
    ("available", "sources", "options", "expected"),
    [
        ([100, 10], [{"count": 40}, {"count": 40}], {}, [40, 10]),
        ([100, 10], [{"count": 40}, {"count": 40}], {"scale": 0.1}, [4, 4]),
        ([100, 10], [{}, {}], {}, [100, 10]),
        ([100, 10], [{}, {}], {"scale": 0.5}, [50, 5]),
        ([100, 100], [{"weight": 3}, {"weight": 1}], {"rows": 40}, [30, 10]),
        ([100, 100], [{"weight": 3}, {"weight": 1}], {}, [100, 33]),
        ([10, 100, 100], [{"weight": 2}, {"weight": 1}, {"weight": 1}], {"rows": 100}, [10, 45, 45]),
        ([100, 400], [{}, {}], {"rows": 90, "temperature": 2}, [30, 60]),
        ([100, 100], [{"weight": 9}, {"weight": 1}], {"rows": 40, "temperature": 2}, [30, 10]),
        ([5, 0], [{"weight": 1}, {"weight": 1}], {"rows": 40}, [5, 0]),
        ([50, 100], [{"count": 20}, {"weight": 1}], {"rows": 30}, [20, 30]),
    ],
)
def test_counts_weights_and_temperature(
    available: list[int], sources: list[dict[str, Any]], options: dict[str, Any], expected: list[int]
) -> None:
    assert given_rows(available, *sources, **options) == expected


@given(
    st.lists(st.tuples(st.integers(0, 50), st.floats(0.1, 9)), min_size=1, max_size=6),
    st.integers(0, 200),
    st.floats(0.5, 5),
)
def test_rows_by_weight_add_up_and_never_exceed_what_there_is(
    pairs: list[tuple[int, float]], rows: int, temperature: float
) -> None:
    available = [have for have, _ in pairs]
    found = given_rows(available, *({"weight": w} for _, w in pairs), rows=rows, temperature=temperature)
    assert all(0 <= n <= have for n, have in zip(found, available, strict=True))
    assert sum(found) == min(rows, sum(available))
