"""Of Wikipedia's records only triples are asked for whose ends the text names."""

from __future__ import annotations

from msgspec.structs import replace

from kg2instruct.evaluate import evaluate_rows
from kg2instruct.records import Example, Triple
from kg2instruct.render import LabelSchema, RenderOptions, render_example

SISTERS = Triple("上海", "地点", None, "Q1", "友好城市", "P190", "鹿特丹", "地点", 0, "Q2", via="wikidata")
NAMED = replace(SISTERS, head="阿姆斯特丹", head_start=4, head_qid="Q3")
ITSELF = replace(SISTERS, head="鹿特丹", head_start=0)
RECORD = Example("a", "zh", "wikipedia", None, "鹿特丹、阿姆斯特丹。", (), (SISTERS, NAMED, ITSELF))
OPTIONS = RenderOptions(tasks=("re",), formats=("tuple",), open_rate=0.0)


def test_a_triple_with_an_end_that_the_text_leaves_out_is_not_rendered() -> None:
    (row,) = render_example(RECORD, LabelSchema.from_examples([RECORD]), OPTIONS)
    assert row.output == "(阿姆斯特丹, 友好城市, 鹿特丹)"
    assert evaluate_rows([row], gold={"a": RECORD}).micro.f1 == 100.0


def test_other_corpora_may_lack_offsets() -> None:
    record = replace(RECORD, source="corpus")
    (row,) = render_example(record, LabelSchema.from_examples([record]), OPTIONS)
    assert len(row.output.splitlines()) == 3
