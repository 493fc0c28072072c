"""Methods that keep what they found."""

from __future__ import annotations

import pytest

from kg2instruct.align import remember as module
from kg2instruct.align.remember import remember


class Doubler:
    """Counts how often it has to compute."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    @remember
    def double(self, number: int) -> int:
        """Twice the number."""
        self.asked.append(number)
        return 2 * number


def test_each_argument_is_computed_once_for_each_instance() -> None:
    one, other = Doubler(), Doubler()
    assert [one.double(n) for n in (3, 4, 3)] == [6, 8, 6]
    assert other.double(3) == 6
    assert (one.asked, other.asked) == ([3, 4], [3])


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CACHED", 2)
    doubler = Doubler()
    assert [doubler.double(n) for n in (1, 2, 3, 3, 1)] == [2, 4, 6, 6, 2]
    assert doubler.asked == [1, 2, 3, 1]


def test_what_fails_is_tried_again() -> None:
    doubler = Doubler()
    doubler.asked = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        doubler.double(1)
    doubler.asked = []
    assert doubler.double(1) == 2


def test_the_class_shows_the_description() -> None:
    assert Doubler.double.__doc__ == "Twice the number."
