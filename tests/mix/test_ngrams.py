"""Texts are compared by n-grams of folded characters and words."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.mix.ngrams import tokenize
from kg2instruct.mix.signatures import band_shape, bands, signatures


def sets(*texts: str, size: int = 3) -> list[set[int]]:
    grams = tokenize(texts).ngrams([size] * len(texts))
    return [set(grams.hashes[a:b].tolist()) for a, b in zip(grams.starts, grams.starts[1:], strict=False)]


def test_script_width_case_space_and_punctuation_do_not_matter() -> None:
    one, other = "柏林（Berlin）是德國首都，約３４０萬人。", "柏林 berlin 是德国首都 约340万人"
    keys = tokenize([one, other]).keys([one, other])
    assert keys[0] == keys[1]
    assert len({frozenset(x) for x in sets(one, other)}) == 1


def test_chinese_is_cut_into_characters_and_english_into_words() -> None:
    counts = np.diff(tokenize(["柏林是首都", "The cat's mat, 3.5 km", "", "！？"]).starts)
    assert counts.tolist() == [5, 7, 0, 0]


def test_an_n_gram_never_reaches_into_the_next_text() -> None:
    apart, together = sets("甲乙丙", "丁戊己"), sets("甲乙丙丁戊己")
    assert len(apart[0]) == len(apart[1]) == 1
    assert not apart[0] & apart[1]
    assert len(together[0]) == 4


def test_a_short_text_is_one_n_gram() -> None:
    assert len(sets("甲")[0]) == 1


@given(st.lists(st.text(max_size=30), max_size=6))
def test_a_text_has_the_same_key_and_n_grams_whatever_stands_beside_it(texts: list[str]) -> None:
    together = tokenize(texts)
    keys = together.keys(texts)
    grams = together.ngrams([2] * len(texts))
    for i, text in enumerate(texts):
        alone = tokenize([text])
        assert alone.keys([text])[0] == keys[i]
        mine = grams.hashes[grams.starts[i] : grams.starts[i + 1]]
        assert alone.ngrams([2]).hashes.tolist() == mine.tolist()


@given(st.integers(0, 1000))
def test_signatures_estimate_the_share_in_common(seed: int) -> None:
    rng = np.random.default_rng(seed)
    letters = [chr(0x4E00 + int(x)) for x in rng.integers(0, 3000, 200)]
    changed = [*letters[:180], *(chr(0x5E00 + i) for i in range(20))]
    texts = ["".join(letters), "".join(changed)]
    left, right = sets(*texts)
    found = signatures(tokenize(texts).ngrams([3, 3]))
    exact = len(left & right) / len(left | right)
    assert abs(float((found[0] == found[1]).mean()) - exact) < 0.2


def test_bands_find_pairs_at_the_threshold_with_98_in_100() -> None:
    for threshold in (0.5, 0.7, 0.8, 0.9):
        count, rows = band_shape(threshold)
        assert count * rows <= 128
        assert 1 - (1 - threshold**rows) ** count >= 0.98


def test_texts_without_n_grams_share_no_band() -> None:
    texts = ["！", "？"]
    tokens = tokenize(texts)
    grams = tokens.ngrams([3, 3])
    found = bands(signatures(grams), tokens.keys(texts), np.diff(grams.starts) == 0, 0.8)
    assert not (found[:, 0] == found[:, 1]).any()


_FORKED = """
import os, signal
from kg2instruct.mix.ngrams import tokenize
from kg2instruct.mix.signatures import signatures

texts = ["".join(chr(0x4E00 + (i * j) % 3000) for j in range(1, 400)) for i in range(1, 400)]
grams = tokenize(texts).ngrams([3] * len(texts))
here = signatures(grams)
child = os.fork()
if not child:
    signal.alarm(30)
    os._exit(0 if (signatures(grams) == here).all() else 1)
print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are not forked here")
def test_a_process_that_has_made_signatures_can_be_forked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORKED], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "0"
