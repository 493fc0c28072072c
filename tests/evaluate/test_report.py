"""Scores as a table and a plot."""

from __future__ import annotations

from xml.etree import ElementTree

from kg2instruct.evaluate import score_notes, score_plot, score_table
from kg2instruct.evaluate.scores import Count, Scores

SCORES = Scores(
    multiset=Count(1, 2, 3),
    per_label={"a<b": Count(1, 2, 3), "c": Count(0, 0, 1)},
    rows=2,
    spans=4,
    hallucinated=1,
)


def test_the_table_has_a_row_for_totals_and_labels_all_of_one_width() -> None:
    table = score_table(SCORES)
    assert len({len(x) for x in table}) == 1
    assert table[1] == ("micro", "50.00", "33.33", "40.00", "1", "2", "3")
    assert [x[0] for x in table[-2:]] == ["label a<b", "label c"]


def test_the_notes_say_what_was_not_in_the_text() -> None:
    assert "1 of 4 spans are not in their text" in score_notes(SCORES)


def test_the_plot_is_well_formed_and_names_every_label() -> None:
    image = ElementTree.fromstring(score_plot(SCORES))
    texts = [x.text for x in image.iter("{http://www.w3.org/2000/svg}text")]
    assert {"micro", "a<b", "c", "40.0"} <= set(texts)
