"""Whatever JSON a line holds, it is a row or is counted; a run never ends over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg2instruct.mix.content import asked_labels, content_of
from kg2instruct.mix.part import batch_of
from kg2instruct.mix.recipe import SourceSpec
from kg2instruct.mix.records import Bad, Extent, extents, read_dicts
from kg2instruct.mix.rows import NotARowError, to_rows
from kg2instruct.render.answered import answered_labels

SPEC = SourceSpec(name="s", kind="rows")
NAMES = (
    "id", "task", "lang", "source", "cate", "instruction", "input", "output", "schema", "template", "format",
    "conversations", "messages", "instances", "prompt", "response", "from", "value", "role", "content",
)  # fmt: skip
texts = st.sampled_from(
    ["", "ner", "re", "json", "human", "gpt", "[", '{"input": 1}', '{"input": "a", "schema": 1}']
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.sampled_from(NAMES), x, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=8))
def test_any_record_is_a_row_or_says_why_not(record: dict[str, Any]) -> None:
    try:
        rows = list(to_rows(record, SPEC, "s-0"))
    except NotARowError:
        return
    assert rows
    assert batch_of(rows).num_rows == len(rows)
    for row in rows:
        assert isinstance(content_of(row).text, str)
        asked_labels(row)
        answered_labels(row)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=20), max_size=8))
def test_any_bytes_are_records_or_bad_ones(tmp_path: Path, lines: list[bytes]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(lines))
    found = [record for extent in extents(path) for _, record in read_dicts(extent)]
    stripped = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    assert len(found) == len(stripped)
    assert all(isinstance(record, dict | Bad) for record in found)


def test_a_byte_order_mark_is_no_part_of_the_first_record(tmp_path: Path) -> None:
    for name in ("rows.jsonl", "rows.json"):
        path = tmp_path / name
        path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"a": 1}).encode())
        assert [record for _, record in read_dicts(Extent(path))] == [{"a": 1}]


def test_half_a_surrogate_pair_is_a_bad_record(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"instruction": "\\ud800", "output": "x"}\n')
    found = [record for _, record in read_dicts(Extent(path))]
    assert found == [Bad("not JSON")] or msgspec.json.encode(found)
