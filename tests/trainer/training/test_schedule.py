"""Schedules of the learning rate."""

from __future__ import annotations

from itertools import pairwise

import pytest

from trainer.training.options import Optim, Schedule
from trainer.training.schedule import factor


@pytest.mark.parametrize("schedule", ["cosine", "linear", "wsd", "constant"])
def test_every_schedule_rises_to_one_and_never_above(schedule: Schedule) -> None:
    optim = Optim(schedule=schedule, warmup=0.1)
    rates = [factor(step, 100, optim) for step in range(101)]
    assert all(x < y for x, y in pairwise(rates[:11]))
    assert rates[10] == max(rates) == 1.0
    assert rates[0] > 0


@pytest.mark.parametrize(
    ("schedule", "end"), [("cosine", 0.1), ("linear", 0.0), ("wsd", 0.1), ("constant", 1.0)]
)
def test_every_schedule_ends_where_it_should(schedule: Schedule, end: float) -> None:
    assert factor(100, 100, Optim(schedule=schedule)) == pytest.approx(end)


def test_wsd_stays_until_its_decay() -> None:
    optim = Optim(schedule="wsd", decay=0.2, warmup=0.0, least=0.0)
    assert factor(79, 100, optim) == 1.0
    assert factor(90, 100, optim) == pytest.approx(0.5)


def test_a_single_step_has_a_rate() -> None:
    assert factor(0, 1, Optim()) > 0
