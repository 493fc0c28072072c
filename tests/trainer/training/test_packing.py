"""Packing: every sample once, none too long, texts of a row that do not see each other, rows found again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

import torch

from trainer.corpus.mixing import Order
from trainer.training.packing import WINDOW, RowStream, Spot, held_out_rows, join, pack


@dataclass
class Made:
    """A mixture of two sources of made-up samples."""

    samples: tuple[list[Any], ...]
    order: Order

    @classmethod
    def of(cls, count: int) -> Made:
        lengths = np.random.default_rng(0).integers(1, 40, count)
        first = [np.full(n, i % 250 + 3, np.uint16) for i, n in enumerate(lengths.tolist())]
        return cls((first, first[: count // 2]), Order((count, count // 2), (), 5))

    def __len__(self) -> int:
        return self.order.full_pass

    def __getitem__(self, position: int) -> Any:
        source, number = self.order[position]
        return self.samples[source][number]


@given(st.lists(st.integers(1, 64), max_size=60))
def test_every_sample_is_in_one_row_and_no_row_is_too_long(lengths: list[int]) -> None:
    rows = pack(lengths, 64)
    assert sorted(i for row in rows for i in row) == list(range(len(lengths)))
    assert all(sum(lengths[i] for i in row) <= 64 for row in rows)


@given(st.lists(st.integers(1, 64), min_size=1, max_size=60))
def test_no_two_rows_could_be_one(lengths: list[int]) -> None:
    sizes = sorted(sum(lengths[i] for i in row) for row in pack(lengths, 64))
    assert len(sizes) < 2 or sizes[0] + sizes[1] > 64


def test_a_sample_longer_than_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="65 tokens does not fit"):
        pack([3, 65], 64)


def test_positions_begin_anew_and_first_tokens_have_no_label() -> None:
    row = join([np.array([5, 6, 7]), np.array([8, 9])], 8, 0)
    assert row["input_ids"].tolist() == [5, 6, 7, 8, 9, 0, 0, 0]
    assert row["position_ids"].tolist() == [0, 1, 2, 0, 1, 0, 1, 2]
    assert row["labels"].tolist() == [-100, 6, 7, -100, 9, -100, -100, -100]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_texts_of_a_row_do_not_see_each_other(base: Path, attention: str) -> None:
    from trainer.training.bases import load_model

    model = load_model(str(base), "fp32", attention).eval()
    texts = [np.array([11, 12, 13, 14, 15]), np.array([21, 22, 23]), np.array([31, 32, 33, 34])]
    row = join(texts, 16, 0)
    other = join([np.array([99, 98, 97, 96, 95]), *texts[1:]], 16, 0)
    model.config.use_cache = False  # as in training

    def logits(row: dict[str, Any]) -> Any:
        batch = {x: torch.from_numpy(row[x])[None] for x in ("input_ids", "position_ids")}
        with torch.no_grad():
            return model(**batch).logits[0]

    together = logits(row)
    alone = torch.cat([model(input_ids=torch.from_numpy(x)[None]).logits[0] for x in texts])
    assert torch.allclose(together[:12], alone, atol=1e-5)
    assert torch.allclose(together[5:12], logits(other)[5:12], atol=1e-6)
    assert not torch.allclose(together[:5], logits(other)[:5], atol=1e-2)


def test_rows_are_found_again_from_anywhere() -> None:
    mixture = Made.of(3000)
    whole = RowStream(mixture, 64, seed=3, packed=True)
    rows = [whole.row(i) for i in range(3000)]
    assert whole.spot.window > 0
    again = RowStream(mixture, 64, seed=3, packed=True, spot=whole.spot)
    assert [again.row(i) for i in range(2990, 3000)] == rows[2990:]
    assert again.row(0) == rows[0]  # also backwards
    assert RowStream(mixture, 64, seed=3, packed=True, spot=Spot()).row(2999) == rows[2999]


def test_a_window_holds_each_of_its_positions_once() -> None:
    stream = RowStream(Made.of(500), 64, seed=0, packed=True)
    for number in (0, 2):
        positions = sorted(x for row in stream.window(number) for x in row)
        assert positions == list(range(number * WINDOW, (number + 1) * WINDOW))


@pytest.mark.parametrize("packed", [True, False])
def test_processes_share_out_the_same_rows_whatever_their_number(packed: bool) -> None:
    mixture = Made.of(400)

    def rows(processes: int, micro: int, batches: int, first: int) -> list[list[int]]:
        parts = [
            RowStream(mixture, 64, seed=1, packed=packed).batches(first, micro, rank, processes, 0)
            for rank in range(processes)
        ]
        return [row.tolist() for _ in range(batches) for part in parts for row in next(part)["input_ids"]]

    alone = rows(1, 2, 12, 6)
    assert rows(2, 2, 6, 6) == alone
    assert rows(3, 4, 2, 6) == alone


def test_held_out_samples_are_all_in_rows() -> None:
    samples = Made.of(300).samples[0]
    rows = held_out_rows(samples, 64)
    assert sorted(i for row in rows for i in row) == list(range(300))
