"""Long texts are cut at sentence borders, and what was marked stays in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.errors import InputError
from kg2instruct.records import Argument, Event, Example, Mention, Triple
from kg2instruct.render.cut import cut_example, piece_of
from kg2instruct.render.tokens import tokens_of

TEXT = "林岚生于青川。她写了小说。何远夺冠，林岚祝贺。"


def example(text: str = TEXT) -> Example:
    return Example(
        "d",
        "zh",
        "s",
        None,
        text,
        (Mention("林岚", "人物", 0, 2), Mention("青川", "地点", 4, 6), Mention("何远", "人物", 13, 15)),
        (
            Triple("林岚", "人物", 0, None, "出生地", None, "青川", "地点", 4, None),
            Triple("何远", "人物", 13, None, "同乡", None, "青川", "地点", 4, None),
        ),
        (Event("夺冠", "夺冠", 15, (Argument("冠军", "何远", 13), Argument("地点", "青川", 4))),),
    )


def test_a_short_text_is_left_alone() -> None:
    assert cut_example(example(), 100) == [example()]
    assert cut_example(example(), 0) == [example()]


def test_pieces_end_where_sentences_end_and_fit_the_budget() -> None:
    pieces = cut_example(example(), 14)
    assert [x.text for x in pieces] == ["林岚生于青川。她写了小说。", "何远夺冠，林岚祝贺。"]
    assert [x.id for x in pieces] == ["d~0-13", "d~13-23"]


def test_offsets_follow_and_what_lies_across_a_cut_is_in_no_piece() -> None:
    first, second = cut_example(example(), 14)
    for piece in (first, second):
        assert all(piece.text[x.start : x.end] == x.entity for x in piece.entity)
    assert [x.relation for x in first.relation] == ["出生地"] and not second.relation
    (event,) = second.event
    assert (event.start, event.arguments) == (2, (Argument("冠军", "何远", 0),))


def test_a_piece_can_be_cut_out_again_by_its_id() -> None:
    for piece in cut_example(example(), 14):
        assert piece_of({"d": example()}, piece.id) == piece
    with pytest.raises(InputError, match="no record with the id"):
        piece_of({}, "d~0-13")


@given(text=st.text(alphabet="甲乙丙。！a b,.\n", min_size=1, max_size=80), most=st.integers(1, 30))
def test_pieces_together_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    bare = Example("d", "zh", "s", None, text)
    pieces = cut_example(bare, most)
    assert all(len(x.text) <= most for x in pieces)
    assert "".join("".join(x.text.split()) for x in pieces) == "".join(text.split())


@given(text=st.text(alphabet="甲乙丙。！a b,.\n", min_size=1, max_size=80), most=st.integers(1, 30))
def test_a_budget_of_tokens_is_kept_too(text: str, most: int) -> None:
    bare = Example("d", "zh", "s", None, text)
    pieces = cut_example(bare, 0, most)
    assert "".join("".join(x.text.split()) for x in pieces) == "".join(text.split())
    assert all(tokens_of(x.text) <= most for x in pieces)


def test_words_take_fewer_tokens_than_characters() -> None:
    text = "Ada Lind was born in Northvale. She wrote novels. He won."
    assert [x.text for x in cut_example(Example("d", "en", "s", None, text), 0, 15)] == [
        "Ada Lind was born in Northvale. She wrote novels. ",
        "He won.",
    ]
