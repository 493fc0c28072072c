"""Scores are what counting by hand gives."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.evaluate import evaluate_file, evaluate_rows
from kg2instruct.evaluate.match import relaxed
from kg2instruct.evaluate.scores import bootstrap
from kg2instruct.evaluate.units import Unit
from kg2instruct.jsonl import write_jsonl
from kg2instruct.records import Example, InstructionRow, Mention


def row(
    key: str,
    output: str,
    *,
    task: str = "ner",
    name: str = "json",
    schema: str = '["人物","地点"]',
    source: str = "s",
) -> InstructionRow:
    return InstructionRow(
        f"{key}-{task}-0",
        task,
        "zh",
        source,
        None,
        "找",
        "林岚住在青川市。",
        output,
        schema,
        f"{task}/zh/closed/1",
        name,
    )


GOLD = row("a", '{"人物": ["林岚"], "地点": ["青川市"]}')


def answered(output: str, gold: InstructionRow = GOLD, **options: object):  # type: ignore[no-untyped-def]
    return evaluate_rows([gold], {gold.id: output}, **options)  # type: ignore[arg-type]


def test_precision_recall_and_f1_are_percentages_of_exact_counts() -> None:
    scores = answered('{"人物": ["林岚", "青川"], "地点": []}')
    assert (scores.micro.right, scores.micro.claimed, scores.micro.wanted) == (1, 2, 2)
    assert (scores.micro.precision, scores.micro.recall, scores.micro.f1) == (50.0, 50.0, 50.0)


def test_f1_is_not_computed_from_rounded_shares() -> None:
    gold = row("a", json.dumps({"人物": [f"人{i}" for i in range(7)]}, ensure_ascii=False))
    scores = answered(json.dumps({"人物": ["人0", "x", "y"]}), gold)
    assert scores.micro.f1 == 100 * 2 * 1 / (3 + 7)


def test_macro_is_the_mean_over_labels() -> None:
    scores = answered('{"人物": ["林岚"], "地点": ["别处"]}')
    assert scores.macro == (50.0, 50.0, 50.0)
    assert scores.per_label["人物"].f1 == 100.0 and scores.per_label["地点"].f1 == 0.0


def test_borders_are_relaxed_only_in_the_relaxed_score() -> None:
    scores = answered('{"人物": ["林岚"], "地点": ["青川"]}')
    assert scores.micro.right == 1
    assert scores.relaxed.right == 2


def test_repetitions_count_in_the_multiset_and_not_in_the_set() -> None:
    scores = answered('{"人物": ["林岚", "林岚"], "地点": ["青川市"]}')
    assert scores.multiset.claimed == 3 and scores.sets.claimed == 2
    assert scores.micro.precision == pytest.approx(100 * 2 / 3)
    assert answered('{"人物": ["林岚", "林岚"], "地点": ["青川市"]}', counting="set").micro.f1 == 100.0


def test_nothing_to_find_and_nothing_claimed_is_100_and_a_claim_then_is_0() -> None:
    empty = row("a", '{"人物": []}')
    assert answered('{"人物": []}', empty).micro.f1 == 100.0
    wrong = answered('{"人物": ["林岚"]}', empty)
    assert (wrong.micro.precision, wrong.micro.recall, wrong.micro.f1) == (0.0, 0.0, 0.0)


def test_an_unreadable_answer_counts_as_nothing_found_and_is_reported() -> None:
    scores = answered("对不起，我不知道。")
    assert scores.unparsable == 1 and scores.to_json()["unparsable_share"] == 1.0
    assert scores.micro.recall == 0.0


def test_a_missing_answer_counts_as_nothing_found() -> None:
    scores = evaluate_rows([GOLD], {})
    assert scores.missing == 1 and scores.micro.recall == 0.0


def test_words_that_are_not_in_the_text_are_counted() -> None:
    scores = answered('{"人物": ["林岚", "王五"], "地点": []}')
    assert (scores.hallucinated, scores.spans) == (1, 2)


def test_documents_with_the_same_text_stay_apart_by_id() -> None:
    rows = [row("a", '{"人物": ["林岚"]}'), row("b", '{"人物": []}')]
    right = evaluate_rows(rows, {"a-ner-0": '{"人物": ["林岚"]}', "b-ner-0": '{"人物": []}'})
    swapped = evaluate_rows(rows, {"b-ner-0": '{"人物": ["林岚"]}', "a-ner-0": '{"人物": []}'})
    assert right.micro.f1 == 100.0 and swapped.micro.f1 == 0.0
    assert len(right.documents) == 2


def test_scores_are_kept_by_source_task_format_and_kind() -> None:
    event = row(
        "e",
        '{"裁员": [{"trigger": "裁", "arguments": {"时间": "昨"}}]}',
        task="ee",
        schema='[{"event_type":"裁员","trigger":true,"arguments":["时间"]}]',
        source="t",
    )
    scores = evaluate_rows([GOLD, event])
    assert set(scores.per_source) == {"s", "t"} and set(scores.per_task) == {"ner", "ee"}
    assert set(scores.per_format) == {"json"} and set(scores.per_kind) == {"entity", "trigger", "argument"}


def test_a_synonym_in_the_answer_counts_for_the_records_label() -> None:
    asked = row(
        "a",
        '{"诞生地": [{"head": "林岚", "tail": "青川市"}]}',
        task="re",
        schema='[{"name":"诞生地","label":"出生地"}]',
    )
    assert set(evaluate_rows([asked]).per_label) == {"出生地"}


def test_the_gold_can_be_the_records_themselves() -> None:
    record = Example(
        "a",
        "zh",
        "s",
        None,
        "林岚住在青川市。",
        (Mention("林岚", "人物", 0, 2), Mention("青川市", "地点", 4, 7), Mention("住", "动作", 2, 3)),
    )
    lossy = row("a", '{"人物": ["林岚"], "地点": []}')
    assert evaluate_rows([lossy]).micro.f1 == 100.0
    assert evaluate_rows([lossy], gold={"a": record}).micro.recall == 50.0
    with pytest.raises(InputError, match="no record with the id 'a'"):
        evaluate_rows([lossy], gold={})


def test_no_rows_are_no_hundred_percent() -> None:
    with pytest.raises(InputError, match="no row can be scored: there are none"):
        evaluate_rows([])


def test_answers_are_read_by_id_or_in_order(tmp_path: Path) -> None:
    rows, answers = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    write_jsonl(rows, [row("a", '{"人物": ["林岚"]}'), row("b", '{"人物": []}')])
    for lines in (
        [{"id": "b-ner-0", "output": '{"人物": []}'}, {"id": "a-ner-0", "output": '{"人物": ["林岚"]}'}],
        [{"answer": '{"人物": ["林岚"]}'}, {"answer": '{"人物": []}'}],
        ['{"人物": ["林岚"]}', '{"人物": []}'],
        [{"answer": {"人物": ["林岚"]}}, {"answer": {"人物": []}}],
    ):
        answers.write_text("\n".join(json.dumps(x) for x in lines), encoding="utf-8")
        assert evaluate_file(rows, answers=answers).micro.f1 == 100.0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"answer": "x"}'], "1 answers without ids for 2 rows"),
        (['{"id": 1, "answer": "x"}', '{"answer": "x"}'], "some lines have an id"),
        (['{"id": 1}'], ":1: no answer"),
        (["{"], ":1: not JSON"),
    ],
)
def test_a_bad_file_of_answers_is_told(tmp_path: Path, lines: list[str], message: str) -> None:
    rows, answers = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    write_jsonl(rows, [row("a", "{}"), row("b", "{}")])
    answers.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        evaluate_file(rows, answers=answers)


def test_rows_that_cannot_be_scored_are_counted_and_the_others_scored(tmp_path: Path) -> None:
    good, chat = row("a", '{"人物": ["林岚"]}'), replace(row("b", "Good morning."), task="general")
    odd = replace(row("c", "{}"), format="nowhere")
    rows = tmp_path / "rows.jsonl"
    write_jsonl(rows, [good, chat, odd])
    with rows.open("a") as file:
        file.write('{"id": "d", "ta')
    scores = evaluate_file(rows)
    assert (scores.rows, scores.micro.f1) == (1, 100.0)
    assert scores.left_out == {
        "lines that are no rows": 1,
        "rows of the task 'general'": 1,
        "rows that cannot be read": 1,
    }
    assert "unknown task 'general'" in scores.first_left_out
    with pytest.raises(UnknownName, match="unknown task 'general'"):
        evaluate_file(rows, strict=True)
    with pytest.raises(InputError, match="no row can be scored; the first: unknown task 'general'"):
        evaluate_rows([chat])


@pytest.mark.parametrize("named", [True, False])
def test_a_broken_line_among_answers_is_a_missing_answer(tmp_path: Path, named: bool) -> None:
    rows, answers = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    write_jsonl(rows, [row(x, '{"人物": ["林岚"]}') for x in "abc"])
    lines = [({"id": f"{x}-ner-0"} if named else {}) | {"answer": '{"人物": ["林岚"]}'} for x in "abc"]
    whole = [json.dumps(x, ensure_ascii=False) for x in lines]
    answers.write_text("\n".join([whole[0], whole[1][:-9], whole[2]]), encoding="utf-8")
    scores = evaluate_file(rows, answers=answers)
    assert (scores.micro.right, scores.micro.wanted, scores.missing) == (2, 3, 1)
    assert scores.left_out == {"lines that are no answers": 1}
    assert f"{answers}:2" in scores.first_left_out


def test_confidence_intervals_hold_the_score_and_shrink_with_more_documents() -> None:
    few = bootstrap({str(i): (i % 2, 1, 1) for i in range(10)}, 1000, 0)["f1"]
    many = bootstrap({str(i): (i % 2, 1, 1) for i in range(1000)}, 1000, 0)["f1"]
    assert few[0] < many[0] < 50.0 < many[1] < few[1]
    assert bootstrap({str(i): (i % 2, 1, 1) for i in range(10)}, 1000, 0)["f1"] == few


words = st.sampled_from(["林", "林岚", "岚", "青", "青川"])
unit_lists = st.lists(
    st.builds(lambda label, word: Unit("entity", label, (), (word,)), st.sampled_from("ab"), words),
    max_size=5,
)


@given(found=unit_lists, gold=unit_lists)
def test_relaxed_matching_is_the_largest_possible(found: list[Unit], gold: list[Unit]) -> None:
    def best(rest: list[Unit], left: list[Unit]) -> int:
        if not rest:
            return 0
        options = [best(rest[1:], left)]
        for i, other in enumerate(left):
            if rest[0].label == other.label and (
                rest[0].spans[0] in other.spans[0] or other.spans[0] in rest[0].spans[0]
            ):
                options.append(1 + best(rest[1:], left[:i] + left[i + 1 :]))
        return max(options)

    assert relaxed(found, gold) == best(found, gold)
    assert relaxed(found, gold) >= (Counter(found) & Counter(gold)).total()
