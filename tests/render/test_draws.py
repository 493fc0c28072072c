"""Random numbers that follow from a text."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

from kg2instruct.render.draws import Draws


def test_a_text_gives_the_same_numbers_on_every_machine() -> None:
    draws = Draws("0:zhwiki-12:ner")
    assert [int(draws.random() * 1000) for _ in range(6)] == [83, 481, 465, 936, 639, 49]
    assert Draws("1:zhwiki-12:ner").random() != Draws("0:zhwiki-12:ner").random()


def test_first_numbers_of_many_texts_and_all_numbers_of_one_are_spread_evenly() -> None:
    one = Draws("one")
    for numbers in ([Draws(f"text {n}").random() for n in range(8000)], [one.random() for _ in range(8000)]):
        assert all(0 <= x < 1 for x in numbers)
        counts = Counter(int(x * 8) for x in numbers)
        assert all(900 < counts[eighth] < 1100 for eighth in range(8))


def test_each_order_of_a_list_is_as_likely() -> None:
    orders = Counter(tuple(Draws(f"text {n}").shuffled(list("abc"))) for n in range(6000))
    assert orders.keys() == set(permutations("abc"))
    assert all(900 < count < 1100 for count in orders.values())


def test_some_are_as_many_as_asked_each_once_and_all_where_there_are_fewer() -> None:
    draws = Draws("x")
    chosen = Counter(x for _ in range(6000) for x in draws.some(list("abc"), 1))
    assert all(1850 < chosen[x] < 2150 for x in "abc")
    assert len(set(draws.some(list("abcd"), 3))) == 3
    assert sorted(draws.some(list("ab"), 5)) == ["a", "b"]
