"""The order of samples: exact shares, nothing twice before everything once, any position at once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import ConfigError
from trainer.corpus.mixing import LONGEST_PERIOD, Order, permute, whole_shares

GOLDEN = [(0, 8), (1, 1), (0, 31), (0, 60), (1, 2), (0, 19), (0, 3), (0, 82), (1, 5)]

COUNTS = st.lists(st.integers(1, 40), min_size=1, max_size=4)


def drawn(order: Order, start: int, end: int) -> list[tuple[int, int]]:
    sources, samples = order.at(np.arange(start, end))
    return list(zip(sources.tolist(), samples.tolist(), strict=True))


@given(size=st.integers(1, 3000), key=st.integers(0, 2**64 - 1))
def test_a_shuffle_gives_every_place_once(size: int, key: int) -> None:
    found = permute(np.arange(size), size, np.full(size, key, np.uint64))
    assert sorted(found.tolist()) == list(range(size))


def test_every_order_of_few_is_about_as_likely() -> None:
    trials = 6000
    for size, orders in ((2, 2), (3, 6)):
        keys = np.repeat(np.arange(trials, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15), size)
        found = permute(np.tile(np.arange(size), trials), size, keys).reshape(trials, size)
        seen = Counter(map(tuple, found.tolist()))
        assert len(seen) == orders
        assert max(abs(count - trials / orders) for count in seen.values()) < 5 * (trials / orders) ** 0.5


@given(counts=COUNTS, seed=st.integers(0, 5), data=st.data())
def test_each_period_holds_each_source_exactly_by_its_share(
    counts: list[int], seed: int, data: st.DataObject
) -> None:
    shares = tuple(data.draw(st.integers(1, 7)) for _ in counts)
    order = Order(tuple(counts), shares, seed)
    start = order.period * data.draw(st.integers(0, 50))
    found = Counter(source for source, _ in drawn(order, start, start + order.period))
    assert [found[i] for i in range(len(counts))] == list(shares)


@given(counts=COUNTS, seed=st.integers(0, 5), data=st.data())
def test_of_a_source_nothing_comes_twice_before_everything_came_once(
    counts: list[int], seed: int, data: st.DataObject
) -> None:
    shares = tuple(data.draw(st.integers(1, 7)) for _ in counts)
    order = Order(tuple(counts), shares, seed)
    passes = Counter(drawn(order, 0, order.full_pass))
    for source, count in enumerate(counts):
        times = [passes[source, number] for number in range(count)]
        assert min(times) >= 1
        assert max(times) - min(times) <= 1


@given(counts=COUNTS, seed=st.integers(0, 5))
def test_without_shares_a_period_is_everything_once_in_a_new_order(counts: list[int], seed: int) -> None:
    order = Order(tuple(counts), seed=seed)
    everything = [(source, number) for source, count in enumerate(counts) for number in range(count)]
    first, second = drawn(order, 0, order.period), drawn(order, order.period, 2 * order.period)
    assert sorted(first) == sorted(second) == everything
    assert len(everything) < 8 or first != second


def test_any_position_is_reached_without_those_before() -> None:
    order = Order((10**9, 3, 10**10), (5, 2, 1), seed=3)
    far = 10**13 + 7
    assert [order[far + i] for i in range(20)] == drawn(order, far, far + 20)
    walk = order.walk(far, step=3, block=4)
    assert [next(walk) for _ in range(10)] == [order[far + 3 * i] for i in range(10)]
    assert all(number < order.counts[source] for source, number in drawn(order, far, far + 1000))


def test_seeds_give_different_orders_and_the_same_seed_the_same() -> None:
    orders = [drawn(Order((500, 500), seed=seed), 0, 1000) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_the_order_stays_what_it_was() -> None:
    assert drawn(Order((100, 7), (2, 1), seed=1), 0, 9) == GOLDEN


@given(weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=5).filter(any))
def test_shares_keep_small_ratios_exactly_and_large_ones_nearly(weights: list[int]) -> None:
    shares = whole_shares(weights)
    assert sum(shares) <= LONGEST_PERIOD + len(shares)
    for weight, share in zip(weights, shares, strict=True):
        assert (share > 0) == (weight > 0)
        assert abs(share / sum(shares) - weight / sum(weights)) < 2e-5


def test_decimal_weights_are_taken_as_they_are_written() -> None:
    assert whole_shares([0.1, 0.2, 0.7]) == (1, 2, 7)
    assert whole_shares([1, 0, 1]) == (1, 0, 1)


@pytest.mark.parametrize("weights", [[0.0, 0.0], [-1.0, 2.0]])
def test_impossible_weights_are_told(weights: list[float]) -> None:
    with pytest.raises(ConfigError, match="not below 0"):
        whole_shares(weights)


def test_a_source_without_samples_can_have_no_share() -> None:
    with pytest.raises(ConfigError, match="without samples"):
        Order((0, 5), (1, 1))
