import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.lang.fold import fold, fold_all, fold_han, fold_han_all

texts = st.text(max_size=200) | st.text(alphabet="馬马Aａ·‧「」－—'İß㎞①𝐀\ud800凉⼀ a", max_size=200)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("馬克‧吐溫（Mark Twain）", "马克·吐温(mark twain)"),
        ("約翰・F・甘迺迪", "约翰·f·甘迺迪"),
        ("ＡＢＣ－１２３", "abc-123"),
        ("全形　空格", "全形 空格"),
        ("O’Neill", "o'neill"),
        ("「臺灣」", '"台湾"'),
        ("裏裡里", "里里里"),
        ("甚麼", "什么"),
        ("沢田歩 広島 売 郷", "泽田步 广岛 卖 乡"),  # as in Japan
        ("芸能 弁 浜", "芸能 弁 浜"),  # other words in Chinese
        ("直隷 淸 髙", "直隶 清 高"),
        ("乾隆 乾燥", "干隆 干燥"),
        ("著名 看着", "著名 看着"),
        ("Ångström É", "ångström é"),
        ("İstanbul", "istanbul"),
        ("1939–1945", "1939-1945"),
        ("⼀𝐀①", "一a1"),
    ],
)
def test_spellings_of_one_name_get_one_key(text, key):
    assert fold(text) == key


@given(texts)
def test_the_length_never_changes(text):
    assert len(fold(text)) == len(text)


@given(texts)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(texts)
def test_each_character_is_folded_by_itself(text):
    assert fold(text) == "".join(map(fold, text))


def test_every_code_point_folds_to_one_that_stays():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    once = fold(everything)
    assert len(once) == len(everything)
    assert fold(once) == once


@given(st.lists(texts, max_size=5))
def test_many_texts_at_once_are_folded_like_each_alone(several):
    assert fold_all(several) == [fold(text) for text in several]
    assert fold_han_all(several) == [fold_han(text) for text in several]
