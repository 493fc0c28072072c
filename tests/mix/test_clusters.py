"""Texts that share a band and enough of their signatures come into one cluster, by the smallest number."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.mix.clusters import Clusters, join_near

pairs = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40)


@given(pairs)
def test_joining_pairs_gives_the_components_of_their_graph(edges: list[tuple[int, int]]) -> None:
    clusters = Clusters.single(20)
    if edges:
        clusters.join(np.array([a for a, _ in edges]), np.array([b for _, b in edges]))
    expected = list(range(20))
    for _ in range(20):
        for a, b in edges:
            expected[a] = expected[b] = min(expected[a], expected[b])
    assert clusters.labels.tolist() == expected


@given(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=1, max_size=12))
def test_all_that_agree_in_one_bucket_are_found(rows: list[list[int]]) -> None:
    table = np.array(rows, np.uint32)
    clusters = Clusters.single(len(rows))
    join_near(clusters, 1, lambda _: np.zeros(len(rows), np.uint64), lambda x: table[x], 1.0)
    first = [rows.index(row) for row in rows]
    assert clusters.labels.tolist() == first


def test_texts_in_one_bucket_that_do_not_agree_stay_apart() -> None:
    table = np.arange(12, dtype=np.uint32).reshape(3, 4)
    clusters = Clusters.single(3)
    joined = join_near(clusters, 1, lambda _: np.zeros(3, np.uint64), lambda x: table[x], 0.8)
    assert joined == 0
    assert clusters.labels.tolist() == [0, 1, 2]
