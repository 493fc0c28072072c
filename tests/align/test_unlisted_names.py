"""Names that only the page knows are found alike, whether it has few of them or many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.align import names as module
from kg2instruct.align.names import PageNames

# More names than the text can hold make the page one with many; "甲甲" in "甲甲甲" is found once more there.
MANY = tuple(f"无{number}" for number in range(module._MANY_UNLISTED))
NAMES = st.lists(st.text("甲乙丙", min_size=2, max_size=4), min_size=1, max_size=8, unique=True)


def found(text: str, names: tuple[str, ...]) -> list[tuple[int, int]]:
    return list(PageNames(None, "", unlisted=names).find_unlisted(text))


@given(st.text("甲乙丙丁", max_size=40), NAMES)
def test_many_names_are_found_like_few(text: str, names: list[str]) -> None:
    longest_first = tuple(sorted(names, key=len, reverse=True))
    few, many = found(text, longest_first), found(text, (*longest_first, *MANY))
    assert set(few) <= set(many)
    assert all(text[start:end] in names for start, end in many)
    assert {text[a:b] for a, b in few} == {text[a:b] for a, b in many}
    order = [longest_first.index(text[a:b]) for a, b in many]
    assert order == sorted(order)
